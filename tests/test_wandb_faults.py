"""Weights & Biases that dies or does not answer, in trainings of their own: the run ends well, with one line."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from worldmodel.running.metrics_file import read_metrics

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow
AT_START, AT_END = 10.0, 10.0
"""Seconds by which W&B may hold up a run."""


def training(folder: Path, mode: str, steps: int = 300, **variables: str) -> subprocess.Popen:
    """A tiny CartPole run in a process of its own, which finds no key but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB") and name != "NETRC"}
    words = [sys.executable, ROOT / "train.py", "--config", ROOT / "configs" / "debug.yaml", "--trainer.film", "false"]
    words += ["--trainer.run", folder / "run", "--trainer.wandb", mode, "--trainer.max_steps", str(steps)]
    environment = {**kept, "HOME": str(folder), "PYTHONPATH": str(ROOT), **variables}
    # files, because W&B's own process may hold a pipe open for some seconds longer
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        return subprocess.Popen(list(map(str, words)), cwd=folder, env=environment, stdout=out, stderr=err)


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def children(process: int) -> list[int]:
    """Processes that this one began and that live."""
    tasks = Path(f"/proc/{process}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def ours(folder: Path) -> list[str]:
    """What was said on stderr, without the notices of wandb itself."""
    return [line for line in (folder / "err").read_text().splitlines() if not line.startswith(("wandb:", "\x1b"))]


def test_its_process_is_killed_in_mid_run(tmp_path):
    process = training(tmp_path, "offline", steps=2000)
    until(lambda: list(tmp_path.glob("run/wandb/offline-run-*")) and (tmp_path / "run" / "metrics.jsonl").exists())
    core = [child for child in children(process.pid) if b"wandb-core" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert len(core) == 1
    os.kill(core[0], signal.SIGKILL)
    assert process.wait(120) == 0
    (line,) = (tmp_path / "err").read_text().splitlines()
    assert line.startswith("W&B could not log (") and line.endswith("the run goes on without it")
    assert read_metrics(tmp_path / "run" / "metrics.jsonl")[-1]["environment_step"] == 2000


@pytest.mark.parametrize("answer", ["refuses", "is silent"])
def test_a_server_that_does_not_answer(answer, tmp_path):
    """It accepts and says nothing, or there is none; the start and the end are held up by ten seconds at most."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        port = server.getsockname()[1] if answer == "is silent" else 9
        address = {"WANDB_BASE_URL": f"http://127.0.0.1:{port}", "WANDB_API_KEY": "a" * 40, "WANDB_MODE": "online"}
        process = training(tmp_path, "online", **address)
        run = tmp_path / "run"
        until(lambda: (run / "config.yaml").exists())
        began = time.monotonic()
        until(lambda: (run / "metrics.jsonl").exists())
        started = time.monotonic() - began
        until(lambda: read_metrics(run / "metrics.jsonl")[-1]["environment_step"] == 300)
        saved = time.monotonic()
        assert process.wait(60) == 0
        ended = time.monotonic() - saved
    # three seconds are the run's own: parts are built, and after the last row the result is evaluated and shown
    assert started < AT_START + 3 and ended < AT_END + 3
    (line,) = ours(tmp_path)
    assert line.startswith("W&B could not ") and line.endswith("the run goes on without it")
