"""Which way replay runs: forward, as life mostly passed between two states, or in reverse.

A step from one state to another is forward where life made it more often than the opposite one, reverse where less
often, undecided where as often, and new where life made neither. Steps that stay in a state are not counted.

Half is not what chance gives: a recurrent state that settles after a beginning may do so alike in life and in dreams,
in a network that has learned nothing, too. So shares have an interval but no test against half; compare them with
those of other events by `direction_contrast`, whose null is that events could as well belong to the other group. It
presumes events that are independent of each other; dreams from neighbouring moments are not quite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.episodes import stays_within
from worldmodel.analysis.requirements import finite, require, whole
from worldmodel.analysis.score_statistics import bootstrap

LEAST_EVENTS = 6
"""Fewer events give no interval worth the name."""
DRAWS = 1000


@dataclass(frozen=True)
class Steps:
    """Steps of E events by their kind, each `[E]` int64."""

    forward: np.ndarray
    reverse: np.ndarray
    undecided: np.ndarray
    new: np.ndarray

    def of(self, events: np.ndarray) -> Steps:
        """Those of some of the events, chosen by a mask or numbers."""
        return Steps(*(each[events] for each in (self.forward, self.reverse, self.undecided, self.new)))


@dataclass(frozen=True)
class Direction:
    """Which way the steps of some events ran.

    forward, reverse, undecided, new: shares of all steps between different states; they add up to 1.
    steps, events: how many there were.
    forward_of_decided: forward / (forward + reverse); `low`, `high`: its 95 % bootstrap interval over events.
    """

    forward: float
    reverse: float
    undecided: float
    new: float
    steps: int
    events: int
    forward_of_decided: float
    low: float
    high: float


@dataclass(frozen=True)
class DirectionContrast:
    """By how much more forward some events ran than others.

    difference: of `forward_of_decided`. p: share of shuffles of events between both groups with as large a difference.
    """

    difference: float
    p: float


def count_directions(states: np.ndarray, events: np.ndarray, counts: np.ndarray) -> Steps:
    """Steps of each event by their kind.

    states: `[T]` int, what was replayed. events: `[T]` int, the event of each row, 0 to E - 1, ascending.
    counts: `[S, S]`, how often life made each step (`transition_counts`).
    """
    names, ids, lived = whole(states, "states"), whole(events, "events"), finite(counts, "counts", axes=2)
    require(len(names) == len(ids), f"events: has {len(ids)} rows where there are {len(names)} states")
    number = int(ids.max()) + 1 if len(ids) else 0
    kept = stays_within(len(names), 1, ids) & (names[:-1] != names[1:])
    there, back = lived[names[:-1][kept], names[1:][kept]], lived[names[1:][kept], names[:-1][kept]]
    kinds = (there > back, there < back, (there == back) & (there > 0), (there == 0) & (back == 0))
    return Steps(*(np.bincount(ids[:-1][kept][kind], minlength=number) for kind in kinds))


def direction(steps: Steps, seed: int = 0) -> Direction:
    """Sums up; raises `AnalysisError` for fewer than six events with a forward or a reverse step."""
    total = np.array([each.sum() for each in (steps.forward, steps.reverse, steps.undecided, steps.new)])
    decided = steps.of((steps.forward + steps.reverse) > 0)
    events = len(decided.forward)
    require(
        events >= LEAST_EVENTS,
        f"steps: only {events} events have a step that life mostly made one way; {LEAST_EVENTS} are needed",
    )
    pairs = np.stack([decided.forward, decided.reverse], 1).astype(float)
    share = _resampled(pairs, seed)
    return Direction(
        forward=float(total[0] / total.sum()),
        reverse=float(total[1] / total.sum()),
        undecided=float(total[2] / total.sum()),
        new=float(total[3] / total.sum()),
        steps=int(total.sum()),
        events=events,
        forward_of_decided=float(pairs[:, 0].sum() / pairs.sum()),
        low=share[0],
        high=share[1],
    )


def direction_contrast(steps: Steps, others: Steps, seed: int = 0) -> DirectionContrast:
    """Of two groups of events, with group labels shuffled over events as null; `AnalysisError` where one is small."""
    pairs = [np.stack([each.forward, each.reverse], 1) for each in (steps, others)]
    pairs = [each[each.sum(1) > 0].astype(float) for each in pairs]
    least = min(map(len, pairs))
    require(least >= LEAST_EVENTS, f"steps: one group has only {least} events that run one way or the other")
    every, size, generator = np.concatenate(pairs), len(pairs[0]), np.random.default_rng(seed)
    observed = _share(every[:size]) - _share(every[size:])
    reached = 1
    for _ in range(DRAWS):
        drawn = generator.permutation(every)
        reached += abs(_share(drawn[:size]) - _share(drawn[size:])) >= abs(observed) - 1e-12
    return DirectionContrast(float(observed), reached / (1 + DRAWS))


def _share(pairs: np.ndarray) -> float:
    """Forward steps of all that run one way or the other, `[E, 2]`."""
    return float(pairs[:, 0].sum() / pairs.sum())


def _resampled(pairs: np.ndarray, seed: int) -> tuple[float, float]:
    """95 % interval of the share, whole events drawn anew."""
    numbers = np.arange(len(pairs), dtype=float)[:, None]
    found = bootstrap(lambda drawn: _share(pairs[drawn[:, 0].astype(int)]), numbers, draws=DRAWS, seed=seed)
    return found.low, found.high
