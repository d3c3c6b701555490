"""Plots of a suite: how scores grew, and how they depend on the share of imagination."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from worldmodel.analysis.score_statistics import Interval, bootstrap
from worldmodel.viewing.figures import picture_and_drawing, save_figure

Points = Sequence[tuple[float, Sequence[float]]]
"""(x, the score of each run there)."""
T = TypeVar("T")


def draw_learning_curves(curves: Mapping[str, Mapping[str, Points]], stem: Path) -> None:
    """Mean score over environment steps, a panel a game and a line a method, with 95 % intervals over runs.

    A method has one colour in all panels.

    Writes `stem`.png and `stem`.svg.
    """
    names = sorted({method for methods in curves.values() for method in methods})
    colours = {method: f"C{index}" for index, method in enumerate(names)}

    def draw(axes: Axes, methods: Mapping[str, Points]) -> None:
        for method, points in methods.items():
            _line(axes, points, label=method, color=colours[method])
        axes.set_xlabel("environment steps")
        axes.legend(fontsize=8)

    save_figure(_panels(curves, draw), *picture_and_drawing(stem))


def draw_scores_by_share(shares: Mapping[str, Points], stem: Path) -> None:
    """Final score over the share of imagination, a panel a game: means with intervals, and every run as a dot.

    Writes `stem`.png and `stem`.svg.
    """

    def draw(axes: Axes, points: Points) -> None:
        _line(axes, points, label=None)
        for share, scores in points:
            axes.plot([share] * len(scores), scores, ".", color="0.6", markersize=4)
        axes.set_xlabel("share of imagination")

    save_figure(_panels(shares, draw), *picture_and_drawing(stem))


def _panels(games: Mapping[str, T], draw: Callable[[Axes, T], None]) -> Figure:
    """A figure with one panel a game, four in a row."""
    columns = min(4, len(games))
    rows = -(-len(games) // columns)
    figure = Figure(figsize=(3.6 * columns, 3.0 * rows), layout="constrained")
    panels = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    for axes, (game, content) in zip(panels, games.items(), strict=False):
        draw(axes, content)
        axes.set_title(game)
        axes.set_ylabel("score")
        axes.grid(alpha=0.3)
    for axes in panels[len(games) :]:
        axes.set_axis_off()
    return figure


def _line(axes: Axes, points: Points, **style: Any) -> None:
    found = [_mean(scores) for _, scores in points]
    x = [where for where, _ in points]
    (line,) = axes.plot(x, [each.estimate for each in found], marker="o", markersize=3, **style)
    axes.fill_between(x, [each.low for each in found], [each.high for each in found], color=line.get_color(), alpha=0.2)


def _mean(scores: Sequence[float]) -> Interval:
    return bootstrap(lambda drawn: float(drawn.mean()), np.array(scores, float)[:, None], draws=500)
