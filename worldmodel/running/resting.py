"""Rest: nothing comes from the world, and values are learned from movies, from dreams, or from both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldmodel.experience import LatentState, Movie, Trajectory
from worldmodel.learning import Agent, AgentSettings
from worldmodel.model import WorldModel
from worldmodel.replay import gain
from worldmodel.replay.starts import look_ahead

REACHED = 0.5
"""Probability from which on a dreamt moment counts as one that was reached."""
LEAST_GAIN = 0.01
"""Gain, in units of return, below which nothing is left to be planned."""
REHEARSALS = 40
"""Gradient steps in which one moment's new values are learned, and those of the others kept."""


@dataclass(frozen=True)
class Log:
    """What was replayed, in its order.

    seen: `[R, S*K]`, the stochastic latent of every replayed moment.
    event: `[R]` int64, a number for every movie and every dream.
    """

    seen: np.ndarray
    event: np.ndarray


def without_values(world_model: WorldModel, settings: AgentSettings) -> Agent:
    """An agent that knows the world but not yet what is worth anything in it."""
    agent = Agent(world_model.spec, world_model.settings, settings)
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
        replayed = agent.replay(agent.world_model.observe(movie))
        loss = torch.stack([weight * learned.loss for weight, learned, _ in replayed.values()]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        agent.follow()
        agent.gradient_steps += 1
        for kind, (_, _, trajectory) in replayed.items():
            trajectories.setdefault(kind, []).append(trajectory)
    return {kind: _log(found) for kind, found in trajectories.items()}


@torch.no_grad()
def awake(agent: Agent, movie: Movie) -> LatentState:
    """The state `[1]` in which the agent is when the movie `[1, T]` has been seen."""
    return agent.world_model.observe(movie).latent[:, -1]


def plan(agent: Agent, now: LatentState, backups: int) -> np.ndarray:
    """Replays, one after the other, the moments whose replay gains most (Mattar & Daw 2018); what was seen in each.

    The moments are those to which each action leads from `now` `[1]`. One is replayed by looking one imagined step
    ahead under every action; its values then are what was found, and those of the other moments stay. It ends after
    `backups` moments, or when nothing is left to gain. Returns `[R, S*K]`.
    """
    model, network = agent.world_model, agent.q_network
    optimizer = torch.optim.Adam(network.parameters(), lr=agent.settings.learning_rate)
    with torch.no_grad():
        states = model.predict(now[torch.zeros(model.actions, dtype=torch.long)], torch.arange(model.actions))
    seen: list[np.ndarray] = []
    while len(seen) < backups:
        with torch.no_grad():
            before = network.values(states)
            after = look_ahead(model, states, network.values, agent.settings.discount)
            gains = gain(before, after) * (model.continues(states) > REACHED)
        best = int(gains.argmax())
        if gains[best] < LEAST_GAIN:
            break
        seen.append(states.stochastic[best].numpy())
        before[best] = after[best]
        for _ in range(REHEARSALS):
            loss = network.two_hot.cross_entropy(network(states), before).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return np.array(seen).reshape(len(seen), states.stochastic.shape[-1])


def _log(trajectories: list[Trajectory]) -> Log:
    """Moments that were reached, trajectory by trajectory."""
    seen, event, number = [], [], 0
    for trajectory in trajectories:
        latent = trajectory.latent.stochastic.detach()
        reached = torch.cat([torch.ones_like(trajectory.weight[:, :1]), trajectory.weight], 1) >= REACHED
        for row, there in zip(latent, reached, strict=True):
            seen.append(row[there].numpy())
            event.append(np.full(len(seen[-1]), number))
            number += 1
    return Log(np.concatenate(seen), np.concatenate(event))
