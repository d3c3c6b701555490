"""It learns: a known task to a known score, in the time the README promises."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from worldmodel.running.metrics_file import read_metrics

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_cartpole_from_vectors(tmp_path):
    run = tmp_path / "cartpole"
    began = time.monotonic()
    command = [sys.executable, "train.py", "--config", "configs/cartpole.yaml", "--trainer.run", str(run)]
    subprocess.run([*command, "--trainer.wandb", "off"], cwd=ROOT, check=True, timeout=600)
    seconds = time.monotonic() - began
    scores = [row["evaluation/mean"] for row in read_metrics(run / "metrics.jsonl") if "evaluation/mean" in row]
    assert scores[-1] >= 400 and seconds < 180, f"{scores} after {seconds:.0f} s"
