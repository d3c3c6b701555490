"""Evaluation on the way: every so many environment steps the agent plays whole games in worlds of its own."""

from __future__ import annotations

import time
from typing import Any

from lightning import Callback, LightningModule, Trainer

from worldmodel.environments import Worlds
from worldmodel.learning import Agent
from worldmodel.memory import ReplayBuffer
from worldmodel.running.keeping import KeepCheckpoints
from worldmodel.running.players import AgentPlayer, play, separate_randomness
from worldmodel.running.signals import StopRequest
from worldmodel.running.statistics import Score, summarise

EVALUATION_SEED = 1_000_003


class Evaluating(Callback):
    """Plays `games` games every `every` environment steps and at the end, with the target network and `epsilon`.

    The games are the same each time (same seeds), and playing them moves no random state of the training.
    """

    def __init__(
        self,
        worlds: Worlds,
        buffer: ReplayBuffer,
        keeper: KeepCheckpoints,
        every: int,
        games: int,
        epsilon: float = 0.0,
        stop: StopRequest | None = None,
    ) -> None:
        self.worlds, self.buffer, self.keeper = worlds, buffer, keeper
        self.every, self.games, self.epsilon = every, games, epsilon
        self.stop = StopRequest() if stop is None else stop
        self.due: int | None = None
        self.best: float | None = None
        self.last: Score | None = None
        self.last_step = -1

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The first evaluation is at the next multiple of the interval; one that a signal kept away is made up for."""
        if self.due is not None:
            self.evaluate_when_due(trainer, pl_module)
        elif not self.stop:
            self.due = (self.buffer.environment_steps // self.every + 1) * self.every

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Evaluates when it is time."""
        self.evaluate_when_due(trainer, pl_module)

    def evaluate_when_due(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Evaluates when it is time, and then again after the interval."""
        if self.due is not None and self.buffer.environment_steps >= self.due and self.evaluate(trainer, pl_module):
            self.due += self.every

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Evaluates in the end, unless that was just done or the run was asked to stop."""
        if not self.stop and self.last_step != self.buffer.environment_steps:
            self.evaluate(trainer, pl_module)

    def evaluate(self, trainer: Trainer, pl_module: LightningModule) -> bool:
        """Plays, logs the score, and keeps the checkpoint where it is the best so far; False where a signal came."""
        assert isinstance(pl_module, Agent)
        began, began_working = time.monotonic(), time.process_time()
        with separate_randomness(EVALUATION_SEED), trainer.precision_plugin.forward_context():
            scores = play(self.worlds, AgentPlayer(pl_module, self.epsilon), self.games, EVALUATION_SEED, self.stop)
        if not scores:
            trainer.should_stop = True
            return False
        score = summarise(scores, self.worlds.spec.environment)
        self.last, self.last_step = score, self.buffer.environment_steps
        numbers: dict[str, float] = {
            "environment_step": self.buffer.environment_steps,
            "gradient_step": pl_module.gradient_steps,
            "evaluation/seconds": time.monotonic() - began,
            "evaluation/processor_seconds": time.process_time() - began_working,
        }
        numbers |= {f"evaluation/{name}": value for name, value in score.to_json().items() if value is not None}
        for logger in trainer.loggers:
            logger.log_metrics(numbers, step=pl_module.gradient_steps)
            if hasattr(logger, "log_table"):
                logger.log_table("evaluation/scores", ["game", "score"], [[i, s] for i, s in enumerate(scores)])
        if self.best is None or score.mean > self.best:
            self.best = score.mean
            self.keeper.keep_best(trainer)
        return True

    def state_dict(self) -> dict[str, Any]:
        """The best score so far, and when the next evaluation is due."""
        return {"best": self.best, "due": self.due, "every": self.every}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on with the best score so far, and at the same steps unless the interval was changed."""
        self.best = state_dict["best"]
        self.due = state_dict.get("due") if state_dict.get("every") == self.every else None
