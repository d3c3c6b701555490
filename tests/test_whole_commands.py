"""Whole commands as a person types them, in processes of their own: trainings, signals, going on, looking."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from PIL import Image
from websockets.sync.client import connect

from worldmodel.running.metrics_file import read_metrics
from worldmodel.viewing.film import FRAME_MILLISECONDS
from worldmodel.viewing.filming import CONTEXT

ROOT = Path(__file__).parent.parent
DEBUG = ("--config", str(ROOT / "configs" / "debug.yaml"))
pytestmark = pytest.mark.slow


def train(*arguments, cwd=ROOT):
    return subprocess.run([sys.executable, ROOT / "train.py", *map(str, arguments)], cwd=cwd, timeout=300)


def command(*arguments):
    words = [sys.executable, "-m", "worldmodel", *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, timeout=300, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "debug"
    assert train(*DEBUG, "--trainer.run", path).returncode == 0
    return path


def test_a_run_can_be_evaluated_watched_and_inspected(run, tmp_path):
    report = json.loads(command("evaluate", run, "--episodes", "3", "--json"))
    assert len(report["scores"]) == 3 and report["environment"] == "CartPole-v1"
    assert json.loads(command("inspect", run, "--json"))["gradient_steps"] == 50
    *files, valid = command("dream", run, "--output", tmp_path).strip().splitlines()
    assert len(files) == 2 and all(Path(file).is_file() for file in files) and valid.startswith("valid for ")
    timings = json.loads(command("benchmark", "step", *DEBUG, "--json"))
    assert timings["parts"]["total"] > 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 143)])
def test_a_signal_stops_a_run_that_can_be_gone_on_with(number, code, tmp_path):
    run = tmp_path / "run"
    words = [sys.executable, "train.py", *DEBUG, "--trainer.run", str(run), "--trainer.max_steps", "100000"]
    process = subprocess.Popen(words, cwd=ROOT)
    deadline = time.monotonic() + 120
    while not (run / "metrics.jsonl").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    process.send_signal(number)
    assert process.wait(60) == code
    assert (run / "checkpoints" / "last").is_dir()
    reached = json.loads(command("inspect", run, "--json"))
    assert reached["gradient_steps"] > 0
    steps = reached["environment_steps"] + 40
    assert train("--resume", run, "--trainer.max_steps", steps).returncode == 0
    after = json.loads(command("inspect", run, "--json"))
    # gradient steps are whole, so the budget may end a vector step early
    assert steps - 2 <= after["environment_steps"] <= steps
    assert after["gradient_steps"] > reached["gradient_steps"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGUSR1, 143)])
def test_a_signal_before_learning_has_begun_is_heard_too(number, code, tmp_path):
    """The world says that it is played; it is slow, so that the prefill cannot be over before the signal comes."""
    (tmp_path / "my_worlds.py").write_text(
        "import gymnasium, pathlib, time\nfrom gymnasium.envs.classic_control import CartPoleEnv\n"
        "class Slow(CartPoleEnv):\n"
        "    def step(self, action):\n"
        "        pathlib.Path('played').touch()\n"
        "        time.sleep(0.01)\n"
        "        return super().step(action)\n"
        "gymnasium.register('Slow-v0', entry_point=Slow, max_episode_steps=30)\n"
    )
    words = [sys.executable, ROOT / "train.py", *DEBUG, "--environment.id", "my_worlds:Slow-v0"]
    budget = ["--trainer.prefill", "100000", "--trainer.max_steps", "200000"]
    process = subprocess.Popen([*words, *budget, "--trainer.run", "run"], cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not (tmp_path / "played").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    process.send_signal(number)
    assert process.wait(60) == code
    assert json.loads(command("inspect", tmp_path / "run", "--json"))["checkpoint.last.gradient_steps"] == 0


def test_a_world_model_and_an_agent_learn_from_what_was_recorded(run, tmp_path):
    offline = ("--data.experience", run, "--agent.acting", "false", "--trainer.max_gradient_steps", 20)
    assert train(*DEBUG, *offline, "--trainer.run", tmp_path / "agent").returncode == 0
    alone = (
        "--config",
        ROOT / "configs" / "world_model_only.yaml",
        "--config",
        ROOT / "configs" / "size" / "tiny.yaml",
    )
    budget = ("--data.experience", run, "--trainer.max_gradient_steps", 20, "--trainer.wandb", "off")
    assert train(*alone, *budget, "--trainer.run", tmp_path / "model").returncode == 0
    for name in ("agent", "model"):
        assert read_metrics(tmp_path / name / "metrics.jsonl")[-1]["gradient_step"] == 20
    assert command("dream", tmp_path / "model", "--output", tmp_path).strip()


@pytest.mark.parametrize("game", ["ALE/Breakout-v5", "MinAtar/Breakout"])
def test_a_game_is_played_learned_and_dreamt(game, tmp_path):
    run = tmp_path / "run"
    tiny = ("--config", ROOT / "configs" / "size" / "tiny.yaml", "--trainer.precision", "bf16-mixed")
    game = ("--environment.id", game, "--environment.max_episode_steps", 150, "--trainer.evaluation_episodes", 1)
    budget = ("--trainer.prefill", 400, "--trainer.max_steps", 600, "--trainer.run", run)
    assert train(*DEBUG, *tiny, *game, *budget).returncode == 0
    assert json.loads(command("evaluate", run, "--episodes", "2", "--json"))["mean"] >= 0
    *files, _ = command("dream", run, "--output", tmp_path, "--horizon", "8").strip().splitlines()
    film, strip, page = map(Path, files)
    assert page.read_text().count("data:image/png;base64") >= 3 * 3  # the world came back to every moment
    with Image.open(film) as moving, Image.open(strip) as still:
        # Pillow writes pictures that are equal as one that is shown longer
        shown = sum(moving.seek(t) or moving.info["duration"] for t in range(moving.n_frames))
        assert shown == (CONTEXT + 8) * FRAME_MILLISECONDS and still.width > 200


def test_phases_of_waking_and_sleeping(tmp_path):
    phases = ("--trainer.awake_steps", 50, "--trainer.asleep_steps", 10)
    assert train(*DEBUG, *phases, "--trainer.run", tmp_path / "run").returncode == 0
    last = read_metrics(tmp_path / "run" / "metrics.jsonl")[-1]
    assert (last["environment_step"], last["gradient_step"]) == (300, 50)


def test_a_world_of_ones_own(tmp_path):
    (tmp_path / "my_worlds.py").write_text(
        "import gymnasium\nfrom gymnasium.envs.classic_control import CartPoleEnv\n"
        "gymnasium.register('Maze-v0', entry_point=CartPoleEnv, max_episode_steps=30)\n"
    )
    words = (*DEBUG, "--environment.id", "my_worlds:Maze-v0", "--trainer.run", "run")
    assert train(*words, cwd=tmp_path).returncode == 0


def test_a_second_signal_ends_a_run_at_once(tmp_path):
    """The world hangs, so that the first signal, which waits for the step to end, has no effect."""
    (tmp_path / "my_worlds.py").write_text(
        "import gymnasium, pathlib, time\nfrom gymnasium.envs.classic_control import CartPoleEnv\n"
        "class Hanging(CartPoleEnv):\n"
        "    def step(self, action):\n"
        "        pathlib.Path('hangs').touch()\n"
        "        time.sleep(600)\n"
        "gymnasium.register('Hanging-v0', entry_point=Hanging)\n"
    )
    words = [sys.executable, ROOT / "train.py", *DEBUG, "--environment.id", "my_worlds:Hanging-v0"]
    process = subprocess.Popen([*words, "--trainer.run", "run"], cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not (tmp_path / "hangs").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130


def test_a_mistake_is_one_line_on_stderr_and_nothing_else(tmp_path):
    words = [sys.executable, ROOT / "train.py", *DEBUG, "--environment.id", "CartPoel-v1"]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout, list(tmp_path.iterdir())) == (4, "", [])
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: unknown environment 'CartPoel-v1': did you mean CartPole-v1")


def test_the_program_is_a_command_of_its_own(run):
    program = Path(sys.executable).with_name("worldmodel")
    ended = subprocess.run([program, "inspect", run], capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stderr) == (0, "") and "CartPole-v1" in ended.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_dream_is_served_until_a_signal_ends_it(run, number):
    words = [sys.executable, "-m", "worldmodel", "play", run]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=ROOT, **pipes) as process:
        address = process.stdout.readline().strip()
        with urlopen(address, timeout=60) as page:
            assert "Inside a dream of CartPole-v1" in page.read().decode()
        with connect(address.replace("http", "ws") + "socket", proxy=None) as visitor:
            visitor.recv(timeout=60)
            visitor.send('{"do": "step"}')
            assert json.loads(visitor.recv(timeout=60))["depth"] == 1
            process.send_signal(number)
            said = process.communicate(timeout=30)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert said == ("", "stopped\n" if number == signal.SIGINT else "")
