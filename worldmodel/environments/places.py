"""Places of things in a world, as whole numbers along axes: what maps of place are drawn over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Axis:
    """One coordinate: its name, and the number of bins it is divided into."""

    name: str
    bins: int


@dataclass(frozen=True)
class Places:
    """Where one thing was at T moments.

    name: of the thing.
    axes: d coordinates.
    position: `[T, d]` int64, the bin along each axis, -1 where the thing was not there.
    """

    name: str
    axes: tuple[Axis, ...]
    position: np.ndarray

    @property
    def there(self) -> np.ndarray:
        """`[T]` bool, whether it was there."""
        return np.all(self.position >= 0, axis=1)

    @property
    def bins(self) -> tuple[int, ...]:
        """Number of bins along each axis."""
        return tuple(axis.bins for axis in self.axes)


@dataclass(frozen=True)
class Relived:
    """A game that was played again to see where things were.

    reward: `[T]` float32, to be compared with those of the first time.
    places: by the name of the thing.
    """

    reward: np.ndarray
    places: dict[str, Places]
