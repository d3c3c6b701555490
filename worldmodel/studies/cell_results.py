"""What a cell of a suite gave, as one JSON file that can be exchanged: every score, and all it depends on."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, get_type_hints

import numpy as np

from worldmodel.atomic import write_whole
from worldmodel.configuration.values import convert
from worldmodel.errors import FileError
from worldmodel.running.metrics_file import read_metrics
from worldmodel.running.run_directory import RunDirectory
from worldmodel.studies.suites import Cell
from worldmodel.untrusted import read_json

FORMAT = 1
Clock = Literal["wall", "processor"]
PACKAGES = ("worldmodel", "torch", "lightning", "gymnasium", "ale-py", "minatar", "numpy")


@dataclass(frozen=True)
class Evaluation:
    """Scores of whole games at one moment of a run.

    wall_seconds: since learning began, evaluations left out.
    scores: of every game, unclipped.
    processor_seconds: those of them that the run had a processor for, which do not hang on what else ran beside; None
        in results of releases that did not measure it.
    """

    environment_step: int
    gradient_step: int
    wall_seconds: float
    scores: list[float]
    processor_seconds: float | None = None

    @property
    def mean(self) -> float:
        """Mean score."""
        return sum(self.scores) / len(self.scores)


@dataclass(frozen=True)
class CellResult:
    """One finished cell: where it belongs, what was measured, and on what."""

    suite: str
    game: str
    method: str
    share: float
    seed: int
    settings_hash: str
    evaluations: list[Evaluation]
    wall_seconds: float
    protocol: dict[str, Any]
    machine: str
    versions: dict[str, str]

    @property
    def last(self) -> Evaluation:
        """The evaluation at the end of the run."""
        return self.evaluations[-1]

    def seconds(self, clock: Clock) -> list[float]:
        """Learning time of every evaluation by one of the two clocks, empty where it was not measured."""
        found = [getattr(evaluation, f"{clock}_seconds") for evaluation in self.evaluations]
        return [] if None in found else found

    def score_at(self, seconds: float, clock: Clock = "wall") -> float:
        """Mean score after so much learning, on a line between the evaluations before and after.

        Before the first and after the last evaluation it is theirs.
        """
        return float(np.interp(seconds, self.seconds(clock), [evaluation.mean for evaluation in self.evaluations]))


def collect(suite: str, cell: Cell, run: RunDirectory) -> CellResult:
    """The result of a run that is done; FileError where its metrics hold no evaluation."""
    rows = read_metrics(run.metrics)
    evaluations, evaluating, working = [], 0.0, 0.0
    for row in rows:
        evaluating += row.get("evaluation/seconds", 0.0)
        working += row.get("evaluation/processor_seconds", 0.0)
        if "evaluation/scores" in row:
            scores = [score for _, score in row["evaluation/scores"]]
            processor = row["processor_seconds"] - working if "processor_seconds" in row else None
            at = (row["environment_step"], row["gradient_step"], row["seconds"] - evaluating)
            evaluations.append(Evaluation(*at, scores, processor))
    if not evaluations:
        raise FileError(f"{run.metrics}: holds no evaluation; remove {run.path} to run the cell again")
    return CellResult(
        suite=suite,
        game=cell.game,
        method=cell.method,
        share=cell.share,
        seed=cell.seed,
        settings_hash=cell.settings_hash,
        evaluations=evaluations,
        wall_seconds=rows[-1]["seconds"] - evaluating,
        protocol=run.spec().protocol,
        machine="; ".join(run.machines()),
        versions={"python": platform.python_version(), **_versions()},
    )


def write_result(result: CellResult, file: Path) -> None:
    """Writes the file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, (json.dumps({"format": FORMAT, **asdict(result)}, indent=1) + "\n").encode())


def read_result(file: Path) -> CellResult:
    """The inverse; FileError where the file is damaged or of another format."""
    try:
        data = read_json(file)
        if data.pop("format") != FORMAT:
            raise ValueError("written by another version")
        evaluations = [_checked(Evaluation, each) for each in data.pop("evaluations")]
        if not evaluations or not all(each.scores for each in evaluations):
            raise ValueError("it holds no scores")
        return _checked(CellResult, data, evaluations=evaluations)
    except (FileError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{file}: is not a result of a suite ({error}); remove it to run the cell again") from error


def read_results(folder: Path) -> list[CellResult]:
    """All results beneath `folder`, in the order of their paths; FileError where there are none."""
    found = [read_result(file) for file in sorted(folder.rglob("seed-*.json"))]
    if not found:
        raise FileError(f"{folder}: holds no results; run the suite first: python -m worldmodel benchmark run SUITE")
    return found


def _checked(kind: type[Any], data: dict[str, Any], **parts: Any) -> Any:
    """A dataclass of plain data, each field of its type; ValueError or TypeError where one is not."""
    hints = get_type_hints(kind)
    return kind(**{name: convert(hints[name], value) for name, value in data.items()}, **parts)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
