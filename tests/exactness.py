"""Whether two runs are the same run, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from worldmodel.running.checkpoints import load_checkpoint
from worldmodel.running.metrics_file import read_metrics

TIMES = ("seconds", "processor_seconds", "speed/", "evaluation/seconds", "evaluation/processor_seconds")


def record(run: Path) -> list[dict[str, Any]]:
    """The rows of metrics without what no two runs share; NaN as text, so that it equals itself."""
    kept = [{k: v for k, v in row.items() if not k.startswith(TIMES)} for row in read_metrics(run / "metrics.jsonl")]
    return [{k: "NaN" if v != v else v for k, v in row.items()} for row in kept]


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two trees of plain values, tensors and arrays are not identical; NaN equals itself."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [found for key in one for found in differences(one[key], other[key], f"{place}.{key}")]
    if isinstance(one, (list, tuple)) and type(one) is type(other) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for i, (a, b) in pairs for found in differences(a, b, f"{place}.{i}")]
    if isinstance(one, (torch.Tensor, np.ndarray)):
        a, b = torch.as_tensor(one), torch.as_tensor(other)
        same = a.dtype == b.dtype and a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())
        return [] if same else [place]
    return [] if type(one) is type(other) and one == other else [place]


def assert_same_run(one: Path, other: Path) -> None:
    """Weights, optimizer, recorded life, random states, open games, counters, and every row of metrics."""
    checkpoints = [load_checkpoint(run / "checkpoints" / "last") for run in (one, other)]
    for checkpoint in checkpoints:
        del checkpoint["loops"], checkpoint["epoch"]  # Lightning's counters say that there was an interruption
    rows = [record(run) for run in (one, other)]
    files = [sorted(path.name for path in (run / "experience").iterdir()) for run in (one, other)]
    for one_half, other_half in (checkpoints, files):
        assert not (found := differences(one_half, other_half)), found
    for row, other_row in zip(*rows, strict=True):
        unlike = {k: (row.get(k), other_row.get(k)) for k in row | other_row if row.get(k) != other_row.get(k)}
        assert not unlike, unlike
