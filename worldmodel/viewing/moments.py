"""A recorded moment twice: what the movie shows next, and what imagination makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.learning.q_network import EpsilonGreedy
from worldmodel.memory import ReplayBuffer
from worldmodel.memory.clips import Clips
from worldmodel.memory.movies import read_movies
from worldmodel.running.replayed import ReplayedEpisode

LOOK = 16
"""Rows before a moment that the world model looks at, the moment itself included."""
AHEAD = 5
"""Steps before a reward at which its moment begins."""


@dataclass(frozen=True)
class Dreamt:
    """What is imagined from a moment on. Row 0 of every array is the moment itself, which was looked at.

    seen: `[H+1, ...]` observations; row 0 is the reconstruction.
    action: `[H]` int64.
    reward: `[H+1]`, expected for arriving.
    """

    seen: np.ndarray
    action: np.ndarray
    reward: np.ndarray


@dataclass(frozen=True)
class Moment:
    """A row of a recorded episode, and what follows.

    titles: why it is shown.
    row: of the stored rows of its episode.
    movie: `[R, ...]`, what was recorded from there on, R = H + 1 or fewer where the recording ends.
    action, reward: `[R-1]` int64 and `[R]`, as recorded.
    followed: imagined under the recorded actions, R - 1 steps.
    chosen: imagined under the actions that the agent chooses, H steps; None where there is no agent.
    """

    titles: list[str]
    row: int
    movie: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    followed: Dreamt
    chosen: Dreamt | None


def choose_moments(episode: ReplayedEpisode) -> dict[int, list[str]]:
    """Rows of an episode that are worth a look, in their order, and why: each has a row after it."""
    last = len(episode) - 2
    reasons = {
        "Most dreamt from": int(episode.dreams[: last + 1].argmax()),
        "Most often in movies": int(episode.movies[: last + 1].argmax()),
    }
    if not episode.dreams.any():
        del reasons["Most dreamt from"]
    if episode.reward.any():
        paid = int(np.abs(episode.reward).argmax())
        reasons["Before the largest reward"] = min(last, max(0, paid - AHEAD))
    rows: dict[int, list[str]] = {}
    for title, row in sorted(reasons.items(), key=lambda reason: reason[1]):
        rows.setdefault(row, []).append(title)
    return rows


@torch.no_grad()
def show_moment(
    agent: Agent, lived: ReplayBuffer, episode: ReplayedEpisode, row: int, titles: list[str], horizon: int, acts: bool
) -> Moment:
    """What followed row `row` of the stored rows of an episode, and up to `horizon` steps imagined from there.

    acts: whether there is an agent that chooses.
    """
    begin, stop = max(0, row - LOOK + 1), min(len(episode), row + horizon + 1)
    lane, first = np.array([episode.lane]), np.array([episode.row])
    movie = read_movies(lived, Clips.alike(lane, first + begin, first + stop), 0).movie.to(agent.device)
    now, model = row - begin, agent.world_model
    start = model.observe(movie).latent[:, now]
    taken = movie.action[:, now:-1]
    chosen = None
    if acts:
        policy = EpsilonGreedy(agent.target_network, 0)
        states, actions = model.imagine(start, policy.choose(start), policy.choose, horizon)
        chosen = _dreamt(agent, states, actions)
    return Moment(
        titles=titles,
        row=row,
        movie=movie.observation[0, now:].cpu().numpy(),
        action=taken[0].cpu().numpy(),
        reward=movie.reward[0, now:].cpu().numpy(),
        followed=_dreamt(agent, model.follow(start, taken), taken),
        chosen=chosen,
    )


def _dreamt(agent: Agent, states: LatentState, actions: torch.Tensor) -> Dreamt:
    """A dream of states `[1, H+1]` and actions `[1, H]`."""
    model = agent.world_model
    return Dreamt(
        seen=model.decode(states[0]).cpu().numpy(),
        action=actions[0].cpu().numpy(),
        reward=model.reward(states)[0].float().cpu().numpy(),
    )
