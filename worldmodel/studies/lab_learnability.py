"""How the replay lab depends on the number of sets that the rule is learned from, at equal gradient steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from worldmodel.atomic import write_whole
from worldmodel.errors import AnalysisError
from worldmodel.studies.benchmark_run import Workplace
from worldmodel.studies.lab_days import Days, read_measured
from worldmodel.viewing.lab_plots import draw_learnability

SHARE = "0.5"
"""Share of imagination in the rest after which decisions are asked for."""


@dataclass(frozen=True)
class Learnability:
    """How large the comparison is.

    sets: numbers of sets of objects that are compared. seeds: subjects of each, the same ones.
    first: number of the first subject.
    """

    sets: tuple[int, ...]
    seeds: int = 3
    first: int = 0

    @property
    def days(self) -> Days:
        """Its training days."""
        conditions: dict[str, dict[str, Any]] = {
            _condition(number): {"environment.kwargs.sets": number} for number in self.sets
        }
        every = range(self.first, self.first + self.seeds)
        return Days(dict.fromkeys(conditions, every), conditions)


def report_learnability(asked: Learnability, place: Workplace, command: str, say: Callable[[str], None]) -> Path:
    """Says what was measured for each number of sets, and writes curve and numbers beside it; the picture's path."""
    folder = place.results / place.name
    found = [_curve_point(number, read_measured(place, _condition(number))) for number in sorted(asked.sets)]
    for point in found:
        say(
            f"{point['sets']} sets, {len(point['subjects'])} subjects: {np.mean(point['query']):.1%} right after share "
            f"{SHARE}, D at lag 1 {np.nanmean(np.array(point['forward'], float)):+.3f}"
        )
    write_whole(folder.with_suffix(".json"), json.dumps({"command": command, "points": found}, indent=1).encode())
    draw_learnability(
        [point["sets"] for point in found],
        [np.array(point["query"], float) for point in found],
        [np.array(point["forward"], float) for point in found],
        folder,
    )
    return folder.with_suffix(".png")


def _curve_point(number: int, subjects: list[dict[str, Any]]) -> dict[str, Any]:
    """What C6 and C1 ask for, subject by subject; no D (None) where too few objects were dreamt of."""
    if not subjects:
        raise AnalysisError(f"no subject of {number} sets has been measured; run the replay lab first")
    return {
        "sets": number,
        "subjects": [each["subject"] for each in subjects],
        "query": [each["query"][SHARE] for each in subjects],
        "forward": [each["sequenceness"]["rest 1, imagined"]["true"][0] for each in subjects],
    }


def _condition(sets: int) -> str:
    return f"sets-{sets}"
