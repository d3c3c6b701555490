"""A training from the command line to the closing table, new or gone on with."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path

from lightning import Callback
from rich.console import Console
from rich.table import Table

from worldmodel.configuration import differences, read_settings, settings_from_dict, settings_to_dict, write_settings
from worldmodel.errors import ConfigurationError, FileError, Stopped, StorageError, WorldModelError
from worldmodel.running.checkpoints import load_checkpoint
from worldmodel.running.keeping import KeepCheckpoints
from worldmodel.running.loading import check_weights
from worldmodel.running.metrics_file import truncate_metrics
from worldmodel.running.reached import reached_by
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.running.training import Session, assemble
from worldmodel.studies.report import report_run
from worldmodel.viewing.filming import FilmDreams

MAY_CHANGE = [
    "trainer.max_steps",
    "trainer.max_gradient_steps",
    "trainer.accelerator",
    "trainer.devices",
    "trainer.threads",
    "trainer.compile",
    "trainer.keep_memory",
    "trainer.wandb",
    "trainer.wandb_project",
    "trainer.log_every",
    "trainer.checkpoint_every",
    "trainer.evaluate_every",
    "trainer.evaluation_episodes",
    "trainer.film",
    "environment.restarts",
    "environment.step_timeout",
]
"""Settings that a run may be gone on with: budget, device, logging, and what worlds may do wrong."""


def start(arguments: list[str], default_config: Path, console: Console) -> None:
    """Trains a new run with the settings that the arguments ask for."""
    settings = read_settings(Settings, arguments, default_config=default_config)
    finish(settings, assemble(settings, console), None, console)


def resume(run: list[str], arguments: list[str], console: Console) -> None:
    """Goes on with a run, with its own settings; only those in `MAY_CHANGE` may be changed by `arguments`."""
    if not run:
        raise ConfigurationError("--resume needs a run: python train.py --resume RUN")
    directory = RunDirectory.open(run[0])
    checkpoint = directory.checkpoint(run[0])
    if checkpoint.name == "best":
        raise FileError(f"{checkpoint}: holds weights alone; go on with: {_resume(directory)}")
    before = settings_to_dict(directory.settings())
    after = settings_to_dict(read_settings(Settings, ["--config", str(directory.config), *arguments]))
    refused = [key for key in differences(before, after) if key not in MAY_CHANGE]
    if refused:
        raise ConfigurationError(
            f"{', '.join(refused)}: cannot change when a run is gone on with, only {', '.join(sorted(MAY_CHANGE))} "
            "can; start a new run instead"
        )
    settings = settings_from_dict(Settings, after)
    directory.lock()
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    try:
        directory.tidy()
        checkpoint = directory.newest_whole_checkpoint(run[0], say)
        reached = reached_by(checkpoint)
        session = assemble(settings, console, directory)
        check_weights(session.learner, load_checkpoint(checkpoint).get("state_dict", {}), checkpoint)
    except (FileError, StorageError):
        directory.release()
        raise
    write_settings(settings, directory.config)
    truncate_metrics(directory.metrics, reached.gradient_steps)
    finish(settings, session, checkpoint, console)


def finish(settings: Settings, session: Session, checkpoint: Path | None, console: Console) -> None:
    """Trains, and says what was reached and what can be done with it."""
    if settings.trainer.film:
        # before the checkpoint is made: what a process that is killed had not filmed would not be made up for
        callbacks: list[Callback] = session.trainer.callbacks  # type: ignore[attr-defined]
        place = next(at for at, each in enumerate(callbacks) if isinstance(each, KeepCheckpoints))
        callbacks.insert(place, FilmDreams(session.run.media, session.data, session.evaluating))
    session.go(checkpoint)
    if session.stop.signal_number is not None:
        raise Stopped(
            session.stop.signal_number,
            f"stopped by a signal, saved; go on with: {_resume(session.run)}",
        )
    console.print(closing_table(session, settings.trainer.evaluation_epsilon))
    if settings.trainer.film:
        report(session, console)
    for line in next_commands(settings, session.run):
        # a path must stay in one piece, to be copied from a narrow terminal or a file
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def report(session: Session, console: Console) -> None:
    """Writes the report card; a run that cannot have one is none the worse."""
    try:
        said = f"report:   {report_run(session.run.path)}"
    except WorldModelError as error:
        said = f"no report: {error}"
    console.print(said, highlight=False, markup=False, soft_wrap=True)


def closing_table(session: Session, epsilon: float) -> Table:
    """What was reached."""
    table = Table(show_header=False)
    table.add_row("gradient steps", f"{session.trainer.global_step:,}")
    if session.acting is not None:
        table.add_row("environment steps", f"{session.data.buffer.environment_steps:,}")
    if (score := session.score) is not None:
        interval = f"95 % interval {score.low:.2f} to {score.high:.2f}"
        played = f"{score.games} games, epsilon {epsilon:g}"
        table.add_row("score", f"{score.mean:.2f} ({interval}, {played})")
    return table


def next_commands(settings: Settings, run: RunDirectory) -> list[str]:
    """The commands to evaluate, where there is somebody to evaluate, to watch, and to go on."""
    path = shlex.quote(str(run.path))
    budget = "max_gradient_steps" if settings.trainer.max_gradient_steps else "max_steps"
    evaluate = [f"evaluate: python -m worldmodel evaluate {path}"] if settings.trainer.learner == "agent" else []
    return [
        *evaluate,
        f"watch:    python -m worldmodel dream {path}",
        f"continue: {_resume(run)} --trainer.{budget} N",
    ]


def _resume(run: RunDirectory) -> str:
    """The command that goes on with a run, to be copied."""
    return f"python train.py --resume {shlex.quote(str(run.path))}"
