"""Dreams as ways through a map: where the activity of each dreamt moment says one is, and whether that is a way at all.

The null puts the moments of every dream in another order. A dream that jumps about has steps as long as its shuffled
moments; one that goes from place to place has shorter ones. Rates of maps are those of life, so that places where
nobody was cannot be decoded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.coverage import Coverage, coverage
from worldmodel.analysis.episodes import stays_within
from worldmodel.analysis.position_decoding import decode_position
from worldmodel.analysis.requirements import require, whole

SHUFFLES = 200


@dataclass(frozen=True)
class DreamPaths:
    """The ways of E dreams.

    bins: `[T]` int, the likeliest bin of each moment.
    step: mean distance, in bins, from one moment to the next; `step_chance`: with moments shuffled; `p`: share of
        shuffles with as short steps.
    span: mean distance from the beginning of a dream to its end, in bins.
    covered: of places: in life, in dreams, in both.
    steps, events: moments and dreams.
    """

    bins: np.ndarray
    step: float
    step_chance: float
    p: float
    span: float
    covered: Coverage
    steps: int
    events: int


def dream_paths(
    activity: np.ndarray, events: np.ndarray, rates: np.ndarray, centres: np.ndarray, lived: np.ndarray, seed: int = 0
) -> DreamPaths:
    """Of dreamt activity `[T, U]` in events `[T]`, with maps `[N, U]` of bins at `centres` `[N, d]`.

    lived: `[M]` int, bins that life visited. Raises `AnalysisError` where no dream has two moments.
    """
    ids = whole(events, "events")
    bins = decode_position(activity, rates).argmax(1)
    within = stays_within(len(bins), 1, ids)
    require(bool(within.any()), "events: no dream has two moments")
    observed = _mean_step(centres[bins], within)
    generator = np.random.default_rng(seed)
    group = np.cumsum(np.diff(ids, prepend=ids[:1]) != 0)
    orders = (np.lexsort((generator.random(len(ids)), group)) for _ in range(SHUFFLES))
    chance = [_mean_step(centres[bins[order]], within) for order in orders]
    begin, end = np.unique(group, return_index=True)[1], np.r_[np.flatnonzero(np.diff(group)), len(group) - 1]
    return DreamPaths(
        bins=bins,
        step=observed,
        step_chance=float(np.mean(chance)),
        p=(1 + sum(each <= observed for each in chance)) / (1 + SHUFFLES),
        span=float(np.linalg.norm(centres[bins[end]] - centres[bins[begin]], axis=1).mean()),
        covered=coverage(lived, bins),
        steps=len(bins),
        events=len(begin),
    )


def _mean_step(places: np.ndarray, within: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(places, axis=0), axis=1)[within].mean())
