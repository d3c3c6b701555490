"""What perfect dreams would be worth: a Q-network that reads frames, taught by the game itself in place of a model.

    python benchmarks/true_dreams.py RUN moments 4000
    python benchmarks/true_dreams.py RUN life 4000 [settings]
    python benchmarks/true_dreams.py RUN waveless 4000

RUN played a game of MinAtar. Its settings, which further arguments change as those of train.py do, say how many dreams
there are, how long they are, and how a Q-network learns from them. Every gradient step teaches a fresh one, which a
convolution of 3 x 3 cells lets read frames, by as many stretches of true play. With `moments` they begin at moments of
games that the agent of RUN has played, greedily up to at random, as dreams begin in the memory: what a faithful world
model could teach. With `life` games just go on from one gradient step to the next, and begin anew where they end: what
an unlimited life could. `waveless` is `moments` of Space Invaders in which the last alien of a wave falls for nothing,
and no other wave comes: what dreams make of it (see shots.py). In half of the stretches some action is tried first, as
in dreams. Prints the mean score of 100 greedy games, with its 95 % interval, every 500 gradient steps.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from shots import side_by_side
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.environments.minatar import MinAtarGame
from worldmodel.environments.naming import MINATAR_GAMES, minatar_game
from worldmodel.experience import LatentState, Trajectory
from worldmodel.learning import Agent, AgentSettings
from worldmodel.learning.chosen_returns import dream_returns
from worldmodel.learning.q_learning import learn
from worldmodel.learning.q_network import EpsilonGreedy, QNetwork
from worldmodel.model.layers import mlp
from worldmodel.replay.holding import Holding
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.running.statistics import summarise

Step = Callable[[MinAtarGame, int], tuple[float, bool]]
"""Plays an action in a game: the reward, and whether the game ended."""
GAMES, LOOK_EVERY, CHANNELS = 100, 500, 16
"""Games of an evaluation, gradient steps between two, channels of the convolution."""
EPSILONS, MOMENTS, KEPT = (0.0, 0.02, 0.05, 0.1, 0.3, 1.0), 15_000, 0.3
"""How the agent of RUN plays for moments, how many there are at least, and which share of all is kept."""
FIRST_GAME, FIRST_EVALUATED = 1_000, 1_000_000
"""Seeds."""


class ReadFrames(nn.Module):
    """Frames as flat rows `[..., 100*C]`, entries 0 and 1, to `[..., 100*CHANNELS]`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.see = nn.Conv2d(channels, CHANNELS, 3, padding=1)

    def forward(self, frames: Tensor) -> Tensor:
        """Every cell with the eight around it, the same way everywhere."""
        images = rearrange(frames.reshape(-1, 10, 10, self.see.in_channels), "n h w c -> n c h w")
        return nn.functional.silu(self.see(images)).reshape(*frames.shape[:-1], -1)


