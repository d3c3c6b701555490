"""Latents of life, movies and dreams, of a counter whose pixels say (episode, step, last action)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from test_running_replayed import ledger, lived

from worldmodel.memory import open_experience
from worldmodel.memory.ledger import IMAGINED, MOVIE
from worldmodel.memory.movies import read_movies
from worldmodel.running.loading import load_agent, load_ledger
from worldmodel.running.replays import STRETCH, Stream, cut_life, dream, replayed_clips, watch


@pytest.fixture
def run(counter_run):
    return load_agent(counter_run), open_experience(counter_run), load_ledger(counter_run)


def test_life_is_cut_without_overlap_and_within_episodes():
    buffer = lived().buffer
    clips = cut_life(buffer, 10_000, context=2, seed=0)
    rows = [
        (int(lane), row) for lane, a, b in zip(clips.lane, clips.start, clips.stop, strict=True) for row in range(a, b)
    ]
    assert len(rows) == len(set(rows)), "episodes are shorter than a stretch, so that there is no context"
    movie = read_movies(buffer, clips, 2).movie
    assert not movie.first[:, 1:].any() and len(rows) >= 0.9 * len(buffer)


def test_long_episodes_are_cut_into_stretches_with_context_before(run):
    _, buffer, _ = run
    clips = cut_life(buffer, 40, context=2, seed=0)
    assert len(clips) == 2 and (clips.sizes <= STRETCH + 2).all()
    other = cut_life(buffer, 40, context=2, seed=1)
    assert not np.array_equal(clips.start, other.start) or not np.array_equal(clips.lane, other.lane)


def test_movies_of_the_ledger_are_found_again_newest_last():
    buffer = lived().buffer
    movies = [(1, MOVIE, 1, 2, 4, 1), (1, IMAGINED, 1, 3, 15, np.nan), (2, MOVIE, 3, 0, 5, 1)]
    clips = replayed_clips(ledger(*movies, (3, MOVIE, 99, 0, 4, 1), (3, MOVIE, 3, 8, 40, 1)), buffer, 10)
    movie = read_movies(buffer, clips, 0).movie
    assert movie.episode.tolist() == [1, 3] and movie.start.tolist() == [2, 0] and movie.mask.sum(1).tolist() == [4, 5]
    newest = replayed_clips(ledger(*movies), buffer, 1)
    assert read_movies(buffer, newest, 0).movie.episode.tolist() == [3]
    assert len(replayed_clips(ledger(), buffer, 5)) == 0


def test_what_the_ledger_of_a_run_says_was_replayed_is_watched(run):
    agent, buffer, entries = run
    clips = replayed_clips(entries, buffer, 12)
    stream = watch(agent, buffer, clips, context=2, batch=5)
    movie = read_movies(buffer, clips, 2).movie
    assert len(clips) == 12 and len(stream.latents) == int(movie.learnable.sum())
    assert np.array_equal(np.bincount(stream.event), movie.learnable.sum(1).numpy())
    assert (np.diff(stream.event) >= 0).all() and np.isfinite(stream.latents).all()


def test_dreams_begin_where_they_say_and_know_how_far_rewards_are(run):
    agent, buffer, entries = run
    clips = replayed_clips(entries, buffer, 8)
    torch.manual_seed(0)
    found = dream(agent, buffer, clips, context=2, batch=4, most=7, acts=True, reached=0)
    assert len(found.until) == len(found.since) == 7 and int(found.stream.event.max()) == 6
    assert (np.bincount(found.stream.event) == agent.settings.horizon + 1).all()
    assert (found.until == 1).all(), "every step of the counter pays"
    assert set(found.since.tolist()) <= {0, np.iinfo(np.int64).max}
    with torch.random.fork_rng():
        ended = dream(agent, buffer, clips, 2, 4, 7, acts=False, reached=1.1)
    assert (np.bincount(ended.stream.event) == 1).all(), "where nothing counts as reached, only what was looked at"


def test_a_part_of_a_stream_is_numbered_anew():
    stream = Stream(np.arange(6.0)[:, None], np.array([0, 0, 1, 2, 2, 2]))
    part = stream.of(np.array([False, True, True]))
    assert part.latents[:, 0].tolist() == [2, 3, 4, 5] and part.event.tolist() == [0, 1, 1, 1]
