"""The objects of a story: a vector or a small grey sprite for every state, drawn afresh for each set of objects."""

from __future__ import annotations

import numpy as np

CODE = 32
"""Entries of an object's vector."""
SPRITE = 16
"""Height and width of an object's sprite, in pixels."""
LARGEST = 8.0
"""Entries beyond this are cut off: of a standard normal, none in a million billions."""


def draw_codes(objects: int, generator: np.random.Generator) -> np.ndarray:
    """`[objects, CODE]` float64, every entry standard normal."""
    return generator.standard_normal((objects, CODE))


def draw_sprites(objects: int, generator: np.random.Generator) -> np.ndarray:
    """`[objects, SPRITE, SPRITE]` float64 in [0, 1]: patches of 2 x 2 pixels on black, left and right alike."""
    patches = (objects, SPRITE // 2, SPRITE // 4)
    half = generator.uniform(0.25, 1, patches) * (generator.random(patches) < 0.6)
    return np.concatenate([half, half[:, :, ::-1]], 2).repeat(2, 1).repeat(2, 2)


def seen_code(code: np.ndarray, noise: float, generator: np.random.Generator) -> np.ndarray:
    """One look at a vector, `[CODE]` float32; noise: standard deviation of what is added to each entry."""
    return np.clip(code + noise * generator.standard_normal(code.shape), -LARGEST, LARGEST).astype(np.float32)


def seen_sprite(sprite: np.ndarray, noise: float, generator: np.random.Generator) -> np.ndarray:
    """One look at a sprite, `[SPRITE, SPRITE]` uint8; noise: as for vectors, white being 1."""
    grey = np.clip(sprite + noise * generator.standard_normal(sprite.shape), 0, 1)
    return np.rint(255 * grey).astype(np.uint8)
