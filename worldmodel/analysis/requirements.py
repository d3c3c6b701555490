"""What an analysis asks of its arrays, and the one line it answers where they cannot be used."""

from __future__ import annotations

import numpy as np

from worldmodel.errors import AnalysisError, NumericalError


def require(holds: bool, problem: str) -> None:
    """Raises `AnalysisError` with `problem` unless it holds."""
    if not holds:
        raise AnalysisError(problem)


def finite(values: np.ndarray, name: str, axes: int) -> np.ndarray:
    """`values` as float64, which must have so many axes, be not empty, and hold finite numbers alone.

    Raises `AnalysisError` for another shape and `NumericalError` with the place of the first value that is not finite.
    """
    array = np.asarray(values, np.float64)
    require(array.ndim == axes, f"{name}: has shape {array.shape}; give an array with {axes} axes")
    require(array.size > 0, f"{name}: is empty (shape {array.shape})")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = ", ".join(map(str, bad[0]))
        raise NumericalError(
            f"{name}[{place}]: is {array[tuple(bad[0])]}, and {len(bad)} of {array.size} are not finite; "
            "leave such rows out, or find out where the run diverged"
        )
    return array


def whole(values: np.ndarray, name: str, axes: int = 1) -> np.ndarray:
    """`values` as int64, which must have so many axes and hold whole numbers alone; raises `AnalysisError`."""
    array = np.asarray(values)
    require(array.ndim == axes, f"{name}: has shape {array.shape}; give an array with {axes} axes")
    numbers = array.dtype.kind in "biuf" and bool(np.isfinite(array).all())
    require(numbers and bool((array == np.floor(array)).all()), f"{name}: holds something else than whole numbers")
    return array.astype(np.int64)
