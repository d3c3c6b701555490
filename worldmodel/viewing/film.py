"""A dream as a film to watch and a strip to print: truth, reconstruction, imagination and difference, row by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from worldmodel.viewing.dream import Dream

ROWS = ("truth", "reconstruction", "imagination", "difference")
LOOKING, DREAMING = (44, 160, 44), (214, 39, 40)
BORDER, LABEL, CAPTION, PANEL = 2, 100, 22, 128
"""Pixels: frame around a picture, room for names, room for captions, least width of a picture."""
FRAME_MILLISECONDS = 120
COLOURS, REFINEMENTS = 64, 3
"""Size of a film's palette, and passes of k-means over it: few enough that a decoder's noise does not fill the file."""

Caption = tuple[str, tuple[int, int, int]]


def write_film(dream: Dream, path: Path) -> Path:
    """An animated GIF at `path`: a column per clip; frames are green while it looks and red while it dreams."""
    panels = _panels(dream)
    moments = []
    for t in range(panels.shape[2]):
        moments.append(_page(panels[:, :, t], [_caption(t, dream.context, panels.shape[2])]))
    images = _in_one_palette(np.stack(moments))
    images[0].save(path, save_all=True, append_images=images[1:], duration=FRAME_MILLISECONDS, loop=0, optimize=False)
    return path


def write_strip(dream: Dream, path: Path, columns: int = 12) -> Path:
    """A PNG at `path`: the first clip, time from left to right at up to `columns` moments."""
    panels = _panels(dream)[0]
    moments = np.unique(np.linspace(0, panels.shape[1] - 1, columns).round().astype(int)).tolist()
    captions = [(f"{t}", LOOKING if t < dream.context else DREAMING) for t in moments]
    Image.fromarray(_page(panels[:, moments].swapaxes(0, 1), captions)).save(path, optimize=True)
    return path


def to_rgb(frames: np.ndarray) -> np.ndarray:
    """Observations `[..., height, width, C]` in 0 .. 255 as uint8 colours `[..., height, width, 3]`.

    Three channels are red, green and blue, one is grey; any other number are layers of a game, each drawn in a colour
    of its own, the strongest layer of a pixel on top.
    """
    channels = frames.shape[-1]
    if channels in (1, 3):
        return np.broadcast_to(frames.round().astype(np.uint8), (*frames.shape[:-1], 3))
    hues = np.arange(channels) / channels * 2 * np.pi
    palette = 0.6 + 0.4 * np.cos(hues[:, None] + np.array([0, 2, 4]) * np.pi / 3)
    top = frames.argmax(-1)
    return (np.take_along_axis(frames, top[..., None], -1) * palette[top]).round().astype(np.uint8)


def difference(truth: np.ndarray, imagination: np.ndarray) -> np.ndarray:
    """Where two pictures `[..., C]` in 0 .. 255 differ, as uint8 heat `[..., 3]`: black, red, yellow, white.

    The largest difference of a pixel's channels counts; 255 / 4 is pure red, three times as much is white.
    """
    quarters = 4 * np.abs(truth - imagination).max(-1, keepdims=True) / 255
    return (255 * np.clip(quarters - np.arange(3), 0, 1)).round().astype(np.uint8)


def _panels(dream: Dream) -> np.ndarray:
    """Framed pictures `[B, row, T, height, width, 3]`, enlarged so that small worlds can be seen."""
    truth, reconstruction, imagination = (
        np.asarray(frames, np.float32) for frames in (dream.truth, dream.reconstruction, dream.imagination)
    )
    shown = [to_rgb(frames) for frames in (truth, reconstruction, imagination)]
    panels = np.stack([*shown, difference(truth, imagination)], 1)
    scale = max(1, PANEL // panels.shape[-2])
    panels = panels.repeat(scale, -3).repeat(scale, -2)
    colours = np.array([LOOKING if t < dream.context else DREAMING for t in range(panels.shape[2])], np.uint8)
    width = [(0, 0)] * 3 + [(BORDER, BORDER)] * 2 + [(0, 0)]
    framed = np.pad(panels, width)
    edge = np.pad(np.zeros(panels.shape[-3:-1], bool), BORDER, constant_values=True)
    return np.where(edge[..., None], colours[:, None, None], framed)


def _caption(t: int, context: int, length: int) -> Caption:
    """What happens at moment `t` of a film."""
    if t < context:
        return f"looking: moment {t + 1} of {context}", LOOKING
    return f"dreaming: step {t - context + 1} of {length - context}", DREAMING


def _page(columns: np.ndarray, captions: list[Caption]) -> np.ndarray:
    """Pictures `[column, row, height, width, 3]` as one `[H, W, 3]`: names on the left, captions spread on top."""
    picture = np.concatenate(list(np.concatenate(list(columns), -2)), 0)
    page = Image.new("RGB", (LABEL + picture.shape[1], CAPTION + picture.shape[0]), "white")
    page.paste(Image.fromarray(picture), (LABEL, CAPTION))
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(13)
    for i, name in enumerate(ROWS):
        draw.text((5, CAPTION + (i + 0.5) * columns.shape[2]), name, "black", font, anchor="lm")
    for i, (text, colour) in enumerate(captions):
        middle = LABEL + (i + 0.5) * picture.shape[1] / len(captions)
        draw.text((middle, CAPTION / 2), text, colour, font, anchor="mm")
    return np.asarray(page)


def _in_one_palette(moments: np.ndarray) -> list[Image.Image]:
    """Pictures `[T, H, W, 3]` in the same few colours, undithered, so that what stands still costs nothing."""
    everything = Image.fromarray(moments[:, ::2, ::2].reshape(-1, moments[:, :, ::2].shape[2], 3))
    # of Pillow's methods the one that keeps the colour of a ball a few pixels large
    palette = everything.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, REFINEMENTS, dither=Image.Dither.NONE)
    return [Image.fromarray(moment).quantize(palette=palette, dither=Image.Dither.NONE) for moment in moments]
