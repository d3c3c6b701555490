"""Where a run lives: its files by name, never overwritten, and never used by two processes at once."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import weakref
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from worldmodel.atomic import TEMPORARY, write_whole
from worldmodel.configuration import read_settings, write_settings
from worldmodel.environments import EnvironmentSettings
from worldmodel.errors import DirectoryInUse, FileError, StorageError
from worldmodel.experience import Spec
from worldmodel.running.checkpoints import (
    check_checkpoint,
    refuse_to_replace_strangers,
    restore_checkpoint,
    whole_checkpoint,
)
from worldmodel.running.settings import Settings
from worldmodel.untrusted import read_spec

LAST, PREVIOUS, BEST = "last", "previous", "best"
"""Checkpoints of a run by name."""


class RunDirectory:
    """The layout of a run.

    The files and folders::

        config.yaml     every setting; reproduces the run
        spec.json       what the world looks like, so that nothing below needs it
        machines.txt    what it ran on, a line for every start
        report.html     the run on one page, written in the end
        metrics.jsonl   every logged number with its environment step and gradient step
        checkpoints/    last, the previous one, and best by evaluation
        experience/     the recorded life, in immutable chunks
        not_finite/     weights and batch of an update that was skipped, if one was
        media/          dreams filmed on the way
        wandb/          what Weights & Biases keeps locally
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.yaml"
        self.spec_file = path / "spec.json"
        self.machines_file = path / "machines.txt"
        self.metrics = path / "metrics.jsonl"
        self.checkpoints = path / "checkpoints"
        self.experience = path / "experience"
        self.media = path / "media"
        self.not_finite = path / "not_finite"
        self._lock: IO[str] | None = None

    @classmethod
    def create(cls, settings: Settings, spec: Spec) -> RunDirectory:
        """A new run; refuses a directory that holds anything already."""
        run = cls(Path(settings.trainer.run) if settings.trainer.run else fresh_path(settings.environment))
        if run.path.exists() and (not run.path.is_dir() or any(run.path.iterdir())):
            raise DirectoryInUse(
                f"{run.path}: exists already and is never overwritten; "
                f"choose another --trainer.run, or go on with: python train.py --resume {run.path}"
            )
        try:
            for folder in (run.checkpoints, run.media):
                folder.mkdir(parents=True, exist_ok=True)
            write_settings(settings, run.config)
            write_whole(run.spec_file, (json.dumps(spec.to_json(), indent=1) + "\n").encode())
        except OSError as error:
            raise StorageError(
                f"{run.path}: cannot be written: {error.strerror}; choose another --trainer.run"
            ) from error
        return run

    @classmethod
    def open(cls, path: str | Path) -> RunDirectory:
        """The run at `path`: a run directory, or a checkpoint inside one."""
        given = Path(path)
        there, holder = whole_checkpoint(given).exists(), given.absolute().parent
        for candidate in (given, holder.parent) if holder.name == "checkpoints" else (given,):
            if there and (candidate / "config.yaml").is_file() and (candidate / "spec.json").is_file():
                return cls(candidate)
        what = "is not a run directory or a checkpoint in one" if there else "does not exist"
        raise FileError(f"{given}: {what}; give the directory that train.py printed, the one with config.yaml in it")

    def settings(self) -> Settings:
        """The settings of the run."""
        return read_settings(Settings, ["--config", str(self.config)])

    def environment(self) -> EnvironmentSettings:
        """The world the run is about; where it learned from another run's recordings, the world of that one."""
        settings = self.settings()
        if settings.data.experience:
            return RunDirectory.open(settings.data.experience).settings().environment
        return settings.environment

    def spec(self) -> Spec:
        """What the run's world looks like."""
        return read_spec(self.spec_file)

    def machines(self) -> list[str]:
        """What it ran on, each machine once, in the order they were first used."""
        lines = self.machines_file.read_text("utf-8").splitlines() if self.machines_file.exists() else []
        return list(dict.fromkeys(lines))

    def add_machine(self, words: str) -> None:
        """Writes down what it runs on from now on."""
        try:
            with open(self.machines_file, "a", encoding="utf-8") as file:
                file.write(f"{words}\n")
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be written: {error.strerror}") from error

    def checkpoint(self, given: str | Path, name: str = LAST) -> Path:
        """The checkpoint meant by `given`: itself where it is one, else `name` of the run."""
        path = Path(given)
        if path.absolute() != self.path.absolute():
            return path
        chosen = self.checkpoints / name
        if not whole_checkpoint(chosen).exists():
            found = sorted(p.name for p in self.checkpoints.glob("[!.]*") if p.is_dir())
            raise FileError(f"{chosen}: no such checkpoint; there is {', '.join(found) or 'none yet'}")
        return chosen

    def newest_whole_checkpoint(self, given: str | Path, say: Callable[[str], None]) -> Path:
        """The checkpoint to go on from: where a run is given and its last is damaged, the previous one, said aloud.

        Raises FileError where a checkpoint that was asked for by its path, or both, cannot be used.
        """
        chosen = self.checkpoint(given)
        try:
            check_checkpoint(chosen)
        except FileError as damage:
            older = self.checkpoints / PREVIOUS
            if chosen != self.checkpoints / LAST or Path(given).absolute() == chosen.absolute() or not older.exists():
                raise
            check_checkpoint(older)
            say(f"{damage}: going on from {older}")
            return older
        return chosen

    def lock(self) -> None:
        """Takes the run for this process until it ends, however it ends; twice is as good as once."""
        if self._lock is not None:
            return
        try:
            file = open(self.path / "run.lock", "a+")  # noqa: SIM115 (held until the process ends)
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            file.close()
            raise DirectoryInUse(f"{self.path}: is in use by {holder}; wait for it or stop it first") from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        self._lock = file
        # a world may fork; what it leaves behind when this process dies must not hold the run
        os.register_at_fork(after_in_child=partial(_close, weakref.ref(file)))

    def tidy(self) -> None:
        """Removes what a killed process left half done; only for the process that holds the lock.

        Raises StorageError where that fails, or where something foreign lies where checkpoints are to be saved.
        """
        try:
            for name in (LAST, BEST):
                restore_checkpoint(self.checkpoints / name)
            for folder in (self.path, self.experience):
                for left in folder.glob(f"{TEMPORARY}*"):
                    left.unlink()
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be tidied: {error.strerror}; make it writable") from error
        for name in (LAST, PREVIOUS, BEST):
            try:
                refuse_to_replace_strangers(self.checkpoints / name)
            except OSError as error:
                raise StorageError(
                    f"{self.checkpoints / name}: {error.strerror}; move it away: checkpoints are saved here as folders"
                ) from error

    def release(self) -> None:
        """Gives the run back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def fresh_path(environment: EnvironmentSettings) -> Path:
    """A new directory in runs/, named after environment and time."""
    game = environment.id.rsplit("/")[-1].rsplit(":")[-1].split("-")[0].lower()
    stem = f"{game}-{datetime.now():%Y%m%d-%H%M%S}"
    path, number = Path("runs") / stem, 2
    while path.exists():
        path, number = Path("runs") / f"{stem}-{number}", number + 1
    return path


def _close(file: weakref.ref[IO[str]]) -> None:
    if (still_open := file()) is not None:
        still_open.close()
