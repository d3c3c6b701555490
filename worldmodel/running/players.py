"""Who plays: the agent, or chance; and how whole games are played side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch

from worldmodel.environments import Worlds
from worldmodel.experience import LatentState, Step, Table
from worldmodel.learning import ActingState, Agent
from worldmodel.running.signals import StopRequest


class Player(Protocol):
    """Answers what the worlds say."""

    def begin(self, count: int) -> None:
        """Forgets everything, to play N games from their beginning."""
        ...

    def act(self, step: Step) -> np.ndarray:
        """Actions `[N]` int64 for what is seen now."""
        ...


class RandomPlayer:
    """Every action equally often: what a score must be compared with."""

    def __init__(self, actions: int, seed: int) -> None:
        self.actions = actions
        self.generator = np.random.default_rng(seed)
        self.count = 0

    def begin(self, count: int) -> None:
        """Nothing to forget."""
        self.count = count

    def act(self, step: Step) -> np.ndarray:
        """Actions `[N]` drawn uniformly."""
        return self.generator.integers(self.actions, size=self.count)


class AgentPlayer:
    """The agent, with the target network and a fixed epsilon."""

    def __init__(self, agent: Agent, epsilon: float = 0.0) -> None:
        self.agent = agent
        self.epsilon = epsilon
        self.state: ActingState | None = None

    def begin(self, count: int) -> None:
        """Forgets the games before."""
        self.state = self.agent.initial_state(count)

    def act(self, step: Step) -> np.ndarray:
        """Actions `[N]` of the agent, whose state moves on."""
        assert self.state is not None, "begin comes first"
        device = self.agent.device
        observation = torch.from_numpy(step.observation).to(device)
        first = torch.from_numpy(step.first).to(device)
        actions, self.state = self.agent.act(observation, first, self.state, self.epsilon)
        return actions.cpu().numpy()

    def state_dict(self) -> dict[str, Any]:
        """What it carries from moment to moment, as tensors."""
        assert self.state is not None, "begin comes first"
        latent, table = self.state.latent, self.state.latent.table
        return {
            "features": latent.features,
            "table": None if table is None else {"entries": table.entries, "written": table.written},
            **{name: getattr(self.state, name) for name in ("action", "held", "value")},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where `state` was taken."""
        own = {name: torch.as_tensor(state[name]).to(self.agent.device) for name in ("action", "held", "value")}
        table = state["table"] and Table(
            *(state["table"][name].to(self.agent.device) for name in ("entries", "written"))
        )
        features = state["features"].to(self.agent.device)
        self.state = ActingState(LatentState(features, self.agent.world_model.recurrent_units, table), **own)

    def expected(self) -> np.ndarray:
        """What the last actions were expected to bring, `[N]`."""
        assert self.state is not None, "begin comes first"
        return self.state.value.cpu().numpy()


@contextmanager
def separate_randomness(seed: int) -> Iterator[None]:
    """Draws from torch's generators inside do not move the ones outside."""
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


def play(worlds: Worlds, player: Player, games: int, seed: int, stop: StopRequest | None = None) -> list[float]:
    """Scores of `games` whole games, in the order of their seeds, unclipped.

    World n plays the games n, n + N, n + 2N, ...: which games count does not depend on how long they last. Game i has
    its own seed, whatever N is. An empty list where `stop` was asked for.
    """
    seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(games + worlds.count, np.uint32) >> 1]
    game = np.arange(worlds.count)
    scores = np.zeros(games)
    step = worlds.reset([seeds[g] for g in game])
    player.begin(worlds.count)
    while (game < games).any():
        if stop:
            return []
        step = worlds.step(player.act(step))
        playing = game < games
        scores[game[step.first & playing]] = 0  # a world broke: its game is another one now
        scores[game[playing]] += step.reward[playing]
        if step.ended.any():
            game = game + np.where(step.game_over, worlds.count, 0)
            step = worlds.restart(step.ended, [seeds[min(g, len(seeds) - 1)] for g in game.tolist()])
    return scores.tolist()
