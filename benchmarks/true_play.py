"""True play in place of dreams: stretches of MinAtar that begin anywhere, and what a Q-network reads of them."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from einops import rearrange
from shots import side_by_side
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.environments.minatar import MinAtarGame
from worldmodel.experience import LatentState, Trajectory
from worldmodel.learning import Agent, AgentSettings
from worldmodel.learning.q_network import EpsilonGreedy
from worldmodel.model import WorldModel
from worldmodel.model.layers import mlp
from worldmodel.replay.holding import Holding

Step = Callable[[MinAtarGame, int], tuple[float, bool]]
"""Plays an action in a game: the reward, and whether the game ended."""
CHANNELS = 16
"""Of the convolution that reads frames."""
EPSILONS, MOMENTS, KEPT = (0.0, 0.02, 0.05, 0.1, 0.3, 1.0), 15_000, 0.3
"""How an agent plays for moments, how many there are at least, and which share of all is kept."""
FIRST_GAME = 1_000
"""Seed of the first game that is played for moments."""


@dataclass(frozen=True)
class Moment:
    """A game in the middle, and the state `[F]` in which an agent was that played it, where one did."""

    game: MinAtarGame
    state: Tensor | None = None


class Reader(Protocol):
    """What a Q-network knows of games `[N]`."""

    def trunk(self, units: int, layers: int) -> nn.Sequential:
        """What turns it into `[..., units]`."""

    def begin(self, games: list[MinAtarGame]) -> LatentState:
        """At their beginnings."""

    def at(self, moments: list[Moment]) -> LatentState:
        """In the middle."""

    def after(self, before: LatentState, action: Tensor, games: list[MinAtarGame]) -> LatentState:
        """When `action` `[N]` was taken."""


class FramesToNumbers(nn.Module):
    """Frames as flat rows `[..., 100*C]`, entries 0 and 1, to `[..., 100*CHANNELS]`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.see = nn.Conv2d(channels, CHANNELS, 3, padding=1)

    def forward(self, frames: Tensor) -> Tensor:
        """Every cell with the eight around it, the same way everywhere."""
        images = rearrange(frames.reshape(-1, 10, 10, self.see.in_channels), "n h w c -> n c h w")
        return nn.functional.silu(self.see(images)).reshape(*frames.shape[:-1], -1)


class Frames:
    """Reads the frame of `channels` channels, and remembers nothing."""

    def __init__(self, channels: int) -> None:
        self.channels = channels

    def trunk(self, units: int, layers: int) -> nn.Sequential:
        """A convolution of 3 x 3 cells first."""
        return nn.Sequential(FramesToNumbers(self.channels), *mlp(100 * CHANNELS, units, layers))

    def begin(self, games: list[MinAtarGame]) -> LatentState:
        """States `[N]` without a memory."""
        return LatentState(cells(games).flatten(1) / 255, 0)

    def at(self, moments: list[Moment]) -> LatentState:
        """As at the beginning."""
        return self.begin([moment.game for moment in moments])

    def after(self, before: LatentState, action: Tensor, games: list[MinAtarGame]) -> LatentState:
        """As at the beginning."""
        return self.begin(games)


class States:
    """Reads the states of a world model that sees the games."""

    def __init__(self, world_model: WorldModel) -> None:
        self.model = world_model

    def trunk(self, units: int, layers: int) -> nn.Sequential:
        """As an agent has it."""
        return self.model.head(units, layers)

    def begin(self, games: list[MinAtarGame]) -> LatentState:
        """Nothing is known of before."""
        return self._see(self.model.initial(len(games)), torch.zeros(len(games), dtype=torch.long), games, first=True)

    def at(self, moments: list[Moment]) -> LatentState:
        """As the agent was that played them, whose world model must be this one."""
        return LatentState(torch.stack([moment.state for moment in moments]), self.model.recurrent_units)

    def after(self, before: LatentState, action: Tensor, games: list[MinAtarGame]) -> LatentState:
        """What games that ended show is seen as if they went on: nothing is learned there."""
        return self._see(before, action, games, first=False)

    def _see(self, before: LatentState, action: Tensor, games: list[MinAtarGame], first: bool) -> LatentState:
        return self.model.update(before, action, cells(games), torch.full((len(games),), first))


