"""The latents of a life, of the movies that were replayed of it, and of dreams that begin in these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldmodel.analysis.reward_times import steps_since_reward, steps_to_next_reward
from worldmodel.experience import Movie, Observed
from worldmodel.learning import Agent
from worldmodel.learning.q_network import EpsilonGreedy
from worldmodel.memory import ReplayBuffer
from worldmodel.memory.clips import Clips
from worldmodel.memory.ledger import MOVIE
from worldmodel.memory.movies import read_movies
from worldmodel.running.resting import REACHED

STRETCH = 48
"""Rows of a stretch of life."""


@dataclass(frozen=True)
class Stream:
    """Moments one after the other.

    latents: `[T, F]`, features of the world model's state.
    event: `[T]` int64, the movie, dream or stretch of life that each is of, from 0 up.
    """

    latents: np.ndarray
    event: np.ndarray

    def of(self, events: np.ndarray) -> Stream:
        """Those of some events, by a mask `[E]`, numbered anew."""
        kept = events[self.event]
        return Stream(self.latents[kept], (np.cumsum(events) - 1)[self.event[kept]])


@dataclass(frozen=True)
class Dreams:
    """E dreams.

    stream: from the moment at which each begins, looked at, to where life has probably ended in it.
    until: `[E]` int64, steps of recorded life from its beginning to the next reward; since: from the last reward.
    """

    stream: Stream
    until: np.ndarray
    since: np.ndarray


def cut_life(lived: ReplayBuffer, rows: int, context: int, seed: int) -> Clips:
    """Stretches of all that is stored, without overlap, drawn until they have about `rows` rows beside their context.

    Each begins with `context` rows of the stretch before, to be looked at only, or with its episode.
    """
    lanes, starts, stops = [], [], []
    for lane in range(lived.lanes):
        episode, first = lived.store.column(lane, "episode"), int(lived.index.start[lane])
        bounds = np.r_[0, np.flatnonzero(np.diff(episode)) + 1, len(episode)]
        for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            for start in range(begin, end - 1, STRETCH):
                lanes.append(lane)
                starts.append(first + max(begin, start - context))
                stops.append(first + min(start + STRETCH, end))
    order = np.random.default_rng(seed).permutation(len(lanes))[: max(2, rows // STRETCH)]
    return Clips.alike(*(np.array(each, np.int64)[order] for each in (lanes, starts, stops)))


def replayed_clips(ledger: np.ndarray, lived: ReplayBuffer, most: int) -> Clips:
    """The newest `most` movies of a ledger that are still stored as wholes, the oldest first; maybe none."""
    movies = ledger[ledger["source"] == MOVIE][::-1]
    where: dict[int, tuple[int, int, int, int]] = {}
    for lane in range(lived.lanes):
        episodes, begins, sizes = np.unique(lived.store.column(lane, "episode"), return_index=True, return_counts=True)
        steps = lived.store.column(lane, "step")[begins]
        first = int(lived.index.start[lane])
        for episode, begin, size, step in zip(episodes, begins, sizes, steps, strict=True):
            where[int(episode)] = (lane, first + int(begin), int(size), int(step))
    found = []
    for entry in movies:
        if int(entry["episode"]) in where:
            lane, first, size, step = where[int(entry["episode"])]
            begin = int(entry["start"]) - step
            if begin >= 0 and begin + int(entry["length"]) <= size:
                found.append((lane, first + begin, first + begin + int(entry["length"])))
        if len(found) == most:
            break
    return Clips.alike(*np.array(found[::-1], np.int64).reshape(-1, 3).T)


@torch.no_grad()
def watch(agent: Agent, lived: ReplayBuffer, clips: Clips, context: int, batch: int) -> Stream:
    """The clips as the world model sees them, context left out."""
    latents, events, number = [], [], 0
    for part in _batches(clips, batch):
        observed = _observed(agent, lived, part, context)
        for row, there in enumerate(observed.movie.learnable):
            latents.append(observed.latent.features[row, there].float().cpu().numpy())
            events.append(np.full(len(latents[-1]), number))
            number += 1
    return Stream(np.concatenate(latents), np.concatenate(events))


@torch.no_grad()
def dream(
    agent: Agent,
    lived: ReplayBuffer,
    clips: Clips,
    context: int,
    batch: int,
    most: int,
    acts: bool,
    reached: float = REACHED,
) -> Dreams:
    """Up to `most` dreams from moments of the clips, by the agent's own settings; at random where nobody `acts`.

    reached: probability from which on a dreamt moment counts.
    """
    policy = EpsilonGreedy(agent.target_network, agent.settings.dream_epsilon if acts else 1.0)
    distances = [_reward_distances(lived, lane) for lane in range(lived.lanes)]
    latents: list[np.ndarray] = []
    events: list[np.ndarray] = []
    until: list[int] = []
    since: list[int] = []
    for part in _batches(clips, batch):
        observed = _observed(agent, lived, part, context)
        trajectory = agent.imagination_replay(observed, policy)
        assert trajectory.origin is not None
        there = torch.cat([torch.ones_like(trajectory.weight[:, :1]), trajectory.weight], 1) >= reached
        for row, (clip, begin) in enumerate(trajectory.origin.tolist()):
            latents.append(trajectory.latent.features[row, there[row]].float().cpu().numpy())
            events.append(np.full(len(latents[-1]), len(until)))
            lane = int(part.lane[clip])
            place = int(part.start[clip]) + begin - int(lived.index.start[lane])
            until.append(int(distances[lane][0][place]))
            since.append(int(distances[lane][1][place]))
            if len(until) == most:
                break
        if len(until) == most:
            break
    return Dreams(Stream(np.concatenate(latents), np.concatenate(events)), np.array(until), np.array(since))


def _observed(agent: Agent, lived: ReplayBuffer, clips: Clips, context: int) -> Observed:
    movie: Movie = read_movies(lived, clips, context).movie
    return agent.world_model.observe(movie.to(agent.device))


def _batches(clips: Clips, size: int) -> list[Clips]:
    columns = (clips.lane, clips.start, clips.stop, clips.priority, clips.weight)
    return [Clips(*(each[begin : begin + size] for each in columns)) for begin in range(0, len(clips), size)]


def _reward_distances(lived: ReplayBuffer, lane: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps to the next reward and since the last one, for every stored row of a lane."""
    reward, episode = lived.store.column(lane, "reward"), lived.store.column(lane, "episode")
    if len(reward) == 0:
        return reward, reward
    return steps_to_next_reward(reward, episode), steps_since_reward(reward, episode)
