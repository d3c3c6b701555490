"""Awake: between two gradient steps the agent acts in its worlds and records what it lives."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from lightning import Callback, LightningModule, Trainer

from worldmodel.environments import Worlds
from worldmodel.experience import Step
from worldmodel.learning import Agent
from worldmodel.memory import ReplayBuffer
from worldmodel.running.calibration import Calibration
from worldmodel.running.open_games import OpenGames
from worldmodel.running.players import AgentPlayer
from worldmodel.running.schedule import Schedule
from worldmodel.running.signals import StopRequest


class Acting(Callback):
    """Keeps the environment steps up with the gradient steps, as the schedule wants them.

    There are at most `max_steps` of them in all, and the first are random, until learning begins. `scores` holds the
    last hundred whole games, unclipped. What a person should know is told to `say`.
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
        say: Callable[[str], None] = print,
    ) -> None:
        self.worlds, self.buffer, self.schedule = worlds, buffer, schedule
        self.max_steps = max_steps
        self.stop, self.say = StopRequest() if stop is None else stop, say
        self.generator = np.random.default_rng(seed)
        self.calibration = Calibration(worlds.count, discount)
        self.scores: deque[float] = deque(maxlen=100)
        self.games = 0
        self.restarts = 0  # of earlier sessions
        self.first_reward: int | None = None  # environment step after which anything was won or lost
        self.running_scores = np.zeros(worlds.count)
        self.step: Step | None = None
        self.player: AgentPlayer | None = None
        self.open = OpenGames(worlds.count)
        self.left: dict[str, Any] | None = None  # where an earlier session left the games that were open

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Enters the worlds, or comes back to them, and fills the memory before the first gradient step."""
        assert isinstance(pl_module, Agent)
        if self.left is None or not self.come_back(pl_module, self.left):
            self.enter(pl_module)
        self.left = None
        self.live_what_is_due(trainer, pl_module)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Lives the environment steps that are due before the next gradient step."""
        assert isinstance(pl_module, Agent)
        self.live_what_is_due(trainer, pl_module)

    def live_what_is_due(self, trainer: Trainer, agent: Agent) -> None:
        """Acts in the precision of the trainer; a signal that came meanwhile stops it."""
        with trainer.precision_plugin.forward_context():
            self.live(agent)
        if self.stop:
            trainer.should_stop = True

    def enter(self, agent: Agent) -> None:
        """Begins a game in every world, the past forgotten."""
        self.player = AgentPlayer(agent)
        self.player.begin(self.worlds.count)
        self.running_scores[:] = 0
        seeds = self._seeds()
        self.step = self.worlds.reset(seeds)
        self.open.begin(self.step.first, self.worlds.seeds)
        self.open.see(self.step)
        self.buffer.record(self.step)

    def come_back(self, agent: Agent, left: dict[str, Any]) -> bool:
        """Goes on with the games that were `left` open; where the worlds do not come back to them, they are closed.

        Closed episodes count as truncated. Returns whether the games go on.
        """
        self.open.load_state_dict(left["games"])
        self.step = self.open.come_back(self.worlds)
        if self.step is None:
            self.say(
                f"{self.worlds.spec.environment} does not come back to the games that were open: "
                "they count as truncated, and new ones begin"
            )
            self.buffer.close_open_episodes()
            self.calibration.forget_open()
            return False
        self.player = AgentPlayer(agent)
        self.player.load_state_dict(left["player"])
        self.running_scores = np.array(left["scores"])
        return True

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
        self.player.epsilon = 1.0 if lived < self.schedule.environment_steps_due(0) else self.epsilon(agent, lived)
        actions = self.player.act(self.step)
        self.buffer.answer(actions)
        self.open.answer(actions)
        self.step = self.worlds.step(actions)
        self.buffer.record(self.step)
        self.calibration.record(self.player.expected(), self.step)
        if self.step.first.any():
            self._forget_broken(self.step.first)
        self._count_scores(self.step)
        if self.step.ended.any():
            ended, over, seeds = self.step.ended, self.step.game_over, self._seeds()
            self.step = self.worlds.restart(ended, seeds)
            self.open.begin(over, self.worlds.seeds)
            self.buffer.record(self.step, only=ended)
        self.open.see(self.step)

    def epsilon(self, agent: Agent, lived: int) -> float:
        """Probability of a random action after `lived` steps; its schedule stands still from the prefill to a reward.

        Before the first one there is nothing to be greedy for; an agent whose schedule ended first would do one and the
        same for ever.
        """
        first = lived if self.first_reward is None else self.first_reward
        return agent.epsilon(lived - max(0, first - self.schedule.environment_steps_due(0)))

    def metrics(self) -> dict[str, float]:
        """Counters, the mean score of the last whole games, and whether they went as expected."""
        found: dict[str, float] = {"acting/games": self.games, "acting/buffer_steps": len(self.buffer)}
        found |= self.calibration.metrics()
        if (score := self.recent_return()) is not None:
            found["acting/return"] = score
        if restarts := self.restarts + self.worlds.restarts:
            found["environment/restarts"] = restarts
        return found

    def recent_return(self) -> float | None:
        """Mean score of the last whole games, None before the first."""
        return float(np.mean(self.scores)) if self.scores else None

    def state_dict(self) -> dict[str, Any]:
        """Random state, scores, and the games that are open."""
        state: dict[str, Any] = {
            "generator": self.generator.bit_generator.state,
            "scores": list(self.scores),
            "games": self.games,
            "restarts": self.restarts + self.worlds.restarts,
            "first_reward": self.first_reward,
            "calibration": self.calibration.state_dict(),
        }
        if self.player is not None:
            player, scores = self.player.state_dict(), self.running_scores.copy()
            state["open"] = {"games": self.open.state_dict(), "player": player, "scores": scores}
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on with the random state and scores; with the open games, once training begins."""
        self.generator.bit_generator.state = state_dict["generator"]
        self.scores.extend(state_dict["scores"])
        self.games = state_dict["games"]
        self.restarts = state_dict.get("restarts", 0)
        self.first_reward = state_dict.get("first_reward", 0)
        self.calibration.load_state_dict(state_dict["calibration"])
        self.left = state_dict.get("open")

    def _forget_broken(self, broken: np.ndarray) -> None:
        """Other games go on where a world broke (`[N]` bool); what the old ones would have brought is not known."""
        self.running_scores[broken] = 0
        self.calibration.forget_open(broken)
        self.open.begin(broken, self.worlds.seeds)

    def _count_scores(self, step: Step) -> None:
        """Sums rewards over whole games, and notes when the first came."""
        if self.first_reward is None and step.reward.any():
            self.first_reward = self.buffer.environment_steps
        self.running_scores += step.reward
        for lane in np.flatnonzero(step.game_over):
            self.scores.append(float(self.running_scores[lane]))
            self.games += 1
            self.running_scores[lane] = 0

    def _seeds(self) -> list[int]:
        """A fresh seed for each world."""
        return [int(seed) for seed in self.generator.integers(2**31, size=self.worlds.count)]
