"""Files of every release load for ever after: runs, checkpoints, recorded life, results."""

import io
import json
import shutil
from pathlib import Path

import pytest
from counter_env import register_counter
from make_golden import opinions
from rich.console import Console

import worldmodel
from worldmodel.memory import open_experience
from worldmodel.running.metrics_file import read_metrics
from worldmodel.running.run_directory import RunDirectory
from worldmodel.studies.cell_results import read_result
from worldmodel.studies.replay_lab import gather
from worldmodel.studies.training import resume
from worldmodel.untrusted import read_json

RELEASES = sorted((Path(__file__).parent / "golden").iterdir())
pytestmark = pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)


def expected(release):
    return json.loads((release / "expected.json").read_text())


def test_the_release_is_kept(release):
    assert worldmodel.__version__ in [path.name for path in RELEASES]
    assert sum(path.stat().st_size for path in release.rglob("*") if path.is_file()) < 300_000


def test_the_agent_thinks_what_it_thought(release):
    assert opinions(release / "run") == pytest.approx(expected(release)["opinions"], rel=1e-4)


def test_the_recorded_life_is_what_happened(release):
    life = open_experience(release / "run")
    assert (len(life), life.environment_steps) == (expected(release)["rows"], expected(release)["environment_steps"])
    chunk = life.store._lanes[0][0]
    assert chunk.frames.frames[: len(chunk), 0, 0, 1].tolist() == chunk.rows["step"].tolist()


def test_rows_settings_and_results_are_read(release):
    run = RunDirectory.open(release / "run")
    assert read_metrics(run.metrics)[-1]["gradient_step"] == expected(release)["gradient_steps"]
    assert run.settings().environment.id == run.spec().environment == "Returning-v0"
    assert [each.environment_step for each in read_result(release / "seed-0.json").evaluations] == [100, 130]
    assert gather([read_json(release / "subject.json")]).effects


def test_it_is_gone_on_with(release, tmp_path):
    register_counter()
    run = shutil.copytree(release / "run", tmp_path / "run")
    text = io.StringIO()
    resume([str(run)], ["--trainer.max_steps", "150"], Console(file=text))
    assert "do not come back" not in text.getvalue() and "does not come back" not in text.getvalue()
    assert read_metrics(run / "metrics.jsonl")[-1]["environment_step"] == 150
