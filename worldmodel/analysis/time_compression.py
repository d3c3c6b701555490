"""How much faster than life replay runs, in the only time an agent has: calls of its model against steps of its world.

In animals a sequence of places that took seconds to run is replayed in tenths of one. An agent's steps have no seconds,
so compression is states traversed per model call over states traversed per environment step. A plain rollout, one state
a call, has 1 whatever its horizon; more needs a model that passes several states in one call. How long a call takes on
some machine is another quantity, to be reported apart.
"""

from __future__ import annotations

import numpy as np

from worldmodel.analysis.episodes import stays_within
from worldmodel.analysis.requirements import require, whole


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
