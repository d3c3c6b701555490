"""A run that was interrupted and gone on with is, bit for bit, the run that was not."""

import io
import shutil
import signal
from contextlib import nullcontext
from pathlib import Path

import pytest
from exactness import assert_same_run
from rich.console import Console
from tiny_runs import counter_session

from worldmodel.errors import Stopped
from worldmodel.running.keeping import KeepCheckpoints
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.training import assemble
from worldmodel.studies import training
from worldmodel.studies.training import finish, resume

WORLDS = {
    "pictures": {"environment": {"id": "Returning-v0", "kwargs": {"length": 40, "pixels": True}}},
    "vectors": {"environment": {"id": "CartPole-v1", "kwargs": {}, "count": 3}},
    "MinAtar": {"environment": {"id": "MinAtar/Breakout", "kwargs": {}, "count": 3, "sticky_actions": 0.1}},
    "rooms": {"environment": {"id": "FourRooms-v0", "kwargs": {}, "max_episode_steps": 40}},
    "episodic memory": {
        "environment": {"id": "CartPole-v1", "kwargs": {}, "count": 3},
        "world_model": {"memory": 8},
    },
    "a mean of world models": {
        "environment": {"id": "CartPole-v1", "kwargs": {}, "count": 3},
        "agent": {"world_model_rate": 0.1},
    },
    "compressed": {
        "environment": {"id": "Returning-v0", "kwargs": {"length": 40, "pixels": True}},
        "data": {"compress": True, "chunk_steps": 50, "capacity": 150},
    },
}
TRAINER = {"max_steps": 220, "evaluate_every": 90, "checkpoint_every": 50, "evaluation_episodes": 2}


def uninterrupted(run: Path, changes: dict) -> list[Path]:
    """Trains, and copies the directory as it is after each save: what a process that is killed then leaves behind."""
    session = counter_session(run, **{**changes, "trainer": TRAINER | changes.get("trainer", {})})
    keeper = next(c for c in session.trainer.callbacks if isinstance(c, KeepCheckpoints))
    save, copies = keeper.save, []

    def saving(trainer):
        save(trainer)
        copies.append(shutil.copytree(run, run.with_name(f"killed-{len(copies)}")))

    keeper.save = saving
    session.go()
    return copies[:-1]


def go_on(run: Path) -> str:
    text = io.StringIO()
    resume([str(run)], [], Console(file=text, width=200))
    return text.getvalue()


@pytest.mark.parametrize("name", WORLDS)
def test_killed_after_a_save(name, tmp_path):
    *_, killed = uninterrupted(tmp_path / "whole", WORLDS[name])
    assert "truncated" not in go_on(killed)
    assert_same_run(tmp_path / "whole", killed)


def test_killed_and_then_stopped_by_a_signal(tmp_path):
    killed, *_ = uninterrupted(tmp_path / "whole", WORLDS["vectors"])
    directory, console = RunDirectory.open(killed), Console(file=io.StringIO())
    settings = directory.settings()
    session = assemble(settings, console, directory)
    stop_at(session, 180)
    with pytest.raises(Stopped):
        finish(settings, session, directory.checkpoint(killed), console)
    go_on(killed)
    assert_same_run(tmp_path / "whole", killed)


def stop_at(session, steps):
    """A signal comes when so many environment steps were lived."""
    live = session.acting.live

    def living(agent):
        live(agent)
        if session.data.buffer.environment_steps >= steps and not session.stop:
            session.stop.receive(signal.SIGTERM, None)

    session.acting.live = living


@pytest.mark.parametrize("at", [100, 180])
def test_a_signal(at, tmp_path):
    """180 is a multiple of the interval of evaluations: the one that the signal keeps away is made up for."""
    uninterrupted(tmp_path / "whole", WORLDS["vectors"])
    session = counter_session(tmp_path / "halves", **WORLDS["vectors"], trainer=TRAINER)
    stop_at(session, at)
    session.go()
    assert session.data.buffer.environment_steps < 220
    go_on(tmp_path / "halves")
    assert_same_run(tmp_path / "whole", tmp_path / "halves")


@pytest.mark.parametrize("at", [90, 180])
def test_a_signal_just_before_an_evaluation_and_its_film(at, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "report", lambda *_: None)
    changes = {**WORLDS["pictures"], "trainer": TRAINER | {"film": True, "max_steps": 190}}
    for name in ("whole", "halves"):
        session = counter_session(tmp_path / name, **changes)
        if name == "halves":
            stop_at(session, at)
        with nullcontext() if name == "whole" else pytest.raises(Stopped):
            finish(session.run.settings(), session, None, Console(file=io.StringIO()))
    go_on(tmp_path / "halves")
    assert_same_run(tmp_path / "whole", tmp_path / "halves")
    films = [sorted(file.name for file in (tmp_path / name / "media").iterdir()) for name in ("whole", "halves")]
    assert films[0] == films[1] and len(films[0]) == 6


def test_a_signal_while_a_checkpoint_is_saved(tmp_path):
    uninterrupted(tmp_path / "whole", WORLDS["vectors"])
    session = counter_session(tmp_path / "halves", **WORLDS["vectors"], trainer=TRAINER)
    keeper = next(c for c in session.trainer.callbacks if isinstance(c, KeepCheckpoints))
    flush = session.data.buffer.flush

    def flushing():
        flush()
        if not session.stop:
            session.stop.receive(signal.SIGTERM, None)

    session.data.buffer.flush = flushing
    session.go()
    assert keeper.failures == 0 and session.data.buffer.environment_steps < 220
    go_on(tmp_path / "halves")
    assert_same_run(tmp_path / "whole", tmp_path / "halves")


def test_a_world_that_does_not_come_back(tmp_path):
    """The counter counts its games, so that a new one shows other pictures: open games end, and nothing is wrong."""
    killed, *_ = uninterrupted(tmp_path / "whole", {})
    said = go_on(killed)
    assert "Counter-v0 does not come back to the games that were open: they count as truncated" in said
