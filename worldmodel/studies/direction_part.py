"""The question of direction: which way replay runs, and whether it turns round where reward was."""

from __future__ import annotations

from typing import Any

import numpy as np

from worldmodel.analysis.direction import (
    Direction,
    DirectionContrast,
    Steps,
    count_directions,
    direction,
    direction_contrast,
)
from worldmodel.errors import AnalysisError
from worldmodel.studies.analysis_words import LEVEL, in_words, percent, plain
from worldmodel.studies.gathering import States
from worldmodel.studies.order_part import UNTRAINED
from worldmodel.viewing.analysis_page import Part

KINDS = ("forward", "reverse", "undecided", "new")
PAINTS = ("var(--c0)", "var(--c1)", "var(--c7)", "var(--c4)")
COLUMNS = ("stream", "steps", "events", *KINDS, "forward of decided", "95 %")
LIMITS = (
    "A model that imagines step after step from where it stands runs forward nearly by construction; reverse replay "
    "would need dreams that are planned. Reverse is a step that life made more often the other way, so that turning "
    "round is reverse, too. Dreams follow today's policy; life holds all the policies of the run, and exploration."
)
NULL = (
    "Half is not what chance gives: untrained networks can run somewhat forward, too, perhaps because their recurrent "
    "state settles in dreams as it does in life. So dreams are shuffled between those of the run and those of one "
    "untrained network (others would differ), and between those before and after reward. Before: {near} steps or fewer "
    "until the next reward in the recorded episode; after: {near} or fewer since the last, and none so near ahead. "
    "Dreams count as independent."
)


def direction_part(
    key: str,
    question: str,
    states: States,
    until: np.ndarray,
    since: np.ndarray,
    near: int,
    untrained: States | None = None,
) -> Part:
    """Shares of forward and reverse steps, and those of dreams that begin near rewards.

    until, since: `[E]`, steps of recorded life from the beginning of each dream to the next reward and from the last.
    near: steps that count as near. untrained: the states of a network that has learned nothing.
    """
    dreamt = count_directions(*states.dreams, states.counts)
    before, after = dreamt.of(until <= near), dreamt.of((since <= near) & (until > near))
    streams = {
        "life, left out": count_directions(*states.left_out, states.counts),
        "movies": count_directions(*states.movies, states.counts),
        "dreams": dreamt,
        f"dreams, ≤ {near} before reward": before,
        f"dreams, ≤ {near} after reward": after,
    }
    if untrained is not None:
        streams[UNTRAINED] = count_directions(*untrained.dreams, untrained.counts)
    found, missing = _directions(streams)
    beside_untrained = _contrast(dreamt, streams.get(UNTRAINED))
    about_reward = _contrast(before, after)
    dreams = found["dreams"]
    life = found.get("life, left out")
    beside = f"; left-out life has {percent(life.forward_of_decided)}" if life else ""
    says = (
        "Of the steps of dreams that life made more often one way than the other, "
        f"{percent(dreams.forward_of_decided)} run forward (95 % interval {percent(dreams.low)} to "
        f"{percent(dreams.high)}){beside}. {_against(beside_untrained)} "
        f"{_about_reward(about_reward, near)}"
    )
    return Part(
        key,
        question,
        says=says,
        limits=LIMITS,
        null=NULL.format(near=near),
        columns=COLUMNS,
        rows=[_row(name, each) for name, each in found.items()],
        figures=[_bars(found)],
        tests=_tests(beside_untrained, about_reward),
        found={"near": near, "streams": plain(found), "too_few": missing},
    )


def _directions(streams: dict[str, Steps]) -> tuple[dict[str, Direction], dict[str, str]]:
    """The direction of every stream, and why others have none; AnalysisError where the dreams are such."""
    found, missing = {}, {}
    for name, steps in streams.items():
        try:
            found[name] = direction(steps)
        except AnalysisError as error:
            if name == "dreams":
                raise
            missing[name] = str(error)
    return found, missing


def _bars(found: dict[str, Direction]) -> dict[str, Any]:
    """The figure: a bar for every stream, divided by kinds of steps."""
    return {
        "kind": "bars",
        "title": "Steps between states, by the way life mostly made them",
        "kinds": [{"name": name, "paint": paint} for name, paint in zip(KINDS, PAINTS, strict=True)],
        "rows": [{"name": name, "shares": [getattr(each, kind) for kind in KINDS]} for name, each in found.items()],
        "note": "Undecided: life made it as often both ways. New: life never made it either way.",
    }


def _contrast(first: Steps, second: Steps | None) -> DirectionContrast | None:
    """The contrast of two streams, None where one is missing or too short."""
    try:
        return None if second is None else direction_contrast(first, second)
    except AnalysisError:
        return None


def _against(contrast: DirectionContrast | None) -> str:
    """Whether dreams run more forward than those of a network that has learned nothing."""
    if contrast is None:
        return "There are too few dreams of an untrained network to compare with."
    way = "more" if contrast.difference > 0 else "less"
    told = f"run {way} forward than" if contrast.p <= LEVEL else "cannot be told from"
    return f"They {told} those of an untrained network ({_difference(contrast)})."


def _tests(beside_untrained: DirectionContrast | None, about_reward: DirectionContrast | None) -> dict[str, float]:
    """The p of each contrast there is."""
    contrasts = {
        "dreams run more or less forward than those of an untrained network": beside_untrained,
        "dreams before reward and after it run different ways": about_reward,
    }
    return {asked: contrast.p for asked, contrast in contrasts.items() if contrast is not None}


def _difference(contrast: DirectionContrast) -> str:
    return f"forward share {100 * contrast.difference:+.0f} %, {in_words(contrast.p)}"


def _about_reward(contrast: DirectionContrast | None, near: int) -> str:
    if contrast is None:
        return "Too few dreams began near a recorded reward to compare before with after."
    told = "differ" if contrast.p <= LEVEL else "cannot be told apart"
    return (
        f"Dreams that begin within {near} steps before a reward and those after one {told} ({_difference(contrast)})."
    )


def _row(name: str, found: Direction) -> tuple[str, ...]:
    shares = tuple(percent(getattr(found, kind)) for kind in KINDS)
    interval = f"{percent(found.low)} to {percent(found.high)}"
    return (
        name,
        f"{found.steps:,}",
        f"{found.events:,}",
        *shares,
        percent(found.forward_of_decided),
        interval,
    )
