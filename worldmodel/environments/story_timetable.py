"""The timetable of a story: what is shown in which row.

    present    W' Y X' ...   the slots of a phase, in the order of the rule   + 2 fixations, `repeats` times a phase
    cue        Z outcome     the end of a sequence, and whether it pays       for both, `cues` times each
    fork                     here the agent names the slot it thinks of, or leaves
    walk       X Y Z outcome what follows in the TRUE order; then fork again  on the training day only

A row is one step of the environment; its reward is what the agent gets for arriving there. The last walk of a story
ends it with its outcome, and so does leaving, at a fork or on a walk, which is never paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from worldmodel.environments.scrambles import Rule, slots
from worldmodel.environments.true_order import NOTHING

PHASES = ("present", "fixation", "cue", "outcome", "fork", "walk", "localise")


class Row(NamedTuple):
    """One moment of a story.

    phase: one of PHASES.
    state: state (see `true_order`) of the object that is shown, -1 for nothing.
    slot: slot that is shown beside it, -1 for none.
    reward: what arriving here pays.
    """

    phase: str
    state: int = NOTHING
    slot: int = NOTHING
    reward: float = 0.0


FORK = Row("fork")
LEFT = Row("outcome")

# two, so that what stands before and after them is neither one step nor two apart
PAUSE = (Row("fixation"), Row("fixation"))


def present(rule: Rule, repeats: int) -> list[Row]:
    """Every phase of the rule, `repeats` times in a row, with a pause after each showing."""
    slot_of = {state: slot for slot, state in enumerate(slots(rule))}
    rows = []
    for phase in rule:
        rows += [*(Row("present", state, slot_of[state]) for state in phase), *PAUSE] * repeats
    return rows


def cue(order: Sequence[int], length: int, rewarded: int) -> list[Row]:
    """The last object of one sequence after the other, and what it leads to.

    order: sequences, in the order in which their ends are shown.
    rewarded: the sequence that pays 1.
    """
    rows = []
    for sequence in order:
        end = sequence * length + length - 1
        rows += [Row("cue", end), Row("outcome", reward=float(sequence == rewarded))]
    return rows


def story(rule: Rule, repeats: int, order: Sequence[int], length: int, rewarded: int) -> list[Row]:
    """What happens before the first choice: present, cue, and the fork."""
    return [*present(rule, repeats), *cue(order, length, rewarded), FORK]


def walk(state: int, length: int, rewarded: int) -> list[Row]:
    """From one object in the true order to the end of its sequence, and the outcome.

    rewarded: the sequence that pays 1, -1 where none does.
    """
    sequence = state // length
    way = [Row("walk", place) for place in range(state, (sequence + 1) * length)]
    return [*way, Row("outcome", reward=float(sequence == rewarded))]


def localise(order: Sequence[int]) -> list[Row]:
    """Single objects without a slot, each with a fixation after it; order: their states."""
    return [row for state in order for row in (Row("localise", state), Row("fixation"))]


def query(told: list[Row], state: int) -> list[Row]:
    """A story, and then one object as in a walk: what is expected of it is the answer."""
    return [*told, Row("walk", state)]


def rest_before() -> list[Row]:
    """Rest before any object was seen."""
    return [*PAUSE, FORK]
