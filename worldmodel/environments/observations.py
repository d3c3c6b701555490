"""How observations of Gymnasium environments become uint8 images or float32 vectors."""

from __future__ import annotations

from typing import Literal, Protocol

import gymnasium
import numpy as np
from PIL import Image

from worldmodel.errors import EnvironmentFailure


class Observations(Protocol):
    """Turns a batch of raw observations `[N, ...]` into a fresh array `[N, *shape]` of `dtype`."""

    shape: tuple[int, ...]
    dtype: Literal["uint8", "float32"]

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Return the batch as the agent sees it, sharing no memory with `batch`."""


class Vectors:
    """Numbers of any shape and type, flattened.

    space: a Box, Gymnasium's type for arrays of numbers.
    """

    dtype: Literal["uint8", "float32"] = "float32"

    def __init__(self, space: gymnasium.spaces.Box) -> None:
        self.shape: tuple[int, ...] = (int(np.prod(space.shape)),)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """`[N, entries]` float32."""
        with np.errstate(over="ignore"):
            return np.array(batch, np.float32).reshape(len(batch), -1)


class Pixels:
    """Images, resized by the mean over the area that each new pixel covers, as the Atari emulator does.

    space: a uint8 Box of (height, width) or (height, width, channels).
    image_size: new height and width; None leaves the images as large as they are.
    grayscale: turn three colour channels into one.
    """

    dtype: Literal["uint8", "float32"] = "uint8"

    def __init__(self, space: gymnasium.spaces.Box, image_size: int | None, grayscale: bool) -> None:
        height, width, *channels = space.shape
        depth = channels[0] if channels else 1
        self._size = (height, width) if image_size is None else (image_size, image_size)
        self._gray = grayscale and depth == 3
        self._as_is = self._size == (height, width) and not self._gray
        self.shape: tuple[int, ...] = (*self._size, 1 if self._gray else depth)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """`[N, height, width, channels]` uint8."""
        fresh = np.empty((len(batch), *self.shape), np.uint8)
        if self._as_is:
            fresh[:] = batch.reshape(fresh.shape)
            return fresh
        for old, new in zip(batch, fresh, strict=True):
            image = old if old.ndim == 3 else old[..., None]
            if image.shape[-1] == 3:
                new[:] = self._resized(image).reshape(self.shape)
            else:
                for channel in range(image.shape[-1]):
                    new[..., channel] = self._resized(image[..., channel])
        return fresh

    def _resized(self, image: np.ndarray) -> np.ndarray:
        picture = Image.fromarray(np.ascontiguousarray(image))
        if self._gray:
            picture = picture.convert("L")
        height, width = self._size
        return np.asarray(picture.resize((width, height), Image.Resampling.BOX))


def observations_of(
    space: gymnasium.Space, environment: str, image_size: int | None, grayscale: bool
) -> Pixels | Vectors:
    """How observations from this space are shown to the agent.

    Raises EnvironmentFailure for spaces that are neither images of uint8 nor arrays of numbers.
    """
    what = f"environment {environment!r}: observations of kind {type(space).__name__}"
    if not isinstance(space, gymnasium.spaces.Box):
        raise EnvironmentFailure(f"{what} are not supported; flatten them with gymnasium.wrappers.FlattenObservation")
    if len(space.shape) == 1 or (len(space.shape) < 3 and space.dtype != np.uint8):
        return Vectors(space)
    if space.dtype != np.uint8 or len(space.shape) not in (2, 3):
        raise EnvironmentFailure(
            f"{what} with shape {space.shape} and type {space.dtype} are not supported; "
            "give images as uint8 (height, width, channels), numbers as one vector"
        )
    if len(space.shape) == 3 and space.shape[0] < 8 <= space.shape[2]:
        raise EnvironmentFailure(
            f"{what} with shape {space.shape} look like images with the channels first; "
            "give (height, width, channels), e.g. with gymnasium.wrappers.TransformObservation"
        )
    return Pixels(space, image_size, grayscale)
