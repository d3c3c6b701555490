"""What an analysis of replay looks at: life, movies and dreams of a run, as latents and as states."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from worldmodel.analysis.episodes import stays_within
from worldmodel.analysis.experienced_transitions import one_way_pairs, transition_counts
from worldmodel.analysis.latent_clusters import LatentClusters, cluster_latents
from worldmodel.analysis.requirements import require
from worldmodel.learning import Agent
from worldmodel.memory.clips import Clips
from worldmodel.memory.data import make_order
from worldmodel.running.loading import load_ledger
from worldmodel.running.replays import Dreams, Stream, cut_life, dream, replayed_clips, watch
from worldmodel.running.resting import REACHED
from worldmodel.studies.dreaming import Dreamer

LIFE_ROWS, MOST_MOVIES, MOST_DREAMS = 6_000, 200, 400
MOST_LAGS = 6


@dataclass(frozen=True)
class Gathered:
    """The latents of a run.

    life, left_out: two halves of the life that was looked at, stretch by stretch.
    movies, dreams: what was replayed, and what is dreamt from there. source: where movies are from, in words.
    """

    life: Stream
    left_out: Stream
    movies: Stream
    dreams: Dreams
    source: str


@dataclass(frozen=True)
class States:
    """Everything gathered as S states: `[T]` int with the event `[T]` of each moment.

    counts: `[S, S]`, how often life (not what was left out) made each step.
    order: `[S, S]` of 0 and 1, those of its steps that it made mostly in one direction.
    """

    clusters: LatentClusters
    life: tuple[np.ndarray, np.ndarray]
    left_out: tuple[np.ndarray, np.ndarray]
    movies: tuple[np.ndarray, np.ndarray]
    dreams: tuple[np.ndarray, np.ndarray]
    counts: np.ndarray
    order: np.ndarray


def gather(dreamer: Dreamer, seed: int, reached: float = REACHED) -> Gathered:
    """Looks at life, at what was replayed of it, and dreams from there.

    reached: probability that life has gone on so far from which on a dreamt moment counts.
    """
    data, agent, lived = dreamer.settings.data, dreamer.agent, dreamer.lived
    clips, source = _movies(dreamer, seed)
    look = (data.context, data.batch_size)
    life = watch(agent, lived, cut_life(lived, LIFE_ROWS, data.context, seed), *look)
    odd = np.arange(int(life.event.max()) + 1) % 2 == 1
    acts = dreamer.settings.trainer.learner == "agent"
    dreams = dream(agent, lived, clips, *look, MOST_DREAMS, acts, reached)
    return Gathered(life.of(~odd), life.of(odd), watch(agent, lived, clips, *look), dreams, source)


def untrained(dreamer: Dreamer, seed: int) -> Dreamer:
    """The same dreamer with a network that has learned nothing, as a control."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        agent = Agent(dreamer.agent.spec, dreamer.settings.world_model, dreamer.settings.agent)
    return replace(dreamer, agent=agent.to(dreamer.agent.device).eval())


def make_states(gathered: Gathered, number: int, seed: int) -> States:
    """Clusters of life, and what every stream is in them.

    Raises `AnalysisError` where life has too few different latents, or no pair of states with one direction.
    """
    clusters = cluster_latents(gathered.life.latents, number, seed)
    life, left_out, movies, dreams = (
        (clusters.states(each.latents), each.event)
        for each in (gathered.life, gathered.left_out, gathered.movies, gathered.dreams.stream)
    )
    counts = transition_counts(life[0], number, life[1])
    return States(clusters, life, left_out, movies, dreams, counts, one_way_pairs(counts, number))


def usable_lags(states: States) -> list[int]:
    """Lags from 1 up at which left-out life, movies and dreams all have enough pairs; `AnalysisError` without."""
    lags = []
    for lag in range(1, MOST_LAGS + 1):
        streams = (states.left_out, states.movies, states.dreams)
        pairs = min(int(stays_within(len(event), lag, event).sum()) for _, event in streams)
        if pairs < len(states.counts) + 2:
            break
        lags.append(lag)
    require(bool(lags), f"moments: too few follow each other for {len(states.counts)} states; lower --states")
    return lags


def _movies(dreamer: Dreamer, seed: int) -> tuple[Clips, str]:
    """The newest movies of the ledger, or, without one, some that the data's order chooses."""
    data, lived = dreamer.settings.data, dreamer.lived
    ledger = load_ledger(dreamer.directory.path)
    if ledger is not None:
        clips = replayed_clips(ledger, lived, MOST_MOVIES)
        if len(clips):
            return clips, "the ledger of replay, the newest that are still stored"
    length = max(2, min(data.sequence_length, len(lived)))
    clips = make_order(data).choose(np.random.default_rng(seed), lived.store, MOST_MOVIES, length)
    part = slice(MOST_MOVIES)
    return Clips.alike(clips.lane[part], clips.start[part], clips.stop[part]), (
        f"the order “{data.order}”, drawn anew, since no ledger of this run tells what was replayed"
    )
