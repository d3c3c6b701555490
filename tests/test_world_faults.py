"""Worlds that hang, and worlds whose own process dies, in whole runs: the run ends in one line and goes on exactly."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import faulty_worlds
import numpy as np
import pytest
from child import in_child
from exactness import assert_same_run
from rich.console import Console
from tiny_runs import counter_session

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.errors import EnvironmentFailure
from worldmodel.running.metrics_file import read_metrics
from worldmodel.running.run_directory import RunDirectory
from worldmodel.studies.training import resume

ROOT = Path(__file__).parent.parent
TRAINER = {"max_steps": 240, "checkpoint_every": 40, "evaluate_every": 1000, "evaluation_episodes": 1}


def hanging(run: Path, hangs: Path):
    world = {"id": "faulty_worlds:Hanging-v0", "kwargs": {"hangs": str(hangs)}, "step_timeout": 1.0}
    return counter_session(run, environment=world, trainer=TRAINER)


def go_on(run, *words):
    text = io.StringIO()
    resume([str(run)], list(words), Console(file=text, width=200))
    return text.getvalue()


def test_a_run_whose_world_hung_goes_on_exactly_once_it_is_mended(tmp_path, capfd):
    """The third game of each world hangs, at environment step 210 or so."""
    hangs = tmp_path / "hangs"
    whole = hanging(tmp_path / "whole", hangs)
    whole.go()
    hangs.touch()
    assert in_child(lambda: hanging(tmp_path / "hung", hangs).go()) == 4
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("error: environment 'faulty_worlds:Hanging-v0' did not come back from a step within 1 s: ")
    hangs.unlink()
    config = tmp_path / "hung" / "config.yaml"
    assert "does not come back" not in go_on(tmp_path / "hung", "--environment.step_timeout", "5")
    assert "step_timeout: 5.0" in config.read_text()
    assert_same_run(tmp_path / "whole", tmp_path / "hung")


def test_one_that_hangs_again_ends_the_run_again(tmp_path):
    hangs = tmp_path / "hangs"
    hangs.touch()
    assert in_child(lambda: hanging(tmp_path / "hung", hangs).go()) == 4
    # played again from its seed and actions on going on, it is at its first game, and hangs in its third
    assert in_child(lambda: go_on(tmp_path / "hung", "--trainer.max_steps", "400")) == 4
    lock = RunDirectory.open(tmp_path / "hung")
    lock.lock()
    lock.release()


@pytest.mark.slow
def test_a_training_whose_world_hangs_ends_by_itself(tmp_path):
    (tmp_path / "hangs").touch()
    words = [sys.executable, ROOT / "train.py", "--config", ROOT / "configs" / "debug.yaml", "--trainer.run", "run"]
    words += ["--environment.id", "faulty_worlds:Hanging-v0", "--environment.kwargs.hangs", "hangs"]
    words += ["--environment.kwargs.pixels", "false", "--environment.step_timeout", "2", "--trainer.wandb", "offline"]
    words += ["--trainer.checkpoint_every", "50", "--trainer.film", "false"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "HOME": str(tmp_path)}
    # stderr to a file: W&B's own process, which ends by itself, may hold a pipe open for some seconds longer
    with (tmp_path / "err").open("w") as err:
        ended = subprocess.run(list(map(str, words)), cwd=tmp_path, env=environment, stderr=err, timeout=120)
    assert ended.returncode == 4
    (line,) = (tmp_path / "err").read_text().splitlines()
    assert line.startswith("error: environment 'faulty_worlds:Hanging-v0' did not come back from a step within 2 s")
    (tmp_path / "hangs").unlink()
    again = [sys.executable, ROOT / "train.py", "--resume", "run"]
    ended = subprocess.run(list(map(str, again)), cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "") and "does not come back" not in ended.stdout
    deadline = time.monotonic() + 30
    while (left := [p for p in Path("/proc").glob("[0-9]*/cmdline") if str(tmp_path) in _text(p)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.2)
    assert not left


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def test_the_process_of_a_world_is_killed():
    worlds = make_worlds(EnvironmentSettings(id="faulty_worlds:Bridged-v0"), 2, evaluation=False)
    worlds.reset([1, 2])
    for _ in range(3):
        worlds.step(np.array([0, 1]))
    simulator = worlds._games.envs[1].unwrapped.simulator
    os.kill(simulator.pid, signal.SIGKILL)
    simulator.wait()
    gone = "'faulty_worlds:Bridged-v0' broke in step: (BrokenPipeError|EOFError|ConnectionResetError): "
    with pytest.raises(EnvironmentFailure, match=gone):
        worlds.step(np.array([0, 1]))
    worlds.close()
    assert all(env.unwrapped.simulator.returncode is not None for env in worlds._games.envs)


def test_a_run_whose_world_lost_its_process_goes_on_exactly(tmp_path):
    environment = {"id": "faulty_worlds:Bridged-v0", "kwargs": {"length": 40, "pixels": True}}
    counter_session(tmp_path / "whole", environment=environment, trainer=TRAINER).go()
    session = counter_session(tmp_path / "lost", environment=environment, trainer=TRAINER)
    assert isinstance(session.acting.worlds._games.envs[1].unwrapped, faulty_worlds.Bridged)
    live = session.acting.live

    def living(agent):
        live(agent)
        if session.data.buffer.environment_steps >= 170:
            session.acting.worlds._games.envs[1].unwrapped.simulator.kill()

    session.acting.live = living
    with pytest.raises(EnvironmentFailure, match="broke in step"):
        session.go()
    assert "does not come back" not in go_on(tmp_path / "lost")
    assert_same_run(tmp_path / "whole", tmp_path / "lost")


def flaky(run, restarts):
    kwargs = {"length": 12, "pixels": True, "at": 7}
    environment = {"id": "faulty_worlds:Flaky-v0", "kwargs": kwargs, "restarts": restarts}
    return counter_session(run, environment=environment, trainer=TRAINER | {"evaluate_every": 100})


def test_a_run_lives_with_a_world_that_breaks_now_and_then(tmp_path):
    session = flaky(tmp_path / "run", 20)
    recorded = []
    record = session.data.buffer.record
    session.data.buffer.record = lambda step, only=None: (recorded.append(step), record(step, only))
    session.go()
    buffer = session.data.buffer
    rows = np.concatenate([chunk.rows[: len(chunk)] for chunk in (*buffer.store.closed, *buffer.store.open)])
    broken = rows[rows["truncated"] & (rows["step"] == 7)]
    assert session.acting.restarts + session.acting.worlds.restarts == len(broken) > 2
    # nothing was made up: every row but the first of an episode paid 1, and none follows the broken one
    assert (rows["reward"][~rows["first"]] == 1).all() and (rows["step"][rows["terminated"]] == 12).all()
    assert (broken["reward"] == 1).all() and not broken["terminated"].any()
    assert set(session.acting.scores) == {12.0} and session.score.mean == 12
    counted = [row.get("environment/restarts", 0) for row in read_metrics(tmp_path / "run" / "metrics.jsonl")]
    assert max(counted) > 2


def test_it_goes_on_exactly_too(tmp_path):
    flaky(tmp_path / "whole", 20).go()
    session = flaky(tmp_path / "killed", 20)
    live = session.acting.live

    def living(agent):
        live(agent)
        if session.data.buffer.environment_steps >= 150:
            os.kill(os.getpid(), signal.SIGKILL)

    session.acting.live = living
    assert in_child(session.go) == -signal.SIGKILL
    session.close()
    assert "does not come back" not in go_on(tmp_path / "killed")
    assert_same_run(tmp_path / "whole", tmp_path / "killed")


def test_without_restarts_it_ends_the_run(tmp_path):
    with pytest.raises(EnvironmentFailure, match="broke in step: ConnectionResetError: the simulator crashed"):
        flaky(tmp_path / "run", 0).go()
