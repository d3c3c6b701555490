"""Whether an effect holds over subjects (seeds), by flipping the signs of whole subjects.

If a subject's effects were as likely to come out with the other sign, every pattern of signs would be equally likely;
p is the share of patterns with as large an effect at some lag. The statistic is Student's t at each lag and its largest
over lags, so that lags are corrected for (Nichols & Holmes 2002, doi 10.1002/hbm.1058).

What the test can claim: subjects like these have the effect on average. It presumes subjects that are independent of
each other, so runs of one seed are one subject, and, for the mean, differences that are distributed symmetrically.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np

from worldmodel.analysis.alternatives import Alternative, towards
from worldmodel.analysis.requirements import finite, require

EXACT = 14
"""Subjects up to which all patterns of signs are tried."""
FLIPS = 20_000
"""Patterns drawn beyond that."""
LEVEL = 0.05
"""Subjects that cannot reach this level are too few."""


@dataclass(frozen=True)
class SignFlipTest:
    """The effect of n subjects at each lag, and how likely chance gives as much.

    mean, t: `[L]`, mean effect and its t (huge or infinite where all subjects agree exactly).
    corrected: `[L]`, p of each lag, corrected for all lags.
    p: the least of them, that of the largest effect over lags.
    floor: the least p that so many subjects can give: 2^-n, twice that for two-sided tests, and no less than one of the
        patterns drawn.
    """

    mean: np.ndarray
    t: np.ndarray
    corrected: np.ndarray
    p: float
    floor: float


def sign_flip_test(effects: np.ndarray, alternative: Alternative, seed: int = 0) -> SignFlipTest:
    """Effects `[n, L]` of n subjects at L lags, against all 2^n patterns of signs (n up to 14, else 20,000 drawn).

    Raises `AnalysisError` for fewer subjects than can reach 0.05: five one-sided, six two-sided.
    """
    values = finite(effects, "effects", axes=2)
    subjects = len(values)
    require_enough(subjects, alternative)
    alignment = _alignment(np.ones((1, subjects)), values)[0]
    observed = towards(alignment, alternative)
    largest = towards(_alignment(_signs(subjects, seed), values), alternative).max(1)
    reached = (largest[:, None] >= observed - 1e-9).sum(0)
    drawn = 0 if subjects <= EXACT else 1  # all patterns include the observed one; those drawn need not
    corrected = (reached + drawn) / (len(largest) + drawn)
    with np.errstate(divide="ignore"):
        t = alignment * np.sqrt((subjects - 1) / np.maximum(1 - alignment**2, 0))
    floor = max(least_p(subjects, alternative), drawn / (len(largest) + drawn))
    return SignFlipTest(values.mean(0), t, corrected, float(corrected.min()), floor)


def least_p(subjects: int, alternative: Alternative) -> float:
    """The least p of so many subjects: one pattern of signs out of 2^n, or that and its opposite."""
    return 2.0 ** -(subjects - (alternative == "two-sided"))


def require_enough(subjects: int, alternative: Alternative) -> None:
    """Raises `AnalysisError` where no effect of so many subjects could reach 0.05."""
    least = next(number for number in count(1) if least_p(number, alternative) <= LEVEL)
    require(
        subjects >= least,
        f"not enough seeds: {subjects} give p = {least_p(subjects, alternative):g} at the very least "
        f"({alternative}), above {LEVEL}; {least} are needed",
    )


def _signs(subjects: int, seed: int) -> np.ndarray:
    """`[patterns, n]` of 1 and -1: all of them, or as many as are drawn."""
    if subjects <= EXACT:
        bits = np.arange(2**subjects)[:, None] >> np.arange(subjects) & 1
    else:
        bits = np.random.default_rng(seed).integers(0, 2, (FLIPS, subjects))
    return 1.0 - 2.0 * bits


def _alignment(signs: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`[patterns, L]`, mean over root mean square, r; as signs leave squares alone, t = r sqrt((n - 1) / (1 - r^2)).

    r orders patterns as t does and stays finite; it is 0 where all effects are.
    """
    size = np.sqrt((values**2).mean(0))
    return (signs @ values) / (len(values) * np.where(size > 0, size, 1))
