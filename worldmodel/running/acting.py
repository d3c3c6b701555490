"""Awake: between two gradient steps the agent acts in its worlds and records what it lives."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from lightning import Callback, LightningModule, Trainer

from worldmodel.environments import Worlds
from worldmodel.experience import Step
from worldmodel.learning import Agent
from worldmodel.memory import ReplayBuffer
from worldmodel.running.calibration import Calibration
from worldmodel.running.players import AgentPlayer
from worldmodel.running.schedule import Schedule
from worldmodel.running.signals import StopRequest


class Acting(Callback):
    """Keeps the environment steps up with the gradient steps, as the schedule wants them.

    There are at most `max_steps` of them in all, and the first are random, until learning begins. `scores` holds the
    last hundred whole games, unclipped.
    """

    def __init__(
        self,
        worlds: Worlds,
        buffer: ReplayBuffer,
        schedule: Schedule,
        max_steps: int,
        seed: int,
        discount: float,
        stop: StopRequest | None = None,
    ) -> None:
        self.worlds, self.buffer, self.schedule = worlds, buffer, schedule
        self.max_steps = max_steps
        self.stop = StopRequest() if stop is None else stop
        self.generator = np.random.default_rng(seed)
        self.calibration = Calibration(worlds.count, discount)
        self.scores: deque[float] = deque(maxlen=100)
        self.games = 0
        self.running_scores = np.zeros(worlds.count)
        self.step: Step | None = None
        self.player: AgentPlayer | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Enters the worlds, and fills the memory before the first gradient step."""
        assert isinstance(pl_module, Agent)
        self.enter(pl_module)
        with trainer.precision_plugin.forward_context():
            self.live(pl_module)
        if self.stop:
            trainer.should_stop = True

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Lives the environment steps that are due before the next gradient step."""
        assert isinstance(pl_module, Agent)
        with trainer.precision_plugin.forward_context():
            self.live(pl_module)

    def enter(self, agent: Agent) -> None:
        """Begins a game in every world, the past forgotten."""
        self.player = AgentPlayer(agent)
        self.player.begin(self.worlds.count)
        self.running_scores[:] = 0
        self.step = self.worlds.reset(self._seeds())
        self.buffer.record(self.step)

    def live(self, agent: Agent) -> None:
        """Acts until the environment steps that are due are done, or a signal asks to stop.

        All worlds move together, so that up to N - 1 more steps are lived than are due, but never more than
        `max_steps`.
        """
        due = self.schedule.environment_steps_due(agent.gradient_steps)
        last = self.max_steps - self.worlds.count
        while self.buffer.environment_steps < due and self.buffer.environment_steps <= last and not self.stop:
            self.live_one_step(agent)

    def live_one_step(self, agent: Agent) -> None:
        """One moment in all worlds: answer, see what follows, and enter the next episode where one ended."""
        assert self.step is not None and self.player is not None
        lived = self.buffer.environment_steps
        self.player.epsilon = 1.0 if lived < self.schedule.environment_steps_due(0) else agent.epsilon(lived)
        actions = self.player.act(self.step)
        self.buffer.answer(actions)
        self.step = self.worlds.step(actions)
        self.buffer.record(self.step)
        self.calibration.record(self.player.expected(), self.step)
        self._count_scores(self.step)
        if self.step.ended.any():
            ended = self.step.ended
            self.step = self.worlds.restart(ended, self._seeds())
            self.buffer.record(self.step, only=ended)

    def metrics(self) -> dict[str, float]:
        """Counters, the mean score of the last whole games, and whether they went as expected."""
        found: dict[str, float] = {"acting/games": self.games, "acting/buffer_steps": len(self.buffer)}
        found |= self.calibration.metrics()
        if (score := self.recent_return()) is not None:
            found["acting/return"] = score
        return found

    def recent_return(self) -> float | None:
        """Mean score of the last whole games, None before the first."""
        return float(np.mean(self.scores)) if self.scores else None

    def state_dict(self) -> dict[str, Any]:
        """Random state and scores; the open games themselves cannot be saved."""
        return {
            "generator": self.generator.bit_generator.state,
            "scores": list(self.scores),
            "games": self.games,
            "calibration": self.calibration.state_dict(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on with the random state and scores; open games count as truncated."""
        self.generator.bit_generator.state = state_dict["generator"]
        self.scores.extend(state_dict["scores"])
        self.games = state_dict["games"]
        self.calibration.load_state_dict(state_dict["calibration"])
        self.buffer.close_open_episodes()

    def _count_scores(self, step: Step) -> None:
        """Sums rewards over whole games."""
        self.running_scores += step.reward
        for lane in np.flatnonzero(step.game_over):
            self.scores.append(float(self.running_scores[lane]))
            self.games += 1
            self.running_scores[lane] = 0

    def _seeds(self) -> list[int]:
        """A fresh seed for each world."""
        return [int(seed) for seed in self.generator.integers(2**31, size=self.worlds.count)]
