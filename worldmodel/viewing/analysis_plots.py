"""The drawings of an analysis as PNG files, for talks and papers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from worldmodel.analysis.replay_order import ReplayOrder
from worldmodel.viewing.figures import save_figure

COLOURS = {"movies": "C0", "dreams": "C3"}


def draw_orders(orders: Mapping[str, ReplayOrder], path: Path) -> Path:
    """Forward minus backward by lag, a line a stream, with its threshold dashed; returns `path`."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.axhline(0, color="0.7", linewidth=0.8)
    for name, found in orders.items():
        colour = COLOURS.get(name, "0.4")
        axes.plot(found.lags, found.difference, color=colour, marker="o", markersize=4, label=name)
        for side in (-1, 1):
            axes.axhline(side * found.threshold, color=colour, linestyle="--", linewidth=0.8)
    axes.set_xlabel("lag, moments")
    axes.set_ylabel("forward minus backward")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    save_figure(figure, path)
    return path


def draw_places(even: np.ndarray, lived: np.ndarray, dreamt: np.ndarray, thing: str, path: Path) -> Path:
    """Maps `[*bins, K]` of units, one a row for a line and one a panel for a plane, above where life and dreams were.

    lived, dreamt: `[*bins]`, moments in each bin.
    """
    flat = lived.ndim == 1
    figure = Figure(figsize=(7, 6 if flat else 4.5), layout="constrained")
    if flat:
        above, below = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
        if even.shape[-1]:
            peak = np.nanmax(np.where(np.isfinite(even), even, 0), axis=0, keepdims=True)
            above.imshow((even / np.where(peak > 0, peak, 1)).T, aspect="auto", interpolation="none", cmap="magma")
        above.set_ylabel("unit, sorted by odd laps")
        below.plot(lived / max(lived.sum(), 1), label="life")
        below.plot(dreamt / max(dreamt.sum(), 1), color="C3", label="dreams")
        below.set_xlabel(f"place of the {thing}, bins")
        below.set_ylabel("share of moments")
        below.legend(fontsize=8)
        save_figure(figure, path)
        return path
    for axes, counts, name in zip(figure.subplots(1, 2), (lived, dreamt), ("life", "dreams"), strict=True):
        axes.imshow(np.where(counts > 0, counts, np.nan), interpolation="none", cmap="magma")
        axes.set_title(f"{name}: moments at each place of the {thing}", fontsize=9)
    save_figure(figure, path)
    return path
