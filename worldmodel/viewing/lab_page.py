"""The page of the replay lab: figure, criteria, controls, and what must be said beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worldmodel.analysis.lab_criteria import Verdict
from worldmodel.viewing.pages import write_html


@dataclass(frozen=True)
class Control:
    """One negative control, in words: what it is, of how many subjects, its effect, and p."""

    name: str
    subjects: int
    mean: str
    p: str


@dataclass(frozen=True)
class LabPage:
    """What is told of the lab.

    figure: address of a picture inside the page.
    true_pairs: steps of the true order that were counted on test days.
    fast: whether this was only to see that all works.
    """

    subjects: int
    true_pairs: int
    figure: str
    verdicts: list[Verdict]
    controls: list[Control]
    command: str
    fast: bool


def write_lab(page: LabPage, path: Path) -> Path:
    """Writes the page at `path`; StorageError where that fails."""
    return write_html("lab.html", path, title="Does the agent replay like a brain?", page=page, data={})
