"""Observations as small pictures inside a page: images as they are, vectors as bars."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from worldmodel.viewing.film import difference, to_rgb
from worldmodel.viewing.pages import inline

BARS = 64
"""Pixels across the picture of a vector."""
UP, DOWN = (44, 123, 182), (215, 100, 40)
"""Colours of positive and negative entries."""


def as_pictures(observations: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
    """Images `[T, height, width, C]` or vectors `[T, entries]` as colours `[T, height, width, 3]`, uint8.

    scale: `[entries]`, the size at which a bar of a vector reaches the edge.
    """
    if observations.ndim == 4:
        return to_rgb(np.asarray(observations, np.float32))
    assert scale is not None, "vectors need a scale"
    return np.stack([_bars(vector / np.maximum(scale, 1e-9)) for vector in observations])


def as_differences(real: np.ndarray, imagined: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
    """Where two equally long rows of observations differ, as pictures `[T, height, width, 3]`."""
    real, imagined = np.asarray(real, np.float32), np.asarray(imagined, np.float32)
    if real.ndim == 4:
        return difference(real, imagined)
    return as_pictures(imagined - real, scale)


def as_sprite(pictures: np.ndarray) -> str:
    """Pictures `[T, height, width, 3]` side by side as the address of one PNG that lies inside the page."""
    file = io.BytesIO()
    Image.fromarray(np.concatenate(list(pictures), 1)).save(file, "PNG", optimize=True)
    return inline("png", file.getvalue())


def _bars(vector: np.ndarray) -> np.ndarray:
    """Entries, -1 .. 1, as bars up and down from the middle."""
    picture = np.full((BARS, BARS, 3), 255, np.uint8)
    edges = np.linspace(0, BARS, len(vector) + 1).round().astype(int)
    heights = (np.clip(vector, -1, 1) * (BARS // 2 - 1)).round().astype(int)
    for left, right, height in zip(edges[:-1], edges[1:], heights.tolist(), strict=True):
        gap = int(right - left > 3)
        top, bottom = (BARS // 2 - height, BARS // 2) if height > 0 else (BARS // 2, BARS // 2 - height)
        picture[top:bottom, left + gap : right - gap] = UP if height > 0 else DOWN
    picture[BARS // 2] = 128
    return picture
