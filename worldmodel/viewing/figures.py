"""Figures as files: a figure drawn again is the same file again, so that a repeated report changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from worldmodel.errors import StorageError

DPI = 140


def save_figure(figure: Figure, *paths: Path) -> None:
    """Writes a figure to each of `paths` (PNG or SVG by their endings), and makes their folders.

    Neither date nor random names are written into a drawing. Raises StorageError where a file cannot be written.
    """
    for path in paths:
        kind = path.suffix[1:]
        only_svg: dict[str, Any] = {"metadata": {"Date": None}} if kind == "svg" else {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with matplotlib.rc_context({"svg.hashsalt": path.stem}):
                figure.savefig(path, dpi=DPI, format=kind, **only_svg)
        except OSError as error:
            raise StorageError(f"{path}: cannot be written: {error.strerror}; choose another folder") from error


def picture_and_drawing(stem: Path) -> tuple[Path, Path]:
    """`stem`.png and `stem`.svg."""
    return stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.svg")
