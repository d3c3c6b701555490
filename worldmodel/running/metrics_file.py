"""Our own record of a run: every logged number as one line of JSON in `metrics.jsonl`."""

from __future__ import annotations

import json
import math
import os
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from worldmodel.errors import FileError, StorageError
from worldmodel.fault_points import fault_point
from worldmodel.untrusted import parse_json

FILE_NAME = "metrics.jsonl"
COUNTERS = ("environment_step", "gradient_step", "seconds", "processor_seconds")


class MetricsFile(Logger):
    """Appends what Lightning logs to RUN/metrics.jsonl, flushed line by line, also when a run is resumed.

    Each line begins with "environment_step" and "gradient_step", which callers put among the metrics (else Lightning's
    own step is taken, or what the line before had), "seconds" since the run was put together, and "processor_seconds",
    those that its process had a processor for, all threads together; both with those of earlier sessions. JSON has no
    NaN and infinities; they are written as "NaN", "Infinity" and "-Infinity".
    """

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.path = directory / FILE_NAME
        self._environment_step: Any = None
        self._gradient_step: Any = None
        self._began, self._began_working = time.monotonic(), time.process_time()
        self._start: float | None = None
        self._worked_before = 0.0

    @property
    def name(self) -> str:
        """What Lightning calls this logger."""
        return "metrics"

    @property
    def version(self) -> str:
        """Empty; a run directory holds one run."""
        return ""

    @property
    def save_dir(self) -> str:
        """The run directory."""
        return str(self.path.parent)

    @rank_zero_only
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Do nothing; the settings of a run are in its config.yaml."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Append one line; raises StorageError where the disk is full or the folder cannot be written."""
        try:
            if self._start is None:
                self._continue()
            row = self._row(dict(metrics), step)
            with self.path.open("a", encoding="utf-8") as file:
                fault_point("metrics.row")
                file.write(json.dumps(row, allow_nan=False) + "\n")
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be written: {error.strerror}") from error

    def log_table(self, name: str, columns: Sequence[str | int], rows: list[list[Any]]) -> None:
        """Append one line with the rows of a table, such as the score of every game of an evaluation."""
        self.log_metrics({name: rows})

    def _continue(self) -> None:
        """Find where an earlier session ended, and cut off a line that it did not finish."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        last = _cut(self.path) if self.path.exists() else {}
        self._environment_step = last.get("environment_step")
        self._gradient_step = last.get("gradient_step")
        self._start = self._began - last.get("seconds", 0.0)
        self._worked_before = last.get("processor_seconds", 0.0)

    def _row(self, metrics: dict[str, Any], step: int | None) -> dict[str, Any]:
        assert self._start is not None
        numbers = {key: _number(value) for key, value in metrics.items()}
        self._environment_step = numbers.pop("environment_step", self._environment_step)
        self._gradient_step = numbers.pop("gradient_step", self._gradient_step if step is None else step)
        return {
            "environment_step": _whole(self._environment_step),
            "gradient_step": _whole(self._gradient_step),
            "seconds": round(time.monotonic() - self._start, 3),
            "processor_seconds": round(self._worked_before + time.process_time() - self._began_working, 3),
            **numbers,
        }


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """All rows of a metrics file, NaN and infinities as floats again; a last line that was cut short is left out.

    Raises FileError where the file is missing or a line in it is damaged.
    """
    return [{key: _restored(value) for key, value in row.items()} for _, row in _lines(path)]


def truncate_metrics(path: Path, gradient_step: int) -> None:
    """Drop what was logged after a gradient step, before a run goes on from an older checkpoint.

    Does nothing where there is no file. Raises FileError where a line is damaged, StorageError where writing fails.
    """
    if path.exists():
        try:
            _cut(path, gradient_step)
        except OSError as error:
            raise StorageError(f"{path}: cannot be written: {error.strerror}") from error


def _cut(path: Path, gradient_step: float = math.inf) -> dict[str, Any]:
    """Leave the rows up to a gradient step, without a line that was not finished; gives the last of them.

    The file is never held as a whole, because the record of a long run is large.
    """
    size, last = 0, {}
    for line, row in _lines(path):
        if (row.get("gradient_step") or 0) > gradient_step:
            break
        size, last = size + len(line), row
    if size < path.stat().st_size:
        os.truncate(path, size)
    return last


def _lines(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each whole line as it stands and as it reads."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                yield line, _read(line, f"{path}, line {number}")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error


def _read(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = parse_json(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not all(_counts(row.get(name)) for name in COUNTERS):
        raise FileError(f"{place}: is damaged; remove that line")
    return row


def _counts(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _number(value: Any) -> Any:
    """A number as JSON has it, from a number, a numpy scalar or a tensor of one element; all else as it is."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _whole(value: Any) -> Any:
    """Counts that went through Lightning come back as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _restored(value: Any) -> Any:
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value
