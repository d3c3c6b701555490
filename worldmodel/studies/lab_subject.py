"""One subject of the replay lab: it has learned its training day; now it lives its test day, rests, and is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from worldmodel.analysis.chains import transition_matrix
from worldmodel.analysis.decoding import Decoders, held_out_accuracy, stratified_folds, train_decoders
from worldmodel.analysis.episodes import with_silence
from worldmodel.analysis.event_counts import run_counts
from worldmodel.analysis.lab_criteria import CHAINS
from worldmodel.analysis.sequenceness import empirical_transitions, explained_by
from worldmodel.environments.replay_story import ReplayStory
from worldmodel.environments.scrambles import slots, visual_transitions
from worldmodel.environments.true_order import true_transitions
from worldmodel.experience import Movie
from worldmodel.learning import Agent, AgentSettings
from worldmodel.model import WorldModel
from worldmodel.running.loading import load_agent
from worldmodel.running.resting import Log, awake, dream_of, plan, rest, without_values
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.stories import tell
from worldmodel.studies.lab_structure import structure, train_probes, transfer

LAGS = (1, 2, 3, 4)
"""In replayed moments; a dream passes four objects at most."""
STATES = 8
SHARES = (0.0, 0.5, 1.0)
ACCEPT = 0.5
"""Value from which on an object is accepted, half of what is paid."""
ENOUGH = 3
"""Moments for every state, below which sequenceness is not asked for."""
RIDGE = 1.0
"""See `empirical_transitions`: moments by which what was hardly ever replayed is held at no sequence."""
SILENT = 0.5
"""Activity below which no object counts as replayed, for exact counts."""
RESTING = AgentSettings(
    imagination_warmup=0,
    imagination_ramp=0,
    horizon=6,
    rollouts=9,
    dream_starts="end",
    movie_returns="uncut",
    discount=0.95,
    units=64,
    learning_rate=3e-3,
    target_rate=0.1,
)
BACKUPS = 20


@dataclass(frozen=True)
class Extent:
    """How much is measured of a subject.

    rest_steps: gradient steps of a rest. plans: dreams that are planned on.
    localisers: sessions of single looks at objects. walks: those of the training day that the probes learn from.
    """

    rest_steps: int = 100
    plans: int = 48
    localisers: int = 10
    walks: int = 300


WHOLE = Extent()


@dataclass(frozen=True)
class Subject:
    """Who is measured: what it learned, and the stories it is told.

    number: that of the subject, which is a seed, too.
    stories: keyword arguments of its `ReplayStory`.
    """

    number: int
    world_model: WorldModel
    stories: dict[str, Any]

    def test_day(self, cues: int = 1) -> ReplayStory:
        """Stories of objects that it has never seen."""
        return ReplayStory(**{**self.stories, "day": "test", "cues": cues})


def open_subject(run: Path, trained: bool = True) -> Subject:
    """The subject of a run of configs/replay_lab.yaml; an untrained one has the weights it began with."""
    settings = RunDirectory.open(run).settings()
    agent = load_agent(run)
    number = int(settings.environment.kwargs.get("subject", 0))
    if not trained:
        torch.manual_seed(number)
        usual = agent.world_model.standardise.state_dict()
        agent = Agent(agent.spec, settings.world_model, settings.agent).eval()
        agent.world_model.standardise.load_state_dict(usual)
    return Subject(number, agent.world_model, dict(settings.environment.kwargs))


def measure(subject: Subject, extent: Extent = WHOLE) -> dict[str, Any]:
    """Everything that is measured of one subject, as plain types; sequenceness has an entry for each of LAGS."""
    torch.manual_seed(subject.number)
    decoders, accuracy = localise(subject, extent.localisers)
    walks = ReplayStory(**{**subject.stories, "walks": 1})
    probes = train_probes(subject.world_model, walks, subject.number, extent.walks)
    uncued, cued = (tell(subject.test_day(cues), seed=subject.number) for cues in (0, 1))
    before = tell(subject.test_day(), seed=subject.number, options={"phase": "rest-before"})
    story = subject.test_day()
    story.reset(seed=subject.number)
    orders, where = _orders(story, cued.rewarded), slots(story.rule)
    found: dict[str, Any] = {"subject": subject.number, "decoding": accuracy, "sequenceness": {}, "runs": {}}
    for name, told in (("before", before), ("rest 1", uncued), ("rest 2", cued)):
        resting = without_values(subject.world_model, RESTING)
        for stream, log in rest(resting, told.movie, extent.rest_steps).items():
            activity = decoders.activations(log.seen)
            weights = _weights(activity, log.event)
            found["sequenceness"][f"{name}, {stream}"] = _sequenceness(weights, orders)
            found["runs"][f"{name}, {stream}"] = _runs(activity, log.event)
            if (name, stream) == ("before", "imagined"):
                found["transfer"] = transfer(probes, log, LAGS)
            if (name, stream) == ("rest 1", "imagined"):
                found["structure"] = structure(probes, log, activity, SILENT)
                found["weights"] = None if weights is None else weights.tolist()
    plans = _plans(subject, cued.movie, extent.plans)
    activity = decoders.activations(plans.seen) if len(plans.seen) else np.empty((0, STATES))
    found["planned"] = len(plans.seen)
    found["sequenceness"]["rest 2, planned"] = _sequenceness(_weights(activity, plans.event), orders)
    found["query"] = {str(share): query(subject, cued.movie, share, where, extent.rest_steps) for share in SHARES}
    found["slots"] = list(where)
    return found


@torch.no_grad()
def localise(subject: Subject, sessions: int = WHOLE.localisers) -> tuple[Decoders, float]:
    """Decoders of the test day's objects, trained on single looks at them, and their accuracy on looks held out."""
    told = [tell(subject.test_day(), seed, {"phase": "localise"}) for seed in range(sessions)]
    seen = [subject.world_model.observe(each.movie).latent.stochastic[0].numpy() for each in told]
    latents, labels = np.concatenate(seen), np.concatenate([each.state for each in told])
    folds = stratified_folds(labels, 5)
    return train_decoders(latents, labels, STATES), held_out_accuracy(latents, labels, STATES, folds).accuracy


