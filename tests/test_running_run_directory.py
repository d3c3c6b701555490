from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from child import in_child

from worldmodel.environments import EnvironmentSettings
from worldmodel.errors import DirectoryInUse, FileError, StorageError
from worldmodel.experience import Spec
from worldmodel.running.run_directory import RunDirectory, fresh_path
from worldmodel.running.settings import Settings, TrainerSettings

SPEC = Spec("Counter-v0", (2,), "float32", ("0", "1"), {"max_episode_steps": None})


def settings(run: Path) -> Settings:
    return Settings(trainer=TrainerSettings(run=str(run), seed=7))


def test_what_is_created_can_be_opened(tmp_path: Path) -> None:
    wanted = settings(tmp_path / "new" / "run")
    made = RunDirectory.create(wanted, SPEC)
    assert made.checkpoints.is_dir() and made.media.is_dir()
    opened = RunDirectory.open(made.path)
    assert opened.settings() == wanted and opened.spec() == SPEC
    assert opened.path == tmp_path / "new" / "run"


def test_an_empty_directory_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert RunDirectory.create(settings(tmp_path / "run"), SPEC).config.is_file()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    RunDirectory.create(settings(tmp_path / "run"), SPEC)
    (tmp_path / "file").write_text("mine")
    for taken in ("run", "file"):
        with pytest.raises(DirectoryInUse, match=f"{taken}: exists already and is never overwritten; .*--resume"):
            RunDirectory.create(settings(tmp_path / taken), SPEC)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/run: cannot be written: .*choose another --trainer.run"):
        RunDirectory.create(settings(tmp_path / "file" / "run"), SPEC)


def test_a_new_directory_is_named_after_environment_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for environment, stem in (
        ("ALE/MsPacman-v5", "mspacman-20"),
        ("MinAtar/Breakout", "breakout-20"),
        ("my.module:CartPole-v1", "cartpole-20"),
    ):
        first = fresh_path(EnvironmentSettings(environment))
        assert first.parent == Path("runs") and first.name.startswith(stem) and not first.exists()
    made = [RunDirectory.create(Settings(), SPEC).path for _ in range(3)]
    assert len(set(made)) == 3


def test_a_run_is_found_from_itself_or_a_checkpoint_in_it(counter_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = counter_run / "checkpoints" / "last"
    assert RunDirectory.open(str(counter_run)).path == RunDirectory.open(last).path == counter_run
    monkeypatch.chdir(counter_run)
    assert RunDirectory.open(".").spec().environment == "Counter-v0"
    assert RunDirectory.open("checkpoints/best").path == counter_run
    assert RunDirectory.open(".").checkpoint(".") == Path("checkpoints/last")


def test_nothing_else_is_a_run(counter_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # where the working directory is a run, a mistyped name must not mean it
    monkeypatch.chdir(counter_run)
    for missing in ("no/such/run", counter_run / "lst", counter_run / "checkpoints" / "lst"):
        with pytest.raises(FileError, match="does not exist; give the directory"):
            RunDirectory.open(missing)
    for stranger in (counter_run.parent, counter_run / "checkpoints", counter_run / "config.yaml"):
        with pytest.raises(FileError, match="is not a run directory or a checkpoint in one"):
            RunDirectory.open(stranger)


@pytest.mark.parametrize("content", ["", "[]", '{"environment": "Counter-v0"}', None])
def test_a_damaged_spec(copied_run: Path, content: str | None) -> None:
    run = RunDirectory.open(copied_run)
    run.spec_file.unlink() if content is None else run.spec_file.write_text(content)
    with pytest.raises(FileError, match=r"spec.json (cannot be read|is not JSON|does not)"):
        run.spec()


def test_which_checkpoint_is_meant(counter_run: Path) -> None:
    run = RunDirectory.open(counter_run)
    last, best = run.checkpoints / "last", run.checkpoints / "best"
    assert run.checkpoint(counter_run) == last and run.checkpoint(str(counter_run), "best") == best
    assert run.checkpoint(best, "last") == best


def test_a_checkpoint_that_is_not_there(copied_run: Path) -> None:
    run = RunDirectory.open(copied_run)
    shutil.rmtree(run.checkpoints / "best")
    (run.checkpoints / ".last.new").mkdir()
    with pytest.raises(FileError, match=r"best: no such checkpoint; there is last, previous$"):
        run.checkpoint(copied_run, "best")
    shutil.rmtree(run.checkpoints)
    with pytest.raises(FileError, match=r"last: no such checkpoint; there is none yet$"):
        run.checkpoint(copied_run)


def test_a_checkpoint_counts_also_after_a_crash_between_two_renames(copied_run: Path) -> None:
    run = RunDirectory.open(copied_run)
    (run.checkpoints / "last").rename(run.checkpoints / ".last.old")
    assert run.checkpoint(copied_run) == run.checkpoints / "last"
    assert RunDirectory.open(run.checkpoints / "last").path == copied_run


def test_only_one_process_uses_a_run(tmp_path: Path) -> None:
    run = RunDirectory.create(settings(tmp_path / "run"), SPEC)
    run.lock()
    other = RunDirectory.open(run.path)
    with pytest.raises(DirectoryInUse, match=f"run: is in use by process {os.getpid()} on "):
        other.lock()
    run.release()
    other.lock()
    other.release()
    other.release()


def test_what_a_dead_process_forked_does_not_hold_its_run(tmp_path: Path) -> None:
    """A lock is of the open file, which a fork shares: a world that left a process behind would hold it for ever."""
    run = RunDirectory.create(settings(tmp_path / "run"), SPEC)
    left_reading, left_writing = os.pipe()

    def trains() -> None:
        run.lock()
        if os.fork() == 0:
            os.close(left_writing)
            os.read(left_reading, 1)  # outlives the process that holds the run
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(trains) == -signal.SIGKILL
    run.lock()
    run.release()
    os.close(left_writing)
    os.close(left_reading)


def test_machines_are_listed_once_each(copied_run: Path) -> None:
    run = RunDirectory.open(copied_run)
    first = run.machines()
    assert len(first) == 1
    run.add_machine("another, 2 threads")
    run.add_machine(first[0])
    assert run.machines() == [*first, "another, 2 threads"]


def test_plain_files_only(counter_run: Path) -> None:
    assert json.loads((counter_run / "spec.json").read_text())["actions"] == ["0", "1"]
    suffixes = {path.suffix for path in counter_run.rglob("*") if path.is_file()}
    assert suffixes == {".json", ".jsonl", ".yaml", ".safetensors", ".lock", ".txt"}
