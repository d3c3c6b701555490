from __future__ import annotations

import json
import math
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning import LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from worldmodel.errors import FileError, StorageError
from worldmodel.running.metrics_file import MetricsFile, read_metrics, truncate_metrics


def logged(directory: Path, steps: int, start: int = 0) -> Path:
    tracker = MetricsFile(directory)
    for step in range(start, start + steps):
        tracker.log_metrics({"loss": 1 / (step + 1), "environment_step": 10 * step, "gradient_step": step})
    return tracker.path


def test_rows_as_they_were_logged(tmp_path: Path) -> None:
    tracker = MetricsFile(tmp_path / "run")
    tracker.log_metrics({"loss": torch.tensor(0.5), "environment_step": 20_000_001, "gradient_step": 3.0}, step=99)
    tracker.log_metrics({"score": np.float32(2.0), "games": 4}, step=7)
    first, second = read_metrics(tracker.path)
    assert list(first) == ["environment_step", "gradient_step", "seconds", "processor_seconds", "loss"]
    assert (first["environment_step"], first["gradient_step"], first["loss"]) == (20_000_001, 3, 0.5)
    assert (second["environment_step"], second["gradient_step"]) == (20_000_001, 7)
    assert (second["score"], second["games"]) == (2.0, 4)
    assert 0 <= first["seconds"] <= second["seconds"]


def test_a_table_is_a_row_of_the_moment_before(tmp_path: Path) -> None:
    tracker = MetricsFile(tmp_path)
    tracker.log_metrics({"environment_step": 40, "gradient_step": 7})
    tracker.log_table("evaluation/scores", ["game", "score"], [[0, 1.5], [1, -2.0]])
    _, row = read_metrics(tracker.path)
    assert (row["environment_step"], row["gradient_step"]) == (40, 7)
    assert row["evaluation/scores"] == [[0, 1.5], [1, -2.0]]


def test_numbers_that_json_lacks(tmp_path: Path) -> None:
    tracker = MetricsFile(tmp_path)
    tracker.log_metrics({"a": math.nan, "b": math.inf, "c": torch.tensor(-math.inf)}, step=1)

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    assert json.loads(tracker.path.read_text(), parse_constant=refuse)["b"] == "Infinity"
    (row,) = read_metrics(tracker.path)
    assert math.isnan(row["a"]) and row["b"] == math.inf and row["c"] == -math.inf


def test_each_row_is_on_the_disk_at_once(tmp_path: Path) -> None:
    tracker = MetricsFile(tmp_path)
    for count in (1, 2, 3):
        tracker.log_metrics({"a": count}, step=count)
        assert len(read_metrics(tracker.path)) == count


def test_nothing_is_written_before_the_first_row(tmp_path: Path) -> None:
    MetricsFile(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_appends_and_its_clock_goes_on(tmp_path: Path) -> None:
    path = logged(tmp_path, 1)
    row = json.loads(path.read_text()) | {"seconds": 1000.0, "processor_seconds": 500.0}
    path.write_text(json.dumps(row) + '\n{"environment_step": 3, "gra')
    assert len(read_metrics(path)) == 1
    tracker = MetricsFile(tmp_path)
    tracker.log_metrics({"a": 1}, step=5)
    rows = read_metrics(path)
    assert [entry["gradient_step"] for entry in rows] == [0, 5]
    assert rows[1]["environment_step"] == 0
    assert 1000 <= rows[1]["seconds"] < 1010
    assert 500 <= rows[1]["processor_seconds"] < 510


def test_truncate_keeps_what_the_checkpoint_has_seen(tmp_path: Path) -> None:
    path = logged(tmp_path, 6)
    before = path.read_bytes().splitlines(keepends=True)
    truncate_metrics(path, 3)
    assert path.read_bytes() == b"".join(before[:4])
    logged(tmp_path, 2, start=4)
    assert [row["gradient_step"] for row in read_metrics(path)] == [0, 1, 2, 3, 4, 5]
    assert [entry.name for entry in tmp_path.iterdir()] == ["metrics.jsonl"]
    truncate_metrics(tmp_path / "missing.jsonl", 3)


def test_damage_is_named(tmp_path: Path) -> None:
    path = logged(tmp_path, 3)
    with pytest.raises(FileError, match=r"missing.jsonl: cannot be read: No such file"):
        read_metrics(tmp_path / "missing.jsonl")
    for damage in (b"{broken\n", b"[1]\n", b"\xff\n"):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(lines[0] + damage + lines[2])
        with pytest.raises(FileError, match=r"metrics.jsonl, line 2: is damaged"):
            read_metrics(path)


def test_a_full_disk_is_a_storage_error(tmp_path: Path) -> None:
    tracker = MetricsFile(tmp_path)
    tracker.log_metrics({"a": 1}, step=1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (tracker.path.stat().st_size + 10, limits[1]))
    try:
        with pytest.raises(StorageError, match=r"metrics.jsonl: cannot be written"):
            tracker.log_metrics({"a": 2}, step=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    MetricsFile(tmp_path).log_metrics({"a": 3}, step=3)
    assert [row["a"] for row in read_metrics(tracker.path)] == [1, 3]


class Counting(LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        # self.log keeps float32, which cannot count beyond 2 ** 24, unless it is given a tensor of float64
        self.log("environment_step", torch.tensor(20_000_001 + index, dtype=torch.float64))
        self.log("gradient_step", torch.tensor(index + 1, dtype=torch.float64))
        self.log("loss", math.nan)
        return self.layer(batch[0]).mean()

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore:`isinstance\\(treespec, LeafSpec\\)` is deprecated:FutureWarning")
def test_behind_a_trainer(tmp_path: Path) -> None:
    tracker = MetricsFile(tmp_path)
    trainer = Trainer(
        max_steps=2,
        accelerator="cpu",
        logger=tracker,
        log_every_n_steps=1,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(Counting(), DataLoader(TensorDataset(torch.ones(2, 1)), batch_size=1))
    rows = read_metrics(tracker.path)
    assert [(row["environment_step"], row["gradient_step"]) for row in rows] == [(20_000_001, 1), (20_000_002, 2)]
    assert all(math.isnan(row["loss"]) and row["epoch"] == 0 for row in rows)
    assert [entry.name for entry in tmp_path.iterdir()] == ["metrics.jsonl"]
