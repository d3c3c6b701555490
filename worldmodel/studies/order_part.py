"""The questions of states and of their order: what latents are divided into, and whether replay follows life."""

from __future__ import annotations

from typing import Any

import numpy as np

from worldmodel.analysis.experienced_transitions import along_likeliest, transition_counts, transition_probabilities
from worldmodel.analysis.replay_order import ReplayOrder
from worldmodel.studies.analysis_words import LEVEL, in_words, plain
from worldmodel.studies.gathering import States
from worldmodel.viewing.analysis_page import Part

PAINTS = {"life, left out": "var(--looking)", "movies": "var(--c0)", "dreams": "var(--dreaming)"}
UNTRAINED = "dreams, untrained model"


def states_part(key: str, question: str, states: States, pictures: dict[str, Any] | None) -> Part:
    """The clusters of latents, in the order in which life mostly went through them.

    pictures: a drawing of what each looks like, None where observations are no images.
    """
    number, order = len(states.counts), along_likeliest(states.counts)
    pairs = int(states.order.sum())
    lived = np.bincount(states.life[0], minlength=number)
    figures = [
        {
            "kind": "map",
            "title": title,
            "cells": plain(np.sqrt(transition_probabilities(counts)[np.ix_(order, order)])),
            "paint": paint,
            "label": f"{title}: probability of each state (column) after each (row)",
            "note": "Row: state. Column: state one moment later. Depth of colour: root of the probability. "
            "States stand in the order in which life mostly went through them.",
        }
        for title, counts, paint in (
            ("What follows what in life", states.counts, "--looking"),
            ("What follows what in dreams", transition_counts(*_with_number(states.dreams, number)), "--dreaming"),
        )
    ]
    return Part(
        key,
        question,
        says=f"The latents of {len(states.life[0]):,} moments of life are divided into {number} states, the smallest "
        f"with {int(lived.min()):,} of them. {pairs} pairs of states were passed at least twice as often one way as "
        "the other: they are the order of life that replay is compared with.",
        limits="States are a convenience: k-means divides any cloud, and another number or seed gives others.",
        figures=[*([pictures] if pictures else []), *figures],
        found={"states": number, "moments": plain(lived), "pairs_of_one_direction": plain(np.argwhere(states.order))},
    )


def order_part(key: str, question: str, orders: dict[str, ReplayOrder], others: dict[int, ReplayOrder | str]) -> Part:
    """Sequenceness of every stream, and of dreams with other numbers of states (or why there is none)."""
    dreams = orders["dreams"]
    peak = int(np.abs(dreams.difference).argmax())
    last = int(dreams.lags[-1])
    rows = [_row(name, each) for name, each in orders.items()]
    rows += [_row(f"dreams, {number} states", each) for number, each in others.items()]
    return Part(
        key,
        question,
        says=f"{_verdict(dreams, peak)} {_held(dreams, peak, others)} {_control(orders)}",
        limits="Movies are pieces of life and follow its order by construction: they show how much there can be. "
        "Dreams come from a model that learned this life, so that following it is learned, not spontaneous. "
        "Sizes depend on the states and cannot be compared between runs, let alone with brains. One run says "
        "nothing of others.",
        null=f"Labels: the names of all states are shuffled, {_shuffles(dreams):,} times (two-sided p of the largest "
        f"difference over lags, at least {dreams.floor:.3f}). Time: the moments of every dream in another order. "
        "Untrained: dreams of a fresh network from the same movies, in states of its own latents.",
        columns=("stream", "moments", "events", "lag 1", f"lag {last}", "95 % of shuffled", "p"),
        rows=rows,
        figures=_by_lag(orders),
        tests={"dreams run along the order of life, or against it": dreams.p},
        found={"streams": plain(orders), "dreams_by_number_of_states": plain(others)},
    )


