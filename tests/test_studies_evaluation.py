from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from worldmodel import cli
from worldmodel.environments.gymnasium_worlds import GymnasiumWorlds
from worldmodel.errors import FileError
from worldmodel.experience import Spec
from worldmodel.running.reached import Reached
from worldmodel.running.statistics import Score
from worldmodel.studies.evaluation import AGENT, EvaluationReport, evaluate_run


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many games each of the worlds had that were closed."""
    counts: list[int] = []
    close = GymnasiumWorlds.close

    def closing(self: GymnasiumWorlds) -> None:
        counts.append(self.count)
        close(self)

    monkeypatch.setattr(GymnasiumWorlds, "close", closing)
    return counts


def report(**changes: Any) -> EvaluationReport:
    atari = {"frame_skip": 4, "max_pool": True, "sticky_actions": 0.0, "noop_max": 30, "fire_reset": False}
    atari |= {"life_loss_terminates": False, "full_action_space": False, "reward_clipping": False}
    entries = {
        "run": Path("runs/pong"),
        "player": AGENT,
        "epsilon": 0.0,
        "checkpoint": Path("runs/pong/checkpoints/last"),
        "trained": Reached(100_000, 24_750),
        "spec": Spec("ALE/Pong-v5", (64, 64, 3), "uint8", ("NOOP", "FIRE"), {**atari, "max_frames": 108_000}),
        "seed": 3,
        "score": Score(-3.05, 0.5, -4.0, -2.0, 0.5, 2),
        "scores": [-3.0, -3.1],
        "machine": "a machine",
    }
    return EvaluationReport(**{**entries, **changes})


def test_a_world_in_which_every_game_scores_ten(counter_run: Path, closed: list[int]) -> None:
    found = evaluate_run(counter_run, "last", episodes=5, seed=2)
    assert found.scores == [10.0] * 5
    assert found.score == Score(10, 0, 10, 10, None, 5)
    assert found.player == "agent (EMA network)" and found.epsilon == 0 and found.seed == 2
    assert found.checkpoint == counter_run / "checkpoints" / "last" and found.trained == Reached(200, 60)
    assert found.spec.environment == "Counter-v0" and f"torch {torch.__version__}" in found.machine
    assert closed == [5]


def test_no_more_than_32_games_are_played_at_once(counter_run: Path, closed: list[int]) -> None:
    assert evaluate_run(counter_run, episodes=40).scores == [10.0] * 40
    assert closed == [32]


def test_the_best_checkpoint(counter_run: Path) -> None:
    found = evaluate_run(counter_run, "best", episodes=1)
    assert found.checkpoint == counter_run / "checkpoints" / "best" and found.trained == Reached(150, 35)
    assert evaluate_run(counter_run / "checkpoints" / "best", episodes=1).trained == Reached(150, 35)


def test_chance_needs_no_checkpoint(copied_run: Path) -> None:
    shutil.rmtree(copied_run / "checkpoints")
    found = evaluate_run(copied_run, episodes=3, random=True)
    assert found.scores == [10.0] * 3 and found.player == "random"
    assert found.epsilon is found.checkpoint is found.trained is None
    assert "random" in found.in_words() and "trained" not in found.in_words()


def test_the_worlds_of_a_run_that_learned_from_another(world_model_run: Path) -> None:
    assert evaluate_run(world_model_run, episodes=2, random=True).spec.environment == "Counter-v0"
    with pytest.raises(FileError, match="learned a world model alone, so there is nobody to evaluate"):
        evaluate_run(world_model_run)


def test_nothing_outside_is_moved(counter_run: Path) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    evaluate_run(counter_run, episodes=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_as_json() -> None:
    found = json.loads(json.dumps(report().to_json(), allow_nan=False))
    assert found["mean"] == -3.05 and found["human_normalised"] == 0.5 and found["scores"] == [-3.0, -3.1]
    assert (found["low"], found["high"], found["standard_error"], found["games"]) == (-4, -2, 0.5, 2)
    assert (found["environment_steps"], found["gradient_steps"]) == (100_000, 24_750)
    assert found["environment"] == "ALE/Pong-v5" and found["protocol"]["frame_skip"] == 4
    assert found["protocol_in_words"].startswith("ALE/Pong-v5 with the minimal 2 actions, frame skip 4")
    assert found["checkpoint"] == "runs/pong/checkpoints/last" and found["run"] == "runs/pong"
    assert (found["player"], found["epsilon"], found["seed"]) == ("agent (EMA network)", 0, 3)
    assert found["machine"] == "a machine"


def test_in_words() -> None:
    words = report().in_words()
    for part in (
        "agent (EMA network), epsilon 0",
        "2 of ALE/Pong-v5, seed 3",
        "-3.05, standard error 0.50",
        "-4.00 to -2.00 (bootstrap)",
        "0.500 (0 random, 1 human: Wang et al. 2016",
        "100,000 environment steps, 24,750 gradient steps",
        "no sticky actions",
    ):
        assert part in words


def test_what_one_game_or_an_old_checkpoint_cannot_say() -> None:
    found = report(score=Score(7.0, math.nan, 7.0, 7.0, None, 1), trained=Reached(None, 5))
    assert found.to_json()["standard_error"] is None and found.to_json()["environment_steps"] is None
    words = found.in_words()
    assert "7.00, standard error unknown" in words and "an unknown number of environment steps" in words
    assert "human" not in words


def test_command(counter_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(counter_run), "--episodes", "3", "--seed", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scores"] == [10.0] * 3 and found["seed"] == 1
    assert cli.main(["evaluate", str(counter_run), "--episodes", "2", "--random"]) == 0
    assert "10.00, standard error 0.00" in capsys.readouterr().out


def change_config(run: Path, old: str, new: str) -> None:
    config = run / "config.yaml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))


def test_fresh_games_are_played_by_the_epsilon_of_the_run(copied_run: Path) -> None:
    change_config(copied_run, "evaluation_epsilon: 0.0", "evaluation_epsilon: 0.25")
    found = evaluate_run(copied_run, episodes=2)
    assert found.epsilon == 0.25 and "epsilon 0.25" in found.in_words()
    assert evaluate_run(copied_run, episodes=2, random=True).epsilon is None


@pytest.mark.parametrize("command", ["evaluate", "dream"])
def test_what_cannot_be_loaded_is_one_line(
    command: str, copied_run: Path, world_model_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoints = copied_run / "checkpoints"
    shutil.copytree(world_model_run / "checkpoints" / "last", checkpoints / "foreign")
    (checkpoints / "empty").mkdir()
    damaged = shutil.copytree(checkpoints / "last", checkpoints / "damaged")
    (damaged / "state.json").write_text("{}")
    for arguments in (
        [str(copied_run / "nowhere")],
        [str(copied_run.parent)],
        [str(copied_run / "config.yaml")],
        [str(copied_run), "--checkpoint", "first"],
        [str(copied_run), "--checkpoint", "empty"],
        [str(copied_run), "--checkpoint", "foreign"],
        [str(copied_run), "--checkpoint", "damaged"],
        [str(checkpoints / "nowhere")],
    ):
        assert cli.main([command, *arguments]) == 3, arguments
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.startswith("error: ") and printed.err.count("\n") == 1


def test_a_checkpoint_of_another_size_or_environment(
    copied_run: Path, capsys: pytest.CaptureFixture[str], closed: list[int]
) -> None:
    for old, new, message in (
        ("units: 16", "units: 8", "does not fit the settings beside it"),
        ("units: 8", "units: 16", None),
        ("Counter-v0", "CartPole-v1", None),
        ("    length: 10\n    pixels: true\n", "", None),
        ("kwargs:\n", "kwargs: {}\n", "describes a world whose environment is CartPole-v1, but the run was trained"),
        ("CartPole-v1", "Counter-v0", r"describes a world whose observation shape is (2,), but the run was trained"),
    ):
        change_config(copied_run, old, new)
        if message is not None:
            assert cli.main(["evaluate", str(copied_run), "--episodes", "2"]) == 3
            error = capsys.readouterr().err
            assert message in error and error.count("\n") == 1
    assert closed == [2, 2]
