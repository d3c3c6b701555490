"""Training days of the replay lab as a suite of runs, and what was measured of each subject as JSON files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from worldmodel.atomic import write_whole
from worldmodel.errors import FileError
from worldmodel.studies.benchmark_run import Workplace
from worldmodel.studies.lab_subject import WHOLE, Extent, measure, open_subject
from worldmodel.studies.suites import Cell, Suite, cells_of
from worldmodel.untrusted import read_json

CONFIG = "configs/replay_lab.yaml"
IMAGES = "configs/replay_lab_images.yaml"
"""On top of it: objects are pictures."""
WORLD = "ReplayStory-v0"
RULE = "rule"
UNTRAINED = "untrained"
"""Condition of the subjects of the rule with the weights that they began with."""


@dataclass(frozen=True)
class Days:
    """Who spends which training day.

    subjects: numbers of the subjects of each condition; a number stands for a rule, objects and random numbers.
    conditions: dotted settings of each condition. settings: those of all of them.
    untrained: those who are measured untrained as well.
    configs: configuration files of all of them, each on top of those before it.
    """

    subjects: Mapping[str, range]
    conditions: Mapping[str, dict[str, Any]]
    settings: dict[str, Any] = field(default_factory=dict)
    untrained: range = range(0)
    configs: tuple[str, ...] = (CONFIG,)

    @property
    def suite(self) -> Suite:
        """As a suite."""
        seeds = max(numbers.stop for numbers in self.subjects.values())
        return Suite(self.configs, (WORLD,), arms=dict(self.conditions), seeds=seeds, settings=self.settings)

    @property
    def cells(self) -> list[Cell]:
        """One a subject."""
        return [
            replace(cell, arguments=(*cell.arguments, "--environment.kwargs.subject", str(cell.seed)))
            for cell in cells_of(self.suite)
            if cell.seed in self.subjects[cell.method]
        ]


def measure_days(days: Days, place: Workplace, say: Callable[[str], None], extent: Extent = WHOLE) -> None:
    """Measures every subject that has not been, and the untrained ones beside them."""
    for cell in days.cells:
        conditions = [(cell.method, True)]
        if cell.method == RULE and cell.seed in days.untrained:
            conditions.append((UNTRAINED, False))
        for condition, trained in conditions:
            file = result_file(place, condition, cell.seed)
            if not file.exists():
                found = measure(open_subject(place.run(cell), trained), extent)
                file.parent.mkdir(parents=True, exist_ok=True)
                write_whole(file, json.dumps(found).encode())
                say(f"measured {condition}, subject {cell.seed}")


def result_file(place: Workplace, condition: str, subject: int) -> Path:
    """Where the measurements of one subject lie."""
    return _measured(place, condition) / f"subject-{subject}.json"


def read_measured(place: Workplace, condition: str) -> list[dict[str, Any]]:
    """What was measured under a condition, subject by subject."""
    return sorted(_read(_measured(place, condition).glob("subject-*.json")), key=lambda each: each["subject"])


def _read(files: Iterable[Path]) -> Iterable[dict[str, Any]]:
    for file in files:
        measured = read_json(file)
        if type(measured.get("subject")) is not int:
            raise FileError(f"{file}: holds no measurements of a subject; remove it to measure again")
        yield measured


def _measured(place: Workplace, condition: str) -> Path:
    return place.results / place.name / "measured" / condition