def _by_lag(orders: dict[str, ReplayOrder]) -> list[dict[str, Any]]:
    """Sequenceness of every stream by lag beside what chance gives, and the two ways of dreams by themselves."""
    dreams = orders["dreams"]
    last = int(dreams.lags[-1])
    lines = [_line(name, orders[name].difference, paint) for name, paint in PAINTS.items()]
    bounds = [
        _line("95 % of shuffled labels, dreams", [dreams.threshold] * len(dreams.lags), "var(--ink)", True),
        _line("the same in reverse", [-dreams.threshold] * len(dreams.lags), "var(--ink)", True),
        _line("dreams, time shuffled", dreams.shuffled_time, "var(--c4)", True),
    ]
    if UNTRAINED in orders and len(orders[UNTRAINED].lags) == len(dreams.lags):
        bounds.append(_line(UNTRAINED, orders[UNTRAINED].difference, "var(--c7)", True))
    ways = [("forward", dreams.forward, "var(--c0)"), ("backward", dreams.backward, "var(--c1)")]
    return [
        {
            "kind": "lines",
            "title": "Forward minus backward, by lag",
            "lines": [*lines, *bounds],
            "first": 1,
            "last": last,
            "unit": "moments later",
            "note": "Above 0: along the order of life. Below: against it.",
        },
        {
            "kind": "lines",
            "title": "Dreams, forward and backward by themselves",
            "lines": [_line(*way) for way in ways],
            "first": 1,
            "last": last,
            "unit": "moments later",
            "note": "In units of regression weights (TDLM).",
        },
    ]


def _with_number(stream: tuple[np.ndarray, np.ndarray], number: int) -> tuple[np.ndarray, int, np.ndarray]:
    return stream[0], number, stream[1]


def _verdict(dreams: ReplayOrder, peak: int) -> str:
    value, lag = float(dreams.difference[peak]), int(dreams.lags[peak])
    if dreams.p > LEVEL:
        return (
            "Whether dreams run along the order of life or against it cannot be told: forward minus backward is "
            f"{value:+.2f} at most (lag {lag}), {in_words(dreams.p)}."
        )
    way = "forward, the way life mostly ran" if value > 0 else "in reverse, against the way life mostly ran"
    return f"Dreams run {way}: forward minus backward is {value:+.2f} at lag {lag}, {in_words(dreams.p)}."


def _held(dreams: ReplayOrder, peak: int, others: dict[int, ReplayOrder | str]) -> str:
    """Whether other numbers of states say the same of dreams."""
    told = []
    for number, found in others.items():
        if isinstance(found, str):
            told.append(f"{number} have no order to follow")
            continue
        same = peak < len(found.lags) and np.sign(found.difference[peak]) == np.sign(dreams.difference[peak])
        alike = same and (found.p <= LEVEL) == (dreams.p <= LEVEL)
        told.append(f"{number} {'say the same' if alike else 'do not'}")
    return f"Of other numbers of states, {' and '.join(told)}." if told else ""


def _control(orders: dict[str, ReplayOrder]) -> str:
    if UNTRAINED not in orders:
        return ""
    found = orders[UNTRAINED]
    peak = int(np.abs(found.difference).argmax())
    return f"The dreams of an untrained network have {found.difference[peak]:+.2f} at most, {in_words(found.p)}."


def _row(name: str, found: ReplayOrder | str) -> tuple[str, ...]:
    if isinstance(found, str):
        return (name, "–", "–", "–", "–", "–", "–")
    ends = (f"{found.difference[0]:+.3f}", f"{found.difference[-1]:+.3f}")
    return (name, f"{found.steps:,}", f"{found.events:,}", *ends, f"{found.threshold:.3f}", f"{found.p:.2g}")


def _line(name: str, values: Any, paint: str, dashed: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "values": [round(float(each), 3) for each in values],
        "paint": paint,
        "dashed": dashed,
        "bold": name == "dreams",
    }


def _shuffles(found: ReplayOrder) -> int:
    return round(2 / found.floor) - 2
