"""What perfect dreams would be worth: a fresh Q-network, taught by the game itself in place of a model.

    python benchmarks/true_dreams.py RUN moments 4000
    python benchmarks/true_dreams.py RUN life 4000 [settings]
    python benchmarks/true_dreams.py RUN waveless 4000
    python benchmarks/true_dreams.py RUN states 4000
    python benchmarks/true_dreams.py RUN dreams 4000

RUN played a game of MinAtar. Its settings, which further arguments change as those of train.py do, say how many dreams
there are, how long they are, and how a Q-network learns from them. Every gradient step teaches a fresh one, which a
convolution of 3 x 3 cells lets read frames, by as many stretches of true play. With `moments` they begin at moments of
games that the agent of RUN has played, greedily up to at random, as dreams begin in the memory: what a faithful world
model could teach. With `life` games just go on from one gradient step to the next, and begin anew where they end: what
an unlimited life could. `waveless` is `moments` of Space Invaders in which the last alien of a wave falls for nothing,
and no other wave comes: what dreams make of it (see shots.py). In half of the stretches some action is tried first, as
in dreams.

The Q-network of `states` learns from true play as that of `moments` does, but reads what that of RUN does: states of
its world model, which sees what is played. So the two differ by what is lost in seeing. That of `dreams` reads them as
well, and learns from dreams of the world model that begin at the same moments, with no movies: it differs from `states`
by what is wrong in dreams. Prints the mean score of 100 greedy games, with its 95 % interval, every 500 gradient steps.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from true_play import Frames, Moment, Reader, States, TruePlay, as_it_is, moments, new_game, one_of, waveless

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.environments.naming import MINATAR_GAMES, minatar_game
from worldmodel.experience import Trajectory
from worldmodel.learning import AgentSettings
from worldmodel.learning.chosen_returns import dream_returns
from worldmodel.learning.q_learning import learn
from worldmodel.learning.q_network import EpsilonGreedy, QNetwork
from worldmodel.replay import ImaginationReplay
from worldmodel.replay.holding import Holding
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.running.statistics import summarise

Teacher = Callable[[EpsilonGreedy], Trajectory]
"""What a Q-network learns from, by the policy that acts in it."""
LESSONS = ("moments", "life", "waveless", "states", "dreams")
GAMES, LOOK_EVERY, FIRST_EVALUATED = 100, 500, 1_000_000
"""Games of an evaluation, gradient steps between two, seed of the first game."""


class Dreams:
    """Dreams of a world model, as many and as long as its agent has, from moments that the agent has played."""

    def __init__(self, states: States, agent: AgentSettings, pool: list[Moment]) -> None:
        assert agent.rollouts is not None
        self.states, self.pool, self.count = states, pool, agent.rollouts
        self.replay = ImaginationReplay(states.model, agent.horizon, agent.rollouts, Holding(agent.dream_zeta))
        self.rng = np.random.default_rng(1)

    def __call__(self, policy: EpsilonGreedy) -> Trajectory:
        """Trajectories `[rollouts, H]`."""
        begun = [self.pool[i] for i in self.rng.integers(len(self.pool), size=self.count)]
        return self.replay.dream(self.states.at(begun), policy)


@torch.no_grad()
def scores(values: QNetwork, reader: Reader, module: str, sticky_actions: float) -> list[float]:
    """Of `GAMES` greedy games, side by side."""
    games = [new_game(module, sticky_actions, FIRST_EVALUATED + number) for number in range(GAMES)]
    alive, found, state = np.ones(GAMES, bool), np.zeros(GAMES), reader.begin(games)
    while alive.any():
        action = values.values(state).argmax(-1)
        for i in np.flatnonzero(alive):
            reward, ended = as_it_is(games[i], int(action[i]))
            found[i] += reward
            alive[i] = not ended
        state = reader.after(state, action, games)
    return list(found)


def lesson(which: str, run: str, settings: Settings, module: str, channels: int) -> tuple[Teacher, Reader]:
    """What teaches, and what is read; frames have `channels` channels."""
    frames = Frames(channels)
    if which == "life":

        def begin(seed: int) -> Moment:
            return Moment(new_game(module, settings.environment.sticky_actions, seed))

        return TruePlay(settings.agent, begin, as_it_is, frames, goes_on=True), frames
    agent = load_agent(run)
    pool, states = moments(agent, module), States(agent.world_model)
    if which == "dreams":
        return Dreams(states, settings.agent, pool), states
    reader = states if which == "states" else frames
    step = waveless if which == "waveless" else as_it_is
    return TruePlay(settings.agent, partial(one_of, pool), step, reader, goes_on=False), reader


def main(run: str, which: str, steps: str, *arguments: str) -> None:
    """Learns, plays and prints."""
    if which not in LESSONS:
        raise SystemExit(f"true_dreams.py: {which!r} is none of {', '.join(LESSONS)}")
    directory = RunDirectory.open(run)
    settings, spec = read_settings(Settings, ["--config", str(directory.config), *arguments]), directory.spec()
    agent, world_model, environment = settings.agent, settings.world_model, settings.environment
    prepare_machine(1, keep_memory=True)
    torch.manual_seed(0)
    named = minatar_game(environment.id)
    if named is None or named[1]:  # side_by_side plays with all actions
        raise SystemExit(
            f"true_dreams.py: {run} must have played a game of MinAtar with all actions, not {environment.id}"
        )
    module = MINATAR_GAMES[named[0]]
    teach, reader = lesson(which, run, settings, module, spec.observation_shape[-1])
    trunk = reader.trunk(agent.units, agent.layers)
    online = QNetwork(trunk, agent.units, len(spec.actions), world_model.bins, world_model.bin_limit)
    target = copy.deepcopy(online).requires_grad_(False)
    policy, returns = EpsilonGreedy(target, agent.dream_epsilon), dream_returns(agent)
    optimizer = torch.optim.Adam(online.parameters(), lr=agent.learning_rate)
    print(f"{run}, {which} {' '.join(arguments)}; {machine_in_words()}", flush=True)
    for step in range(1, int(steps) + 1):
        loss = learn(teach(policy), online, target, returns, agent.discount).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(online.parameters(), agent.q_clip)
        optimizer.step()
        torch._foreach_lerp_(list(target.parameters()), list(online.parameters()), agent.target_rate)
        if step % LOOK_EVERY == 0:
            score = summarise(scores(target, reader, module, environment.sticky_actions), environment.id)
            print(f"{step:6d} gradient steps: {score.mean:6.2f} ({score.low:.2f} to {score.high:.2f})", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
