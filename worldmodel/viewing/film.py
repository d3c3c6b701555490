"""A dream as a film to watch and a strip to print: truth, reconstruction, imagination and difference, row by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from worldmodel.viewing.dream import Dream

ROWS = ("truth", "reconstruction", "imagination", "difference")
LOOKING, DREAMING = (64, 160, 64), (200, 60, 60)
BORDER, LABEL = 2, 84
FRAME_MILLISECONDS = 90


def write_film(dream: Dream, path: Path) -> Path:
    """An animated GIF at `path`: a column per clip; frames are green while it looks and red while it dreams."""
    panels = _panels(dream)
    moments = [_labelled(np.concatenate(list(panels[:, :, t]), 2)) for t in range(panels.shape[2])]
    images = [Image.fromarray(moment) for moment in moments]
    images[0].save(path, save_all=True, append_images=images[1:], duration=FRAME_MILLISECONDS, loop=0)
    return path


def write_strip(dream: Dream, path: Path, columns: int = 12) -> Path:
    """A PNG at `path`: the first clip, time from left to right at up to `columns` moments."""
    panels = _panels(dream)[0]
    moments = np.unique(np.linspace(0, panels.shape[1] - 1, columns).round().astype(int))
    Image.fromarray(_labelled(np.concatenate([panels[:, t] for t in moments], 2))).save(path)
    return path


def to_rgb(frames: np.ndarray) -> np.ndarray:
    """Observations `[..., height, width, C]` in 0 .. 255 as uint8 colours `[..., height, width, 3]`.

    Three channels are red, green and blue, one is grey; any other number are layers of a game, each drawn in a colour of its own.
    """
    channels = frames.shape[-1]
    if channels == 3:
        return frames.round().astype(np.uint8)
    if channels == 1:
        return np.repeat(frames.round().astype(np.uint8), 3, -1)
    hues = np.arange(channels) / channels * 2 * np.pi
    palette = 0.6 + 0.4 * np.cos(hues[:, None] + np.array([0, 2, 4]) * np.pi / 3)
    return np.clip((frames[..., None] * palette).max(-2), 0, 255).astype(np.uint8)


def _panels(dream: Dream) -> np.ndarray:
    """Framed pictures `[B, row, T, height, width, 3]`, enlarged so that small worlds can be seen."""
    truth, reconstruction, imagination = (
        to_rgb(np.asarray(frames, np.float32)) for frames in (dream.truth, dream.reconstruction, dream.imagination)
    )
    difference = np.abs(truth.astype(np.int16) - imagination.astype(np.int16)).astype(np.uint8)
    panels = np.stack([truth, reconstruction, imagination, difference], 1)
    scale = max(1, 128 // panels.shape[-2])
    panels = panels.repeat(scale, -3).repeat(scale, -2)
    colours = np.array([LOOKING if t < dream.context else DREAMING for t in range(panels.shape[2])], np.uint8)
    width = [(0, 0)] * 3 + [(BORDER, BORDER)] * 2 + [(0, 0)]
    framed = np.pad(panels, width)
    edge = np.pad(np.zeros(panels.shape[-3:-1], bool), BORDER, constant_values=True)
    return np.where(edge[..., None], colours[:, None, None], framed)


def _labelled(rows: np.ndarray) -> np.ndarray:
    """Rows `[row, height, width, 3]` one above the other, their names on the left."""
    picture = np.concatenate(list(rows), 0)
    margin = Image.new("RGB", (LABEL, picture.shape[0]), "white")
    draw = ImageDraw.Draw(margin)
    font = ImageFont.load_default(11)
    for i, name in enumerate(ROWS):
        draw.text((4, (i + 0.5) * rows.shape[1]), name, "black", font, anchor="lm")
    return np.concatenate([np.asarray(margin), picture], 1)
