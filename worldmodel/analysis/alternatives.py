"""Which departures from chance a test looks for."""

from __future__ import annotations

from typing import Literal

import numpy as np

Alternative = Literal["two-sided", "greater", "less"]
"""Away from 0 in either direction, above it, or below it; to be chosen before the data are seen."""


def towards(values: np.ndarray, alternative: Alternative) -> np.ndarray:
    """`values`, turned so that more speaks for the alternative."""
    return {"two-sided": np.abs(values), "greater": values, "less": -values}[alternative]