def cells(games: list[MinAtarGame]) -> Tensor:
    """What N games show, `[N, 10, 10, C]` uint8."""
    return torch.from_numpy(np.stack([game._cells() for game in games]))


def as_it_is(game: MinAtarGame, action: int) -> tuple[float, bool]:
    """The game's own answer."""
    _, reward, ended, _, _ = game.step(np.int64(action))
    return reward, ended


def waveless(game: MinAtarGame, action: int) -> tuple[float, bool]:
    """As it is, but the last alien falls for nothing, and then nothing happens any more."""
    left = int(game._game.alien_map.sum())
    if left == 0:
        return 0.0, False
    reward, ended = as_it_is(game, action)
    if left == 1 and reward > 0:
        game._game.alien_map[:] = 0
        return 0.0, ended
    return reward, ended


class TruePlay:
    """Stretches of true play in place of dreams, as many and as long.

    begin: a seed to a moment to go on from.
    step: plays one action in a game; the reward, and whether it ended.
    reader: what the Q-network that acts knows.
    goes_on: whether games go on from one call to the next; where not, each begins anew, and what would come after its
        end does not count. For readers of frames.
    """

    def __init__(
        self, agent: AgentSettings, begin: Callable[[int], Moment], step: Step, reader: Reader, goes_on: bool
    ) -> None:
        assert agent.rollouts is not None
        self.count, self.horizon = agent.rollouts, agent.horizon
        self.begin, self.step, self.reader, self.goes_on = begin, step, reader, goes_on
        self.holding, self.rng = Holding(agent.dream_zeta), np.random.default_rng(1)
        self.moments = [self._next() for _ in range(self.count)]
        self.actions = len(self.moments[0].game.action_names)

    @torch.no_grad()
    def __call__(self, policy: EpsilonGreedy) -> Trajectory:
        """Trajectories `[rollouts, H]`."""
        if not self.goes_on:
            self.moments = [self._next() for _ in range(self.count)]
        games = [moment.game for moment in self.moments]
        first = torch.randint(self.actions, (self.count,))
        held = self.holding.draw(self.count, first.device) * (torch.arange(self.count) % 2)
        states, actions = [self.reader.at(self.moments)], []
        reward, continues, mask = torch.zeros(3, self.count, self.horizon)
        alive = np.ones(self.count, bool)
        for step in range(self.horizon):
            action = torch.where(step < held, first, policy.choose(states[-1]))
            mask[:, step] = torch.from_numpy(alive)
            for i in np.flatnonzero(alive):
                reward[i, step], ended = self.step(games[i], int(action[i]))
                continues[i, step] = not ended
                if ended and self.goes_on:
                    self.moments[i] = self._next()
                    games[i] = self.moments[i].game
                alive[i] = self.goes_on or not ended
            actions.append(action)
            states.append(self.reader.after(states[-1], action, games))
        trace = torch.ones_like(reward)
        trace[:, -1] = 0
        return Trajectory(LatentState.stack(states, 1), torch.stack(actions, 1), reward, continues, mask, trace, mask)

    def _next(self) -> Moment:
        return self.begin(int(self.rng.integers(2**31)))


def moments(agent: Agent, module: str) -> list[Moment]:
    """Games in the middle, of players from the agent itself to one that acts at random."""
    found: list[Moment] = []
    rng, first = np.random.default_rng(0), FIRST_GAME
    for number, epsilon in enumerate(EPSILONS, 1):
        while len(found) < MOMENTS * number / len(EPSILONS):
            for played, _, going_on, state in side_by_side(agent, 25, first, epsilon, module):
                kept = [i for i in going_on if rng.random() < KEPT]
                found += [Moment(copy.deepcopy(played[i]), state.latent.features[i].clone()) for i in kept]
            first += 25
    return found


def new_game(module: str, sticky_actions: float, seed: int) -> MinAtarGame:
    """A game at its beginning."""
    game = MinAtarGame(module, minimal_actions=False, sticky_actions=sticky_actions)
    game.reset(seed=seed)
    return game


def one_of(pool: list[Moment], seed: int) -> Moment:
    """A copy of one of the moments, with a chance of its own."""
    moment = pool[seed % len(pool)]
    game = copy.deepcopy(moment.game)
    game._game.random = np.random.RandomState(seed)
    return Moment(game, moment.state)
