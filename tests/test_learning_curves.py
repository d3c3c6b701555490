"""It learns: a known task to a known score, in the time the README promises."""

import json
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
    # the best checkpoint was chosen on other games than these
    evaluate = [sys.executable, "-m", "worldmodel", "evaluate", str(run), "--checkpoint", "best", "--episodes", "50"]
    score = json.loads(subprocess.run([*evaluate, "--json"], cwd=ROOT, check=True, capture_output=True).stdout)
    curve = [row["evaluation/mean"] for row in read_metrics(run / "metrics.jsonl") if "evaluation/mean" in row]
    assert score["mean"] >= 400 and seconds < 180, f"{score['mean']}, {curve} after {seconds:.0f} s"
