"""Life, movies and dreams of a world with eight states in a ring, that is mostly gone round one way."""

import numpy as np

from worldmodel.running.replays import Dreams, Stream
from worldmodel.studies.gathering import Gathered, States, make_states

STATES = 8


def ring(events, rows, forward, seed) -> Stream:
    """Latents that lie near one of eight corners: on to the next (or back) in 8 of 10 steps, else anywhere."""
    generator = np.random.default_rng(seed)
    places = generator.integers(STATES, size=(events, rows))
    for t in range(1, rows):
        goes_on = generator.random(events) < 0.8
        places[:, t] = np.where(goes_on, (places[:, t - 1] + forward) % STATES, places[:, t])
    latents = np.eye(STATES)[places.ravel()] * 9 + generator.normal(0, 0.1, (events * rows, STATES))
    return Stream(latents.astype(np.float32), np.repeat(np.arange(events), rows))


def gathered(dreams: int = 1) -> Gathered:
    """dreams: 1 for dreams that run forward, -1 for reverse ones; half begin before a reward, half after one."""
    near, far = np.arange(60) % 2 == 0, np.iinfo(np.int64).max
    dreamt = Dreams(ring(60, 8, dreams, 3), np.where(near, 3, far), np.where(near, far, 2))
    return Gathered(ring(40, 20, 1, 0), ring(40, 20, 1, 1), ring(40, 12, 1, 2), dreamt, "nowhere")


def named(dreams: int = 1) -> States:
    return make_states(gathered(dreams), STATES, 0)
