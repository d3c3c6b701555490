"""What a subject's recurrent state says of an object's place: position and sequence, whatever it looks like.

Liu et al. 2019 found codes of both in people, shared by all objects, beside that of the object itself. Here they are
read from the recurrent state alone, learned from walks of the training day, and tested on dreams of objects that were
never seen on a walk, so that no code of looks can serve. The first moment of a walk is left out: the action that led
to it names its slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import cohen_kappa_score

from worldmodel.analysis.chains import transition_matrix
from worldmodel.analysis.decoding import Decoders, train_decoders
from worldmodel.analysis.episodes import with_silence
from worldmodel.analysis.lab_criteria import CHAINS
from worldmodel.analysis.sequenceness import sequenceness
from worldmodel.environments.replay_story import ReplayStory
from worldmodel.model import WorldModel
from worldmodel.running.resting import Log
from worldmodel.running.stories import tell

POSITIONS = len(CHAINS[0]) - 1
"""Positions that can be reached on a walk: all but the first."""


@dataclass(frozen=True)
class Probes:
    """Decoders of recurrent states `[rows, D]`: position on a walk, counted from the second, and sequence."""

    position: Decoders
    sequence: Decoders


@torch.no_grad()
def train_probes(world_model: WorldModel, story: ReplayStory, seed: int, walks: int) -> Probes:
    """Both probes from so many walks of the training day, from objects chosen by chance."""
    generator = np.random.default_rng(seed)
    recurrent, states = [], []
    for walk in range(walks):
        told = tell(story, seed * walks + walk, choose=lambda: int(generator.integers(2 * len(CHAINS[0]))))
        walking = np.array([phase == "walk" for phase in told.phase])
        later = walking & np.roll(walking, 1)
        recurrent.append(world_model.observe(told.movie).latent.recurrent[0].numpy()[later])
        states.append(told.state[later])
    rows, labels = np.concatenate(recurrent), np.concatenate(states)
    return Probes(
        train_decoders(rows, _position(labels), POSITIONS), train_decoders(rows, _sequence(labels), len(CHAINS))
    )


def structure(probes: Probes, log: Log, activity: np.ndarray, least: float) -> dict[str, float | None]:
    """How far both probes agree with the objects of dreams: Cohen's kappa, 0 for agreement by chance, 1 for all of it.

    activity: `[R, 8]` of the objects; at least `least` for a moment to count. None where there are too few.
    """
    state = np.where(activity.max(1) > least, activity.argmax(1), -1)
    begins = np.r_[True, np.diff(log.event) != 0]
    after = np.arange(len(state)) - np.maximum.accumulate(np.where(begins, np.arange(len(state)), 0))
    # row 0 of a dream is the moment it begins at, row 1 the object that was chosen
    there = (after > 1) & (state >= 0) & (_position(state) >= 0)
    found: dict[str, float | None] = {}
    for name, probe, labels in (
        ("position", probes.position, _position(state)),
        ("sequence", probes.sequence, _sequence(state)),
    ):
        if len(np.unique(labels[there])) < 2:
            found[name] = None
            continue
        guessed = probe.activations(log.recurrent[there]).argmax(1)
        found[name] = float(cohen_kappa_score(labels[there], guessed))
    return found


def transfer(probes: Probes, log: Log, lags: tuple[int, ...]) -> list[float]:
    """D by lag of decoded positions, second to last, in the dreams of a log: whether mere structure is run through."""
    activity = with_silence(probes.position.activations(log.recurrent), log.event, max(lags))
    order = transition_matrix([tuple(range(POSITIONS))], POSITIONS)
    return sequenceness(activity, order, lags).difference.tolist()


def _position(state: np.ndarray) -> np.ndarray:
    return state % len(CHAINS[0]) - 1


def _sequence(state: np.ndarray) -> np.ndarray:
    return state // len(CHAINS[0])
