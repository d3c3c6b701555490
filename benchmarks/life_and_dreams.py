"""Whether dreams bring what life brings: Space Invaders of MinAtar, gone on with by the game itself and by the model.

    python benchmarks/life_and_dreams.py RUN [GAMES] [TEMPERATURE ...]

plays greedily, and remembers some moments. From each of them the agent goes on for `HORIZON` steps, `TIMES` times in
copies of the game and as often in dreams, drawn at each temperature (1 as learned, 0 the likeliest; 1 where none is
given). Prints by the number of aliens that were left: what the Q-network expected; the discounted rewards that came
within `HORIZON` steps, and within the first `SOON`; the share of lives that went on to the end of them; the value
there, discounted; and the sum of rewards and value.
"""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from probes import LEFT
from shots import side_by_side
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.environments.minatar import MinAtarGame
from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.learning.agent import ActingState
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine

HORIZON, SOON, TIMES, FIRST_GAME, LONGEST = 20, 8, 4, 500, 600
"""Steps gone on for, the first of them, times that each moment is; the seed of the first game, steps of the longest."""
FEW, OF_FEW, OF_MANY = 3, 0.06, 0.02
"""Aliens up to which, and with which probability, a moment is remembered; and with which where more are left."""


@dataclass(frozen=True)
class Moments:
    """Moments of play, N of them.

    games: copies of the game. state: of the agent, `[N]`, `action` taken there. left: `[N]` aliens.
    """

    games: list[MinAtarGame]
    state: ActingState
    left: Tensor


@dataclass(frozen=True)
class Lives:
    """How N moments went on: rewards `[N, H]`, `[N, H]` probability to live after each step, value `[N]` after."""

    reward: Tensor
    alive: Tensor
    value: Tensor

    def came(self, discount: float) -> Tensor:
        """Rewards `[N, H]`, discounted, each by the probability that it was lived to see."""
        reached = torch.cat([torch.ones_like(self.alive[:, :1]), self.alive[:, :-1]], 1)
        return self.reward * reached * discount ** torch.arange(self.reward.shape[1])

    def after(self, discount: float) -> Tensor:
        """The value `[N]` that is left after the last step, discounted, by the probability to live then."""
        return discount ** self.reward.shape[1] * self.alive[:, -1] * self.value


@torch.no_grad()
def play(agent: Agent, count: int) -> Moments:
    """Plays `count` games side by side and remembers moments of them, each `TIMES` times."""
    rng, games, features, actions, left = np.random.default_rng(0), [], [], [], []
    for played, _, going_on, state in islice(side_by_side(agent, count, FIRST_GAME), LONGEST):
        for i in going_on:
            aliens = int(played[i]._game.alien_map.sum())
            if rng.random() < (OF_FEW if aliens <= FEW else OF_MANY):
                games += [copy.deepcopy(played[i]) for _ in range(TIMES)]
                features.append(state.latent.features[i])
                actions.append(state.action[i])
                left.append(aliens)
    latent = LatentState(torch.stack(features).repeat_interleave(TIMES, 0), agent.world_model.recurrent_units)
    action = torch.stack(actions).repeat_interleave(TIMES)
    nothing = torch.zeros_like(action)
    return Moments(
        games, ActingState(latent, action, nothing, nothing.float()), torch.tensor(left).repeat_interleave(TIMES)
    )


@torch.no_grad()
def lived(agent: Agent, moments: Moments) -> Lives:
    """The game goes on, with another chance for every copy."""
    count, games = len(moments.games), moments.games
    for number, game in enumerate(games):
        game._game.random = np.random.RandomState(number)
    seen = np.stack([game._cells() for game in games])
    reward, living, alive = torch.zeros(count, HORIZON), torch.zeros(count, HORIZON), np.ones(count, bool)
    action, state, never = moments.state.action, moments.state, torch.zeros(count, dtype=torch.bool)
    for step in range(HORIZON):
        for i in np.flatnonzero(alive):
            seen[i], reward[i, step], ended, _, _ = games[i].step(np.int64(action[i]))
            alive[i] = not ended
        living[:, step] = torch.from_numpy(alive)
        action, state = agent.act(torch.from_numpy(seen), never, state)
    return Lives(reward, living, agent.target_network.values(state.latent).amax(-1))


@torch.no_grad()
def dreamt(agent: Agent, moments: Moments, temperature: float) -> Lives:
    """The world model goes on, under the greedy policy."""
    model, state, action = agent.world_model, moments.state.latent, moments.state.action
    reward, going_on = [], []
    for _ in range(HORIZON):
        state, _ = model.foresee(state, action, temperature)
        values = agent.target_network.values(state)
        action = values.argmax(-1)
        reward.append(model.reward(state))
        going_on.append(model.continues(state))
    return Lives(torch.stack(reward, 1), torch.stack(going_on, 1).cumprod(1), values.amax(-1))


def in_words(lives: Lives, some: Tensor, discount: float) -> str:
    """The moments of `some` `[N]` bool on average."""
    came, after = lives.came(discount)[some], lives.after(discount)[some]
    return (
        f"rewards {came.sum(1).mean():.2f} (soon {came[:, :SOON].sum(1).mean():.2f}), "
        f"alive {lives.alive[some, -1].mean():.2f}, value after {after.mean():.2f}, "
        f"sum {(came.sum(1) + after).mean():.2f}"
    )


def main(run: str, games: str = "60", *temperatures: str) -> None:
    """Plays, goes on and prints."""
    prepare_machine(1, keep_memory=True)
    torch.manual_seed(0)
    agent = load_agent(run)
    moments, discount = play(agent, int(games)), agent.settings.discount
    expected = agent.target_network.values(moments.state.latent).amax(-1).detach()
    ways = {"life": lived(agent, moments)}
    ways |= {f"dreams at {t}": dreamt(agent, moments, float(t)) for t in temperatures or ("1",)}
    for low, high in LEFT:
        some = (moments.left >= low) & (moments.left <= high)
        print(f"{low} to {high} left, {int(some.sum()) // TIMES} moments, expected {expected[some].mean():.2f}")
        for name, lives in ways.items():
            print(f"    {name}: {in_words(lives, some, discount)}")
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
