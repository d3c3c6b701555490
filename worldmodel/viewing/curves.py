"""A dream of vectors as curves: every entry over time, what happened against what was imagined."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from worldmodel.viewing.dream import Dream

MOST_ENTRIES = 8


def write_curves(dream: Dream, path: Path) -> Path:
    """A PNG at `path`: a column per clip, a row per entry (the first eight), the end of the context marked."""
    clips, _, entries = dream.truth.shape
    rows = min(entries, MOST_ENTRIES)
    figure = Figure(figsize=(3.2 * clips, 1.6 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, clips, squeeze=False, sharex=True)
    for row in range(rows):
        for clip in range(clips):
            axis = axes[row, clip]
            axis.plot(dream.truth[clip, :, row], "k", label="truth")
            axis.plot(dream.reconstruction[clip, :, row], color="tab:green", label="reconstruction")
            axis.plot(dream.imagination[clip, :, row], color="tab:red", linestyle="--", label="imagination")
            axis.axvline(dream.context - 1, color="grey", linewidth=0.8)
        axes[row, 0].set_ylabel(f"entry {row}")
    axes[0, 0].legend(fontsize="x-small")
    figure.supxlabel("step; the grey line ends the context")
    figure.savefig(path, dpi=100)
    return path
