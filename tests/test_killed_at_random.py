"""Commands as a person types them, killed with SIGKILL whenever chance says, gone on with until they are done."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from exactness import assert_same_run

ROOT = Path(__file__).parent.parent
DEBUG = ("--config", str(ROOT / "configs" / "debug.yaml"))
SMALL = ("--environment.max_episode_steps", "400", "--trainer.evaluation_episodes", "1")
WORLDS = {
    "CartPole": ("--environment.id", "CartPole-v1"),
    "MinAtar": ("--environment.id", "MinAtar/Breakout", "--environment.sticky_actions", "0.1"),
    "Atari": (
        *("--config", str(ROOT / "configs" / "size" / "tiny.yaml")),
        *("--environment.id", "ALE/Breakout-v5", "--environment.sticky_actions", "0.25"),
    ),
}
pytestmark = pytest.mark.slow


def begin(arguments, temporary=None):
    environment = os.environ | ({"TMPDIR": str(temporary)} if temporary else {})
    words = [sys.executable, ROOT / "train.py", *map(str, arguments)]
    return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def wait_for(condition, process, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)


def test_killed_until_it_is_done(tmp_path):
    """At least eight kills at random moments, half of them soon after a checkpoint was begun; TMPDIR elsewhere."""
    chance, elsewhere = random.Random(0), Path("/dev/shm") / f"worldmodel-{os.getpid()}"
    elsewhere.mkdir()
    budget = ("--trainer.checkpoint_every", 60, "--trainer.max_steps", 1300, "--trainer.evaluate_every", 400)
    whole, run = tmp_path / "whole", tmp_path / "run"
    assert begin([*DEBUG, *SMALL, *budget, "--trainer.run", whole]).wait(300) == 0
    arguments, kills = [*DEBUG, *SMALL, *budget, "--trainer.run", run], 0
    while True:
        process = begin(arguments, elsewhere)
        saved = time.time()
        if kills < 8:
            wait_for(lambda saved=saved: _newest(run) > saved, process)
            time.sleep(chance.random() * (0.02 if kills % 2 else 0.4))
            process.send_signal(signal.SIGKILL)
        code = process.wait(300)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        arguments = ["--resume", run]
    assert kills == 8
    assert_same_run(whole, run)
    assert [path for path in run.rglob("*") if path.name.startswith(".")] == []
    assert list(elsewhere.iterdir()) == []
    elsewhere.rmdir()


def _newest(run: Path) -> float:
    """When something was last written into the folder of checkpoints; 0 before there is one."""
    checkpoints = run / "checkpoints"
    return checkpoints.stat().st_mtime if (checkpoints / "last").exists() else 0.0


@pytest.mark.parametrize("name", WORLDS)
def test_real_worlds_go_on_in_mid_episode(name, tmp_path):
    """Killed after a checkpoint, and then stopped by a signal; sticky actions, lost lives, games of any length."""
    budget = ("--trainer.checkpoint_every", 40, "--trainer.max_steps", 420, "--trainer.prefill", 200)
    words = [*DEBUG, *SMALL, *WORLDS[name], *budget, "--trainer.precision", "32-true"]
    whole, run = tmp_path / "whole", tmp_path / "run"
    assert begin([*words, "--trainer.run", whole]).wait(600) == 0
    process = begin([*words, "--trainer.run", run])
    wait_for(lambda: (run / "checkpoints" / "previous").exists(), process, 300)
    process.kill()
    process.wait(20)
    process = begin(["--resume", run])
    before = _newest(run)
    wait_for(lambda: _newest(run) > before, process, 300)
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 143
    assert begin(["--resume", run]).wait(600) == 0
    assert_same_run(whole, run)
