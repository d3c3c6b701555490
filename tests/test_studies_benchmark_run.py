"""Running a suite: what is done is not run again, what was broken off goes on, other settings are never mixed in."""

import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from test_studies_cell_results import example

from worldmodel.errors import CellsFailed, FileError
from worldmodel.studies.benchmark_run import Pool, Workplace, commands, run_suite
from worldmodel.studies.cell_results import read_results, write_result
from worldmodel.studies.suites import Suite, cells_of

ROOT = Path(__file__).parent.parent


@pytest.fixture
def suite(monkeypatch):
    monkeypatch.chdir(ROOT)
    return Suite(config=("configs/debug.yaml",), games=("CartPole-v1",), shares=(0.0, 1.0), seeds=1)


@pytest.fixture
def place(tmp_path):
    return Workplace("suite", tmp_path / "runs", tmp_path / "results")


def test_a_cell_with_a_result_is_done(suite, place):
    first, second = cells_of(suite)
    assert len(commands([first, second], place)) == 2
    write_result(example(settings_hash=first.settings_hash), place.result(first))
    (left,) = commands([first, second], place)
    assert str(place.run(second)) in left


def test_a_result_of_other_settings_is_refused(suite, place):
    first, second = cells_of(suite)
    write_result(example(settings_hash="another"), place.result(second))
    with pytest.raises(FileError, match=r"share-1/seed-0\.json: was made with other settings"):
        commands([first, second], place)


def test_threads_are_divided(place, monkeypatch):
    monkeypatch.setattr("worldmodel.studies.benchmark_run.available_cores", lambda: 8)
    assert [Pool(place, jobs, 0, []).threads for jobs in (1, 3, 8, 100)] == [8, 2, 1, 1]


def test_cells_that_were_stopped_are_not_counted_as_done(suite, place):
    pool = Pool(place, 1, 5, cells_of(suite))  # three have been done before
    pool.step()
    pool.stop()
    assert pool.title().startswith("suite: 3/5 cells done") and pool.table().row_count == 0


def test_a_cell_that_fails_is_named_and_the_others_are_run(suite, place):
    broken, fine = cells_of(replace(suite, settings={"trainer.max_steps": 112, "trainer.prefill": 100}))
    broken = replace(broken, arguments=(*broken.arguments, "--agent.horizont", "3"))
    with pytest.raises(CellsFailed, match="share-0/seed-0: failed, see"):
        run_suite(suite, [broken, fine], place, 2, Console(quiet=True))
    assert "horizont" in Path(f"{place.run(broken)}.log").read_text()
    (found,) = read_results(place.results)
    assert (found.method, found.last.environment_step) == ("share-1", 112)


def test_elsewhere_than_on_a_terminal_every_end_is_a_line(suite, place, monkeypatch):
    """Both cells have ended after the second look; nothing is really run."""
    looks = iter([True, True, False])

    def step(pool):
        pool.finished = pool.finished + 1 if pool.waiting else 2
        pool.waiting = pool.waiting[1:]
        return next(looks)

    monkeypatch.setattr(Pool, "step", step)
    monkeypatch.setattr("worldmodel.studies.benchmark_run.LOOK_EVERY", 0)
    said = io.StringIO()
    run_suite(suite, cells_of(suite), place, 1, Console(file=said, force_terminal=False, width=200))
    assert "suite: 1/2 cells done" in said.getvalue() and "suite: 2/2 cells done" in said.getvalue()


@pytest.mark.slow
def test_a_suite_can_be_stopped_and_gone_on_with_and_reported(tmp_path):
    words = [sys.executable, "-m", "worldmodel", "benchmark"]
    where = ["--results", str(tmp_path / "results")]
    run = [*words, "run", "configs/suites/smoke.yaml", "--jobs", "2", "--runs", str(tmp_path / "runs"), *where]
    process = subprocess.Popen(run, cwd=ROOT)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "results").rglob("seed-*.json")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    early = {file: file.stat().st_mtime_ns for file in (tmp_path / "results").rglob("seed-*.json")}
    assert 0 < len(early) < 9
    subprocess.run(run, cwd=ROOT, check=True, timeout=300)
    found = read_results(tmp_path / "results")
    assert len(found) == 9 and len({(each.method, each.seed) for each in found}) == 9
    assert all(file.stat().st_mtime_ns == before for file, before in early.items())
    text = subprocess.run(
        [*words, "report", "configs/suites/smoke.yaml", *where], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert "CartPole-v1: share-0.5 scores higher than share-1 at equal wall time" in text
    assert json.loads((tmp_path / "results" / "smoke" / "report.json").read_text())["scores"]["CartPole-v1"]