def shown(games: list[MinAtarGame]) -> LatentState:
    """What N games show, as states `[N]` without a memory."""
    return LatentState(torch.from_numpy(np.stack([game._cells() for game in games])).flatten(1) / 255, 0)


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

    begin: a seed to a game to go on with, at a moment or at its beginning.
    step: plays one action in a game; the reward, and whether it ended.
    goes_on: whether games go on from one call to the next; where not, each begins anew, and what would come after its
        end does not count.
    """

    def __init__(self, agent: AgentSettings, begin: Callable[[int], MinAtarGame], step: Step, goes_on: bool) -> None:
        assert agent.rollouts is not None
        self.count, self.horizon = agent.rollouts, agent.horizon
        self.begin, self.step, self.goes_on = begin, step, goes_on
        self.holding, self.rng = Holding(agent.dream_zeta), np.random.default_rng(1)
        self.games = [self._next() for _ in range(self.count)]
        self.actions = len(self.games[0].action_names)

    @torch.no_grad()
    def __call__(self, policy: EpsilonGreedy) -> Trajectory:
        """Trajectories `[rollouts, H]`."""
        if not self.goes_on:
            self.games = [self._next() for _ in range(self.count)]
        first = torch.randint(self.actions, (self.count,))
        held = self.holding.draw(self.count, first.device) * (torch.arange(self.count) % 2)
        states, actions = [shown(self.games)], []
        reward, continues, mask = torch.zeros(3, self.count, self.horizon)
        alive = np.ones(self.count, bool)
        for step in range(self.horizon):
            action = torch.where(step < held, first, policy.choose(states[-1]))
            mask[:, step] = torch.from_numpy(alive)
            for i in np.flatnonzero(alive):
                reward[i, step], ended = self.step(self.games[i], int(action[i]))
                continues[i, step] = not ended
                if ended and self.goes_on:
                    self.games[i] = self._next()
                alive[i] = self.goes_on or not ended
            actions.append(action)
            states.append(shown(self.games))
        trace = torch.ones_like(reward)
        trace[:, -1] = 0
        return Trajectory(LatentState.stack(states, 1), torch.stack(actions, 1), reward, continues, mask, trace, mask)

    def _next(self) -> MinAtarGame:
        return self.begin(int(self.rng.integers(2**31)))


def moments(agent: Agent, module: str) -> list[MinAtarGame]:
    """Games in the middle, of players from the agent itself to one that acts at random."""
    found: list[MinAtarGame] = []
    rng, first = np.random.default_rng(0), FIRST_GAME
    for number, epsilon in enumerate(EPSILONS, 1):
        while len(found) < MOMENTS * number / len(EPSILONS):
            for played, _, going_on, _ in side_by_side(agent, 25, first, epsilon, module):
                found += [copy.deepcopy(played[i]) for i in going_on if rng.random() < KEPT]
            first += 25
    return found


def new_game(module: str, sticky_actions: float, seed: int) -> MinAtarGame:
    """A game at its beginning."""
    game = MinAtarGame(module, minimal_actions=False, sticky_actions=sticky_actions)
    game.reset(seed=seed)
    return game


def one_of(pool: list[MinAtarGame], seed: int) -> MinAtarGame:
    """A copy of one of the games, with a chance of its own."""
    game = copy.deepcopy(pool[seed % len(pool)])
    game._game.random = np.random.RandomState(seed)
    return game


@torch.no_grad()
def scores(values: QNetwork, module: str, sticky_actions: float) -> list[float]:
    """Of `GAMES` greedy games, side by side."""
    games = [new_game(module, sticky_actions, FIRST_EVALUATED + number) for number in range(GAMES)]
    alive, found = np.ones(GAMES, bool), np.zeros(GAMES)
    while alive.any():
        action = values.values(shown(games)).argmax(-1)
        for i in np.flatnonzero(alive):
            reward, ended = as_it_is(games[i], int(action[i]))
            found[i] += reward
            alive[i] = not ended
    return list(found)


def main(run: str, where: str, steps: str, *arguments: str) -> None:
    """Learns, plays and prints."""
    if where not in ("moments", "life", "waveless"):
        raise SystemExit(f"true_dreams.py: {where!r} is neither 'moments' nor 'life' nor 'waveless'")
    settings = read_settings(Settings, ["--config", str(RunDirectory.open(run).config), *arguments])
    agent, world_model, environment = settings.agent, settings.world_model, settings.environment
    prepare_machine(1, keep_memory=True)
    torch.manual_seed(0)
    named = minatar_game(environment.id)
    if named is None or named[1]:  # side_by_side plays with all actions
        raise SystemExit(
            f"true_dreams.py: {run} must have played a game of MinAtar with all actions, not {environment.id}"
        )
    module = MINATAR_GAMES[named[0]]
    if where == "life":
        play = TruePlay(agent, partial(new_game, module, environment.sticky_actions), as_it_is, goes_on=True)
    else:
        begin = partial(one_of, moments(load_agent(run), module))
        play = TruePlay(agent, begin, as_it_is if where == "moments" else waveless, goes_on=False)
    channels = play.games[0].observation_space.shape[-1]
    trunk = nn.Sequential(ReadFrames(channels), *mlp(100 * CHANNELS, agent.units, agent.layers))
    online = QNetwork(trunk, agent.units, play.actions, world_model.bins, world_model.bin_limit)
    target = copy.deepcopy(online).requires_grad_(False)
    policy, returns = EpsilonGreedy(target, agent.dream_epsilon), dream_returns(agent)
    optimizer = torch.optim.Adam(online.parameters(), lr=agent.learning_rate)
    print(f"{run}, {where} {' '.join(arguments)}; {machine_in_words()}", flush=True)
    for step in range(1, int(steps) + 1):
        loss = learn(play(policy), online, target, returns, agent.discount).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(online.parameters(), agent.q_clip)
        optimizer.step()
        torch._foreach_lerp_(list(target.parameters()), list(online.parameters()), agent.target_rate)
        if step % LOOK_EVERY == 0:
            score = summarise(scores(target, module, environment.sticky_actions), environment.id)
            print(f"{step:6d} gradient steps: {score.mean:6.2f} ({score.low:.2f} to {score.high:.2f})", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
