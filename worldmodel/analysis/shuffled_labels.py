"""Whether any order of states, not only chains, is stronger than the same order of states with other names.

The names of all states are shuffled, rows and columns of the matrix together; time is left alone. As every naming is
equally likely where names mean nothing, p is exact then. What it cannot exclude: clusters are not exchangeable, since
some are larger or lie nearer to each other than others. Nearness is alike both ways, so it weighs little on
the difference of forward and backward, and more on each of them.
"""

from __future__ import annotations

import numpy as np

from worldmodel.analysis.requirements import finite, require
from worldmodel.analysis.sequenceness import explained_by
from worldmodel.analysis.state_permutations import Relabelled

SHUFFLES = 1000


def shuffled_labels(
    weights: np.ndarray, transitions: np.ndarray, shuffles: int = SHUFFLES, seed: int = 0
) -> Relabelled:
    """Sequenceness of `weights` `[L, S, S]` (see `empirical_transitions`) along `transitions` `[S, S]` under shuffles.

    Its `difference` is to be given to `permutation_test`. Raises `AnalysisError` for fewer than four states, whose
    names cannot be shuffled often enough.
    """
    values, order = finite(weights, "weights", axes=3), finite(transitions, "transitions", axes=2)
    states = len(order)
    require(states >= 4, f"states: {states} have too few names to be shuffled; give 4 or more")
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(shuffles):
        names = generator.permutation(states)
        found.append(explained_by(order[np.ix_(names, names)], values))
    forward, backward = np.array(found).transpose(1, 0, 2)
    return Relabelled(forward, backward)
