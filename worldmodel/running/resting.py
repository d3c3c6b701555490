"""Rest: nothing comes from the world, and values are learned from movies, from dreams, or from both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from worldmodel.experience import LatentState, Movie, Trajectory
from worldmodel.learning import Agent, AgentSettings
from worldmodel.model import WorldModel
from worldmodel.replay import gain
from worldmodel.replay.starts import look_ahead

REACHED = 0.5
"""Probability from which on a dreamt moment counts as one that was reached."""
LEAST_GAIN = 0.02
"""Gain, in units of return, below which nothing is left to be planned; more than a coin that is drawn once brings."""
DRAWS = 64
"""Imagined steps that are averaged for each action that is looked ahead under."""
REHEARSALS = 40
"""Gradient steps in which one moment's new values are learned, and those of the others kept."""


@dataclass(frozen=True)
class Log:
    """What was replayed, in its order.

    seen: `[R, S*K]`, the stochastic latent of every replayed moment.
    recurrent: `[R, D]`, the recurrent state in it.
    event: `[R]` int64, a number for every movie and every dream.
    """

    seen: np.ndarray
    recurrent: np.ndarray
    event: np.ndarray


def without_values(world_model: WorldModel, settings: AgentSettings) -> Agent:
    """An agent that knows the world but not yet what is worth anything in it; its world model is trained no more."""
    agent = Agent(world_model.spec, world_model.settings, replace(settings, world_model_rate=1.0))
    agent.world_model.load_state_dict(world_model.state_dict())
    agent.world_model.requires_grad_(False)
    return agent


def rest(agent: Agent, movie: Movie, steps: int) -> dict[str, Log]:
    """Learns values in `steps` gradient steps on replays of one movie `[1, T]`; what was replayed, by its kind.

    The world model does not change. Dreams begin as the agent's settings say.
    """
    optimizer = torch.optim.Adam(agent.q_network.parameters(), lr=agent.settings.learning_rate)
    trajectories: dict[str, list[Trajectory]] = {}
    for _ in range(steps):
        for kind, trajectory in learn_values(agent, movie, optimizer).items():
            trajectories.setdefault(kind, []).append(trajectory)
    return {kind: _log(found) for kind, found in trajectories.items()}


def learn_values(agent: Agent, movie: Movie, optimizer: torch.optim.Optimizer) -> dict[str, Trajectory]:
    """One gradient step of the Q-network alone on replays of movies `[B, T]`; what was replayed, by its kind."""
    replayed = agent.replay(agent.world_model.observe(movie))
    loss = torch.stack([weight * learned.loss for weight, learned, _ in replayed.values()]).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    agent.follow()
    agent.gradient_steps += 1
    return {kind: trajectory for kind, (_, _, trajectory) in replayed.items()}


@torch.no_grad()
def awake(agent: Agent, movie: Movie) -> LatentState:
    """The state `[1]` in which the agent is when the movie `[1, T]` has been seen."""
    return agent.world_model.observe(movie).latent[:, -1]


@torch.no_grad()
def dream_of(agent: Agent, now: LatentState, action: int, horizon: int) -> LatentState:
    """The moments `[M]` of one dream from `now` `[1]`, begun by `action`, as long as life goes on in them.

    What is done after the first action is what the agent would do.
    """
    model, moments = agent.world_model, [now]
    chosen = torch.full((1,), action, device=now.features.device)
    while len(moments) <= horizon:
        reached = model.predict(moments[-1], chosen)
        if model.continues(reached) < REACHED:
            break
        moments.append(reached)
        chosen = agent.target_network.values(reached).argmax(-1)
    return LatentState.concatenate(moments)[1:]


def plan(agent: Agent, moments: LatentState, backups: int) -> np.ndarray:
    """Replays, one after the other, the moments `[M]` of a dream whose replay gains most (Mattar & Daw 2018).

    One is replayed by looking one imagined step ahead under every action; its values then are what was found, and those
    of the other moments stay. It ends after `backups` moments, or when nothing is left to gain. Returns which moments
    were replayed, `[R]` int64.
    """
    model, network = agent.world_model, agent.q_network
    optimizer = torch.optim.Adam(network.parameters(), lr=agent.settings.learning_rate)
    replayed: list[int] = []
    while len(replayed) < backups and len(moments.features):
        with torch.no_grad():
            before = network.values(moments)
            after = look_ahead(model, moments, network.values, agent.settings.discount, DRAWS)
            gains = gain(before, after)
        best = int(gains.argmax())
        if gains[best] < LEAST_GAIN:
            break
        replayed.append(best)
        before[best] = after[best]
        for _ in range(REHEARSALS):
            loss = network.two_hot.cross_entropy(network(moments), before).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return np.array(replayed, np.int64)


def _log(trajectories: list[Trajectory]) -> Log:
    """Moments that were reached, trajectory by trajectory."""
    seen, recurrent, event, number = [], [], [], 0
    for trajectory in trajectories:
        reached = torch.cat([torch.ones_like(trajectory.weight[:, :1]), trajectory.weight], 1) >= REACHED
        for row, there in enumerate(reached):
            latent = trajectory.latent[row]
            seen.append(latent.stochastic[there].detach().numpy())
            recurrent.append(latent.recurrent[there].detach().numpy())
            event.append(np.full(len(seen[-1]), number))
            number += 1
    return Log(np.concatenate(seen), np.concatenate(recurrent), np.concatenate(event))
