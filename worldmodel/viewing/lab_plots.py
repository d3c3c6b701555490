"""The figures of the replay lab: sequenceness by lag, as in figure 2 of Liu et al. 2019, and the learning curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from worldmodel.viewing.figures import picture_and_drawing, save_figure

COLUMNS = (("imagined", "true"), ("imagined", "visual"), ("movie", "true"), ("movie", "visual"))
TITLES = ("dreams, true order", "dreams, order shown", "movies, true order", "movies, order shown")


def draw_sequenceness(effects: Mapping[tuple[str, str], np.ndarray], threshold: float | None, stem: Path) -> None:
    """A row for each rest and a column for each stream and order: mean over subjects, and its standard error.

    effects: D `[n, L]` by (stream, order), NaN where a lag is missing. threshold: 95th percentile of the largest effect
    over lags of relabelled orders, for dreams in rest 1. Writes `stem`.png and `stem`.svg.
    """
    figure = Figure(figsize=(12, 5.6), layout="constrained")
    panels = figure.subplots(2, len(COLUMNS), sharex=True, sharey=True)
    for row, rest in enumerate(("rest 1", "rest 2")):
        for column, (stream, order) in enumerate(COLUMNS):
            axes, values = panels[row, column], effects[f"{rest}, {stream}", order]
            lags = 1 + np.flatnonzero(np.isfinite(values).all(0))
            there = values[:, lags - 1]
            mean, error = there.mean(0), there.std(0, ddof=min(1, len(there) - 1)) / len(there) ** 0.5
            colour = "C0" if stream == "imagined" else "C3"
            axes.axhline(0, color="0.7", linewidth=0.8)
            axes.plot(lags, there.T, color=colour, alpha=0.15, linewidth=0.8)
            axes.plot(lags, mean, color=colour, marker="o", markersize=4)
            axes.fill_between(lags, mean - error, mean + error, color=colour, alpha=0.3)
            if threshold is not None and (row, column) == (0, 0):
                axes.axhline(threshold, color="0.3", linestyle="--", linewidth=1)
            axes.set_title(f"{rest}: {TITLES[column]}" if row == 0 else rest, fontsize=10)
            axes.grid(alpha=0.3)
    for axes in panels[:, 0]:
        axes.set_ylabel("forward minus backward")
    for axes in panels[-1]:
        axes.set_xlabel("lag, replayed moments")
    save_figure(figure, *picture_and_drawing(stem))


def draw_learnability(
    sets: Sequence[int], query: Sequence[np.ndarray], forward: Sequence[np.ndarray], stem: Path
) -> None:
    """Over the number of training sets: share of right decisions, and D of dreams in the true order at lag 1.

    query, forward: `[n]` for each number of sets, a value a subject, NaN where there is none. Writes `stem`.png and
    `stem`.svg.
    """
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True)
    for axes, values, words, nothing in (
        (panels[0], query, "right decisions, share 0.5", 0.5),
        (panels[1], forward, "dreams, true order, lag 1", 0.0),
    ):
        axes.axhline(nothing, color="0.3", linestyle="--", linewidth=1)
        for number, each in zip(sets, values, strict=True):
            axes.plot([number] * len(each), each, "o", color="C0", alpha=0.4, markersize=5, markeredgewidth=0)
        axes.plot(sets, [np.nanmean(each) for each in values], color="C0", marker="_", markersize=14)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sets, [str(number) for number in sets])
        axes.minorticks_off()
        axes.set_xlabel("sets of objects on the training day")
        axes.set_title(words, fontsize=10)
        axes.grid(alpha=0.3)
    panels[0].set_ylim(top=1.02)
    save_figure(figure, *picture_and_drawing(stem))
