"""The order that makes sense: which object follows which in the true sequences, and how often it was really seen.

A state is a place in the true order, `sequence * length + position`; the object that stands there differs from set to
set. -1 is a moment at which no object is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np

NOTHING = -1

# the grid of two contexts and three roles with which DeepMind explained the study, see `state_names`
HOME_AND_FACTORY = ("dog", "vase", "water", "robot", "barrel", "oil")


def follows(first: int, second: int, length: int) -> bool:
    """Whether state `second` comes right after `first` in its true sequence."""
    return first != NOTHING and second == first + 1 and second % length != 0


def true_transitions(sequences: int, length: int) -> np.ndarray:
    """`[states, states]` float64, 1 where the column's state comes right after the row's in a true sequence."""
    states = range(sequences * length)
    return np.array([[float(follows(first, second, length)) for second in states] for first in states])


def count_true_pairs(states: Sequence[int], lag: int, length: int) -> int:
    """How often an object was followed, `lag` rows later, by the next one of its true sequence.

    states: what was shown row by row, -1 for nothing; turned round, pairs in reverse order are counted.
    """
    return sum(follows(first, second, length) for first, second in zip(states, states[lag:], strict=False))


def state_names(length: int) -> tuple[str, ...]:
    """Names of the states of two sequences.

    W X Y Z and W' X' Y' Z', as in Liu et al. 2019 (https://doi.org/10.1016/j.cell.2019.06.012). Sequences of three are
    the example of Kurth-Nelson and Dabney (DeepMind, 2019): at home a dog, a vase and water, in a factory a robot, a
    barrel and oil, so an agent, a container and a liquid in both.
    """
    if length == 3:
        return HOME_AND_FACTORY
    letters = ascii_uppercase[-length:]
    return (*letters, *(f"{letter}'" for letter in letters))
