"""Puts a run together from its parts, and runs it."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lightning import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.loggers import Logger
from rich.console import Console

from worldmodel.configuration import settings_to_dict
from worldmodel.environments import EnvironmentSettings, Worlds, make_worlds
from worldmodel.experience import Spec
from worldmodel.learning import Agent
from worldmodel.learning.faster import capture_parts, compile_parts
from worldmodel.memory import ReplayBuffer, ReplayData, load_buffer, make_buffer, memory_in_words
from worldmodel.model import WorldModel
from worldmodel.running.acting import Acting
from worldmodel.running.checkpoints import DirectoryCheckpointIO
from worldmodel.running.clipping import ClipGradient
from worldmodel.running.counting import Counting
from worldmodel.running.evaluating import Evaluating
from worldmodel.running.finiteness import SkipBadUpdates
from worldmodel.running.keeping import KeepCheckpoints
from worldmodel.running.machine import choose_precision, machine_in_words, prepare_machine
from worldmodel.running.memory_errors import memory_errors_in_words
from worldmodel.running.metrics_file import MetricsFile
from worldmodel.running.progress import ShowProgress
from worldmodel.running.randomness import KeepRandomness
from worldmodel.running.remembering import Remembering
from worldmodel.running.room_on_disk import room_on_disk
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.schedule import make_schedule
from worldmodel.running.settings import Settings, TrainerSettings
from worldmodel.running.settling import Settling
from worldmodel.running.signals import StopOnSignal, StopRequest
from worldmodel.running.statistics import Score
from worldmodel.running.trackers import SafeWandb

# Lightning's notices (which accelerators it did not find, whom to log to) would drown what a run says itself
logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)

MOST_EVALUATION_WORLDS = 32
"""Games of an evaluation that are played side by side."""

LIGHTNING_WARNINGS = (
    "`isinstance\\(treespec, LeafSpec\\)` is deprecated",
    "You're resuming from a checkpoint that ended before the epoch ended",
    "GPU available but not used",
)
"""What Lightning says though all is well: torch 2.13's tree API; our data module does resume in mid-epoch."""


@dataclass
class Session:
    """A run put together, ready to go.

    run: its directory.
    trainer, learner, data: what Lightning needs.
    acting, evaluating: None where nobody acts.
    stop: which signal asked to stop, if any.
    """

    run: RunDirectory
    trainer: Trainer
    learner: LightningModule
    data: ReplayData
    acting: Acting | None
    evaluating: Evaluating | None
    stop: StopRequest

    @property
    def score(self) -> Score | None:
        """The last evaluation."""
        return self.evaluating.last if self.evaluating else None

    def go(self, checkpoint: Path | None = None) -> None:
        """Trains to the end of the budget, or until a signal asks to stop."""
        try:
            with warnings.catch_warnings():
                for message in LIGHTNING_WARNINGS:
                    warnings.filterwarnings("ignore", message)
                with memory_errors_in_words(self.data):
                    self.trainer.fit(self.learner, datamodule=self.data, ckpt_path=checkpoint)
        finally:
            self.close()

    def close(self) -> None:
        """Gives back signals, worlds, trackers and the run directory."""
        for callback in self.trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, StopOnSignal):
                callback.restore()
        for logger in self.trainer.loggers:
            if isinstance(logger, SafeWandb):
                logger.finish()
        for playing in (self.acting, self.evaluating):
            if playing is not None:
                playing.worlds.close()
        self.run.release()


