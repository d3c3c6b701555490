"""A dream of vectors as curves: every entry over time, what happened against what was imagined."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from worldmodel.viewing.dream import Dream
from worldmodel.viewing.figures import save_figure

MOST_ENTRIES = 8
LOOKING, DREAMING = "tab:green", "tab:red"


def write_curves(dream: Dream, path: Path) -> Path:
    """A PNG at `path`: a column per clip, a row per entry (the first eight), the dream on a red ground."""
    clips, length, entries = dream.truth.shape
    rows = min(entries, MOST_ENTRIES)
    figure = Figure(figsize=(1 + 3 * clips, 1 + 1.5 * rows), layout="constrained")
    # one scale for all clips of an entry, or a small error in a quiet clip would look large
    axes = figure.subplots(rows, clips, squeeze=False, sharex=True, sharey="row")
    # the dream leaves the reconstruction at the last moment that was looked at
    dreamt = range(dream.context - 1, length)
    for row in range(rows):
        for clip in range(clips):
            axis = axes[row, clip]
            axis.axvspan(0, dream.context - 1, color=LOOKING, alpha=0.12, linewidth=0)
            axis.axvspan(dream.context - 1, length - 1, color=DREAMING, alpha=0.07, linewidth=0)
            axis.plot(dream.truth[clip, :, row], "k", label="truth")
            axis.plot(dream.reconstruction[clip, :, row], color=LOOKING, label="reconstruction")
            axis.plot(dreamt, dream.imagination[clip, dreamt, row], "--", color=DREAMING, label="imagination")
            axis.margins(x=0)
        axes[row, 0].set_ylabel(f"entry {row}")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    shown = "" if rows == entries else f"; the first {rows} of {entries} entries"
    figure.supxlabel(f"step; green ground: looking, red ground: dreaming{shown}", fontsize="medium")
    save_figure(figure, path)
    return path
