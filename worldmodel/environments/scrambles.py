"""Rules of a story: in which order the objects of two true sequences are shown.

A rule lists the states (see `true_order`) that are shown in each phase, one phase after the other. An object's slot is
the number of the place at which it is shown first, so a rule is a permutation slot -> (sequence, position).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain, permutations, product

import numpy as np

from worldmodel.environments.true_order import count_true_pairs

Rule = tuple[tuple[int, ...], ...]


def slots(rule: Rule) -> tuple[int, ...]:
    """The state of each slot: all states, in the order in which they are first shown."""
    return tuple(dict.fromkeys(chain.from_iterable(rule)))


def visual_transitions(rule: Rule) -> np.ndarray:
    """`[states, states]` float64, 1 where the column's state is shown right after the row's, in one phase."""
    states = len(slots(rule))
    transitions = np.zeros((states, states))
    for phase in rule:
        transitions[phase[:-1], phase[1:]] = 1
    return transitions


def alternating_scrambles(length: int) -> Iterator[Rule]:
    """All rules of two phases in which each object is followed by one of the other sequence (2,304 for length 4).

    So no two objects in a row, within a phase, are neighbours in a true sequence: study 2 of Liu et al. 2019.
    """
    for begins in product((0, 1), repeat=2):
        turns = [(begin + place) % 2 for begin in begins for place in range(length)]
        if turns.count(0) != length:
            continue
        for orders in product(permutations(range(length)), repeat=2):
            ahead = tuple(map(iter, orders))
            states = tuple(sequence * length + next(ahead[sequence]) for sequence in turns)
            yield states[:length], states[length:]


def hides_pairs(rule: Rule, length: int) -> bool:
    """Whether no true pair stands at lag 2 within a phase, in either direction (256 scrambles of length 4).

    To people lag 2 is four seconds; to an agent it is two steps, and most scrambles give the true order away there.
    """
    return not any(_either_way(phase, 2, length) for phase in rule)


def has_clean_boundaries(rule: Rule, length: int) -> bool:
    """Whether the end of a phase and the beginning of one, itself included, are never a true pair, either way."""
    return not any(_either_way((before[-1], after[0]), 1, length) for before, after in product(rule, repeat=2))


def favours_no_direction(rule: Rule, length: int) -> bool:
    """Whether the true pairs four rows apart, across phases, stand as often forward as backward.

    With the pause of two rows these are the last two objects of the first phase and the first two of the second. Of the
    scrambles of length 4 that are clean otherwise, 52 of 136 do so, and 16 have no such pair.
    """
    across = rule[0][-2:] + rule[1][:2]
    return count_true_pairs(across, 2, length) == count_true_pairs(across[::-1], 2, length)


@cache
def clean_scrambles(length: int) -> tuple[Rule, ...]:
    """The scrambles that give nothing of the true order away (52 of length 4): all that study 2 uses here."""
    tests = (hides_pairs, has_clean_boundaries, favours_no_direction)
    return tuple(rule for rule in alternating_scrambles(length) if all(test(rule, length) for test in tests))


@cache
def paired_rules(length: int) -> tuple[Rule, ...]:
    """Rules that show true pairs, the last pair first: [YZ, Y'Z'], [XY, X'Y'], [WX, W'X'], study 1 of Liu et al. 2019.

    They differ in which sequence leads in each phase: 2 to the power of length - 1.
    """
    pairs = [(place, place + 1) for place in reversed(range(length - 1))]
    return tuple(
        tuple(
            tuple(sequence * length + place for sequence in (leader, 1 - leader) for place in pair)
            for leader, pair in zip(leaders, pairs, strict=True)
        )
        for leaders in product((0, 1), repeat=length - 1)
    )


def _either_way(states: tuple[int, ...], lag: int, length: int) -> int:
    return count_true_pairs(states, lag, length) + count_true_pairs(states[::-1], lag, length)