def query(subject: Subject, movie: Movie, share: float, where: tuple[int, ...], steps: int) -> float:
    """Share of objects rightly accepted or declined, after a rest with this share of imagination on the cued story.

    where: the state of each slot. steps: gradient steps of the rest.
    """
    agent = without_values(subject.world_model, replace(RESTING, imagination_share=share))
    rest(agent, movie, steps)
    right = 0
    story = subject.test_day()
    for state in range(STATES):
        choose = partial(int, where.index(state))
        asked = tell(story, subject.number, {"phase": "query", "state": state}, choose)
        with torch.no_grad():
            value = agent.target_network.values(awake(agent, asked.movie)).max().item()
        right += (value > ACCEPT) == (state // len(CHAINS[0]) == asked.rewarded)
    return right / STATES


def _orders(story: ReplayStory, rewarded: int) -> dict[str, np.ndarray]:
    """The orders that are asked for, `[8, 8]` each."""
    return {
        "true": true_transitions(len(CHAINS), len(CHAINS[0])),
        "visual": visual_transitions(story.rule),
        "rewarded": transition_matrix([CHAINS[rewarded]], STATES),
        "neutral": transition_matrix([CHAINS[1 - rewarded]], STATES),
    }


def _weights(activity: np.ndarray, event: np.ndarray) -> np.ndarray | None:
    """Empirical transitions `[L, 8, 8]` of replays with silence between them, None where too few moments are active."""
    if len(activity) < ENOUGH * STATES:
        return None
    return empirical_transitions(with_silence(activity, event, max(LAGS)), LAGS, ridge=RIDGE)


def _sequenceness(weights: np.ndarray | None, orders: dict[str, np.ndarray]) -> dict[str, list[float | None]]:
    """Z_F - Z_B by lag of every order, None without weights."""
    if weights is None:
        return {name: [None] * len(LAGS) for name in orders}
    explained = {name: explained_by(order, weights) for name, order in orders.items()}
    return {name: (forward - backward).tolist() for name, (forward, backward) in explained.items()}


def _runs(activity: np.ndarray, event: np.ndarray) -> dict[str, list[float]]:
    """Exact counts of true runs of 2, 3 and 4 objects, and their mean over relabellings."""
    state = np.where(activity.max(1) > SILENT, activity.argmax(1), -1)
    counts = run_counts([state[event == number] for number in np.unique(event)], CHAINS)
    return {
        "forward": counts.forward.tolist(),
        "backward": counts.backward.tolist(),
        "relabelled": counts.permuted_forward.mean(0).tolist(),
    }


def _plans(subject: Subject, movie: Movie, count: int) -> Log:
    """A plan on every dream of a walk, several times, each from fresh values: what was replayed, and in which order."""
    seen, recurrent, event = [], [], []
    for number in range(count):
        agent = without_values(subject.world_model, RESTING)
        moments = dream_of(agent, awake(agent, movie), number % STATES, RESTING.horizon)
        replayed = moments[torch.from_numpy(plan(agent, moments, BACKUPS))]
        seen.append(replayed.stochastic.numpy())
        recurrent.append(replayed.recurrent.numpy())
        event.append(np.full(len(seen[-1]), number))
    return Log(np.concatenate(seen), np.concatenate(recurrent), np.concatenate(event))
