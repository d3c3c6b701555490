"""The analysis of a run as one page: for each question what was found, in a sentence, a table and a drawing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worldmodel.viewing.pages import write_html


@dataclass(frozen=True)
class Part:
    """One question and its answer.

    key: of the part, unique on the page.
    question: as its title.
    says: what was found, in plain sentences.
    limits: what this does not say.
    null: what chance is here.
    columns, rows: of the table.
    figures: what is drawn, plain types, by kind (see `analysis.js`).
    tests: p of every claim that the sentences make or do without, by what is asked.
    found: all numbers, plain types, for the JSON.
    missing: why there is no answer; all else but the question is empty then.
    """

    key: str
    question: str
    says: str = ""
    limits: str = ""
    null: str = ""
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    tests: dict[str, float] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    missing: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain types: the sentences and all numbers, or why there are none."""
        if self.missing:
            return {"left_out": self.missing}
        return {"says": self.says, "does_not_say": self.limits, "null": self.null, **self.found}


@dataclass(frozen=True)
class AnalysisPage:
    """What a page tells: title, (name, text) about the run, the parts, and the command that makes it again."""

    title: str
    facts: list[tuple[str, str]]
    parts: list[Part]
    command: str


def write_analysis(page: AnalysisPage, path: Path) -> Path:
    """Writes the page at `path`; StorageError where that fails."""
    data = {part.key: part.figures for part in page.parts}
    return write_html("analysis.html", path, title=page.title, page=page, data=data)