def assemble(settings: Settings, console: Console, run: RunDirectory | None = None) -> Session:
    """Builds every part from the settings; a new run directory is made unless `run` is gone on with."""
    trainer, environment = settings.trainer, settings.environment
    prepare_machine(trainer.threads, trainer.keep_memory)
    seed_everything(trainer.seed, verbose=False)
    worlds = make_training_worlds(environment) if settings.acts else None
    buffer = None if worlds else load_buffer(settings.data, str(settings.data.experience))
    spec = (worlds or buffer).spec  # type: ignore[union-attr]
    run = run or RunDirectory.create(settings, spec)
    run.lock()
    run.tidy()
    run.add_machine(f"{machine_in_words()}, {choose_precision(trainer.precision, trainer.accelerator)}")
    buffer = buffer or make_buffer(settings.data, spec, environment.count, run.experience)
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    say(f"run: {run.path}")
    say(memory_in_words(spec, settings.data.capacity, settings.data.compress))

    schedule, stop = make_schedule(trainer), StopRequest()
    total = trainer.max_gradient_steps or schedule.gradient_steps_for(trainer.max_steps)
    data = ReplayData(settings.data, buffer, total, trainer.seed)
    learner = make_learner(settings, spec)
    if warning := room_on_disk(run.path, learner, spec, settings.data.capacity if worlds else 0):
        say(warning)
    if worlds is None:
        acting = evaluating = None
        keeper = KeepCheckpoints(
            run.checkpoints, trainer.checkpoint_every, lambda: learner.trainer.global_step, None, say
        )
        progress = ShowProgress(console, total, None, lambda: None)
    else:
        discount = settings.agent.discount
        acting = Acting(worlds, buffer, schedule, trainer.max_steps, trainer.seed + 1, discount, stop, say)
        keeper = KeepCheckpoints(
            run.checkpoints, trainer.checkpoint_every, lambda: buffer.environment_steps, buffer, say
        )
        evaluating = make_evaluating(settings, buffer, keeper, stop)
        progress = ShowProgress(console, total, lambda: buffer.environment_steps, acting.recent_return)
    # the order matters: what was learned is remembered before more is lived; that is counted, evaluated, then kept
    counting = Counting(buffer, acting, trainer.log_every)
    clipping = ClipGradient(settings.agent.world_model_clip) if trainer.learner == "world_model" else None
    skipping = SkipBadUpdates(run.not_finite, say)
    settling = Settling(trainer.settle, total) if trainer.settle else None
    learning = (skipping, clipping, settling, Remembering(data))
    parts = (StopOnSignal(stop), KeepRandomness(), *learning, acting, counting, evaluating, keeper, progress)
    callbacks: list[Callback] = [part for part in parts if part is not None]
    lightning = make_trainer(trainer, total, callbacks, make_loggers(settings, run))
    return Session(run, lightning, learner, data, acting, evaluating, stop)


def make_training_worlds(environment: EnvironmentSettings) -> Worlds:
    """The worlds that are lived in."""
    return make_worlds(environment, environment.count, evaluation=False, restarts=environment.restarts)


def make_evaluating(settings: Settings, buffer: ReplayBuffer, keeper: KeepCheckpoints, stop: StopRequest) -> Evaluating:
    """Evaluation in worlds of its own, in which a lost life never ends a game."""
    trainer = settings.trainer
    games = trainer.evaluation_episodes
    environment, count = settings.environment, min(games, MOST_EVALUATION_WORLDS)
    worlds = make_worlds(environment, count, evaluation=True, restarts=environment.restarts)
    return Evaluating(worlds, buffer, keeper, trainer.evaluate_every, games, trainer.evaluation_epsilon, stop)


def make_learner(settings: Settings, spec: Spec) -> LightningModule:
    """The module that is trained: the agent, or the world model alone."""
    if settings.trainer.learner == "world_model":
        world_model = WorldModel(spec, settings.world_model)
        if settings.trainer.compile:
            world_model.compile_parts()
        return world_model
    agent = Agent(spec, settings.world_model, settings.agent)
    agent.diagnose_every = settings.trainer.log_every
    capture_parts(agent)
    if settings.trainer.compile:
        compile_parts(agent)
    return agent


def make_loggers(settings: Settings, run: RunDirectory) -> list[Logger]:
    """Our own record, and Weights & Biases beside it."""
    loggers: list[Logger] = [MetricsFile(run.path)]
    if settings.trainer.wandb != "off":
        mirror = SafeWandb(run.path, mode=settings.trainer.wandb, project=settings.trainer.wandb_project)
        mirror.log_hyperparams(settings_to_dict(settings))
        loggers.append(mirror)
    return loggers


def make_trainer(settings: TrainerSettings, total: int, callbacks: list[Callback], loggers: list[Logger]) -> Trainer:
    """Lightning's trainer, with everything of ours in place of its defaults."""
    return Trainer(
        max_steps=total,
        accelerator=settings.accelerator,
        devices=settings.devices,
        precision=choose_precision(settings.precision, settings.accelerator),  # type: ignore[arg-type]
        logger=loggers,
        log_every_n_steps=0,  # rows are written by Counting
        callbacks=callbacks,
        plugins=[DirectoryCheckpointIO()],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
