"""How much faster than life replay runs, in the only time an agent has: calls of its model against steps of its world.

In animals a sequence of places that took seconds to run is replayed in tenths of one. An agent's steps have no seconds,
so compression is states traversed per model call over states traversed per environment step. A plain rollout, one state
a call, has 1 whatever its horizon; more needs a model that passes several states in one call. How long a call takes on
some machine is another quantity, to be reported apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.episodes import stays_within
from worldmodel.analysis.requirements import require, whole
from worldmodel.analysis.score_statistics import bootstrap


def states_traversed(states: np.ndarray, episodes: np.ndarray | None = None) -> int:
    """How often the state of `[T]` int changed within an episode: a path of places 3, 3, 4, 5, 5 traverses two."""
    names = whole(states, "states")
    return int((stays_within(len(names), 1, episodes) & (names[1:] != names[: max(len(names) - 1, 0)])).sum())


def time_compression(replayed: int, model_calls: int, lived: int, environment_steps: int) -> float:
    """(replayed / model_calls) / (lived / environment_steps).

    replayed: states traversed in replay.
    model_calls: calls of the model that took.
    lived: states traversed in life, on the same stretches or such like.
    environment_steps: steps of the world that took.

    Both numbers of states are counted in one way, as every step or as every change (`states_traversed`). Raises
    `AnalysisError` where nothing was called, stepped or traversed in life.
    """
    for number, name in ((model_calls, "model_calls"), (lived, "lived"), (environment_steps, "environment_steps")):
        require(number > 0, f"{name}: is {number}; without any there is no speed to compare")
    require(replayed >= 0, f"replayed: is {replayed}; it must be 0 or more")
    return (replayed / model_calls) / (lived / environment_steps)


@dataclass(frozen=True)
class Speed:
    """How fast states change in replay, beside life.

    replayed, lived: states traversed per model call and per environment step.
    compression: the one over the other; `low`, `high`: its 95 % bootstrap interval over events, life staying as it is.
    steps, events: of replay.
    """

    replayed: float
    lived: float
    compression: float
    low: float
    high: float
    steps: int
    events: int


def compare_speed(
    states: np.ndarray, events: np.ndarray, lived: np.ndarray, episodes: np.ndarray, seed: int = 0
) -> Speed:
    """Of replayed states `[T]` in events `[T]`, ascending from 0, and lived ones `[N]` in episodes `[N]`.

    Every moment but the first of an event took one call of the model. Raises `AnalysisError` where life never moves.
    """
    within, change = _steps(states, events), _steps(lived, episodes)
    require(len(within) > 0 and len(change) > 0, "states: no event has two moments")
    rate = float(change[:, 1].sum() / change[:, 0].sum())
    calls, moved = within[:, 0], within[:, 1]
    found = time_compression(int(moved.sum()), int(calls.sum()), int(change[:, 1].sum()), int(change[:, 0].sum()))
    numbers = np.arange(len(within), dtype=float)[:, None]

    def again(drawn: np.ndarray) -> float:
        rows = drawn[:, 0].astype(int)
        return float(moved[rows].sum() / calls[rows].sum() / rate)

    interval = bootstrap(again, numbers, draws=1000, seed=seed)
    return Speed(
        replayed=float(moved.sum() / calls.sum()),
        lived=rate,
        compression=found,
        low=interval.low,
        high=interval.high,
        steps=int(calls.sum()),
        events=len(within),
    )


def _steps(states: np.ndarray, events: np.ndarray) -> np.ndarray:
    """`[E, 2]`, steps of each event that has any, and how many of them led to another state."""
    names, ids = whole(states, "states"), whole(events, "events")
    kept = stays_within(len(names), 1, ids)
    _, number = np.unique(ids[:-1][kept], return_inverse=True)
    moved = (names[1:] != names[:-1])[kept]
    return np.stack([np.bincount(number), np.bincount(number, weights=moved)], 1)
