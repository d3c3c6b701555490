"""How deep a dream can be trusted: error by depth, beside guesses that know nothing of the world.

A small error says little by itself, since a screen hardly changes from one moment to the next. So every error stands
beside those of trivial guesses, and the validity horizon is the depth down to which the dream beats all of them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

DRAWS = 1000
"""Resamples of a bootstrap interval."""


@dataclass(frozen=True)
class ErrorByDepth:
    """Mean error of many dreams at each depth, with its 95 % bootstrap interval over dreams.

    mean, low, high: `[H]`, NaN where no dream got so far.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Validity:
    """One thing that is imagined, such as reward, and how well.

    dreams: the error of the dreams.
    guesses: errors of trivial guesses, by their names.
    horizon: steps down to which dreams beat every guess, at each depth with the whole interval of the difference; 0
        where they never do.
    """

    dreams: ErrorByDepth
    guesses: dict[str, ErrorByDepth]
    horizon: int

    def to_json(self) -> dict[str, Any]:
        """Plain types, None in place of NaN."""
        found = asdict(self)
        for error in (found["dreams"], *found["guesses"].values()):
            for name, values in error.items():
                error[name] = [None if np.isnan(value) else round(float(value), 6) for value in values]
        return found


def validity(dreams: np.ndarray, guesses: dict[str, np.ndarray], seed: int = 0, draws: int = DRAWS) -> Validity:
    """Sums up errors `[N, H]` of N dreams and of guesses at the same moments; NaN where a dream had ended.

    Dreams are drawn anew as wholes, the same ones for all, so that differences are paired.
    """
    chosen = np.random.default_rng(seed).multinomial(len(dreams), np.full(len(dreams), 1 / len(dreams)), draws)
    beaten = np.ones(dreams.shape[1], bool)
    for errors in guesses.values():
        _, high = _interval(dreams - errors, chosen)
        beaten &= high < 0  # NaN, where nothing is known, is not
    horizon = len(beaten) if beaten.all() else int(np.argmin(beaten))
    return Validity(
        _by_depth(dreams, chosen), {name: _by_depth(each, chosen) for name, each in guesses.items()}, horizon
    )


def _by_depth(errors: np.ndarray, chosen: np.ndarray) -> ErrorByDepth:
    low, high = _interval(errors, chosen)
    return ErrorByDepth(_means(errors, np.ones((1, len(errors))))[0], low, high)


def _interval(errors: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % percentile interval of the mean at each depth (Efron 1979), NaN where some draw has no dream so deep."""
    low, high = np.quantile(_means(errors, chosen), [0.025, 0.975], axis=0)
    return low, high


def _means(errors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted means `[draws, H]` of errors `[N, H]` that are known, for each row of weights `[draws, N]`."""
    known = ~np.isnan(errors)
    with np.errstate(invalid="ignore"):
        return (weights @ np.where(known, errors, 0)) / (weights @ known)
