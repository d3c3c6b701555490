"""How far a run was when a checkpoint was made: its counters, read without loading any weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worldmodel.errors import FileError
from worldmodel.running.checkpoints import STATE, whole_checkpoint
from worldmodel.running.metrics_file import FILE_NAME, read_metrics
from worldmodel.untrusted import read_json


@dataclass(frozen=True)
class Reached:
    """Steps so far.

    environment_steps: lived, or recorded in the experience that was learned from; None where nobody wrote it down.
    gradient_steps: of the optimizer.
    """

    environment_steps: int | None
    gradient_steps: int


def reached_by(checkpoint: Path) -> Reached:
    """The counters of the checkpoint folder `checkpoint`; FileError where they cannot be read.

    Where it holds no recorded life, the metrics of its run say how many environment steps had been lived.
    """
    try:
        state = read_json(whole_checkpoint(checkpoint) / STATE)
        gradient_steps = int(state["global_step"])
        recorded = state.get("ReplayData", {}).get("buffer", {}).get("environment_steps")
    except (FileError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise FileError(f"{checkpoint}: its {STATE} cannot be read ({error}); use another checkpoint") from error
    if recorded is None:
        recorded = reached_in_metrics(checkpoint.parent.parent, gradient_steps).environment_steps
    return Reached(recorded, gradient_steps)


def reached_in_metrics(run: Path, gradient_steps: int | None = None) -> Reached:
    """The newest counters in the metrics of the run directory `run`, or the newest up to `gradient_steps`."""
    newest = Reached(None, 0)
    for row in metrics_so_far(run):
        step = row.get("gradient_step") or 0
        if gradient_steps is None or step <= gradient_steps:
            newest = Reached(row.get("environment_step"), step)
    return newest


def metrics_so_far(run: Path) -> list[dict[str, Any]]:
    """All rows of the metrics of the run directory `run`, none where nothing was logged yet."""
    path = run / FILE_NAME
    return read_metrics(path) if path.exists() else []
