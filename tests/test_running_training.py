"""Runs put together from their parts: online, offline, the world model alone, and the same again."""

import pytest
import torch
from tiny_runs import counter_session

from worldmodel.errors import DirectoryInUse, FileError
from worldmodel.learning import Agent
from worldmodel.running.metrics_file import read_metrics

TIMES = ("seconds", "processor_seconds", "speed/", "evaluation/seconds", "evaluation/processor_seconds")


def record(session):
    """The metrics of a run without what no two runs share."""
    rows = read_metrics(session.run.metrics)
    return [{name: value for name, value in row.items() if not name.startswith(TIMES)} for row in rows]


def test_the_same_seed_gives_the_same_run_and_another_seed_another(tmp_path):
    runs = {}
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        runs[name] = counter_session(tmp_path / name, trainer={"seed": seed})
        runs[name].go()
    assert record(runs["a"]) == record(runs["b"]) != record(runs["c"])


def test_an_agent_learns_offline_from_a_recorded_life(tmp_path, counter_run):
    session = counter_session(
        tmp_path / "run",
        agent={"acting": False},
        data={"experience": str(counter_run)},
        trainer={"max_gradient_steps": 12},
    )
    before = {name: value.clone() for name, value in session.learner.q_network.state_dict().items()}
    session.go()
    assert session.acting is None and session.evaluating is None
    assert isinstance(session.learner, Agent) and session.learner.gradient_steps == 12
    after = session.learner.q_network.state_dict()
    assert any(not torch.equal(value, after[name]) for name, value in before.items())
    assert (session.run.checkpoints / "last").is_dir()


def test_a_world_model_learns_alone(world_model_run):
    rows = read_metrics(world_model_run / "metrics.jsonl")
    assert [row["gradient_step"] for row in rows] == [10]
    assert "world_model/dynamics_loss" in rows[0] and "q/movie_loss" not in rows[0]


def test_offline_learning_needs_enough_rows(tmp_path, counter_run):
    session = counter_session(
        tmp_path / "run",
        agent={"acting": False},
        data={"experience": str(counter_run), "sequence_length": 500},
        trainer={"max_gradient_steps": 1},
    )
    with pytest.raises(FileError, match="rows recorded"):
        session.go()


def test_a_run_is_never_overwritten(counter_run):
    with pytest.raises(DirectoryInUse, match="never overwritten"):
        counter_session(counter_run)
