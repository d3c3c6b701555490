"""The replay lab: many subjects learn a rule, live a test day, rest and are measured; controls must show nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from worldmodel.analysis.lab_criteria import CHAINS, Measured, beside_relabelled, group_test, judge
from worldmodel.analysis.state_permutations import relabelled_sequenceness
from worldmodel.atomic import write_whole
from worldmodel.environments.replay_story import ReplayStory
from worldmodel.environments.true_order import count_true_pairs
from worldmodel.errors import AnalysisError, FileError
from worldmodel.running.stories import tell
from worldmodel.studies.benchmark_run import Workplace
from worldmodel.studies.lab_days import CONFIG, IMAGES, RULE, UNTRAINED, Days, read_measured
from worldmodel.studies.lab_subject import SHARES, STATES, WHOLE, Extent
from worldmodel.viewing.lab_page import Control, LabPage, write_lab
from worldmodel.viewing.lab_plots import draw_sequenceness
from worldmodel.viewing.pages import inline

CONDITIONS: dict[str, dict[str, Any]] = {
    RULE: {},
    "shuffled-rule": {"environment.kwargs.rule": "shuffled"},
    # cues tell which slots are the ends of sequences: who has learned that dreams of ends, which is a part of the rule
    "no-rule": {"environment.kwargs.walks": 0, "environment.kwargs.cues": 0},
}
"""What subjects learn: the rule, another one for every set of objects, or stories without walks and cues."""
FAST = {"trainer.replay_ratio": 0.02}
FAST_EXTENT = Extent(rest_steps=40, plans=16, localisers=6, walks=150)
NOT_TOLD = "not told by a fast run"


@dataclass(frozen=True)
class Lab:
    """How large the lab is.

    seeds: subjects that learn the rule; controls: subjects of each control.
    first: number of the first subject; others are fresh ones, with other rules, objects and random numbers.
    fast: shorter training and measurement, to see the figure; nobody else is trained, and no criterion is judged.
    images: whether objects are pictures instead of vectors.
    """

    seeds: int = 21
    controls: int = 12
    first: int = 0
    fast: bool = False
    images: bool = False

    @property
    def days(self) -> Days:
        """Its training days."""
        every = range(self.first, self.first + self.seeds)
        some = range(self.first, self.first + self.controls)
        others = range(0) if self.fast else some
        subjects = {name: every if name == RULE else others for name in CONDITIONS}
        configs = (CONFIG, IMAGES) if self.images else (CONFIG,)
        return Days(subjects, CONDITIONS, FAST if self.fast else {}, untrained=some, configs=configs)

    @property
    def extent(self) -> Extent:
        """How much is measured of each subject."""
        return FAST_EXTENT if self.fast else WHOLE


FAST_LAB = Lab(seeds=3, controls=1, fast=True)


def report(place: Workplace, command: str, fast: bool, say: Callable[[str], None]) -> Path:
    """Judges what was measured, says it, and writes figure, numbers and page beside it; the page's path.

    fast: whether subjects are those of a fast run, of which no verdict is given.
    """
    folder = place.results / place.name
    subjects = read_measured(place, RULE)
    if not subjects:
        raise AnalysisError(f"{folder}: no subject has been measured; run the replay lab first")
    measured = gather(subjects)
    draw_sequenceness(measured.effects, beside_relabelled(measured).threshold, folder / "sequenceness")
    verdicts, controls = judge(measured), _controls(place, subjects, measured)
    if fast:
        verdicts = [replace(each, verdict=NOT_TOLD) for each in verdicts]
    pairs = sum(true_pairs(each["subject"]) for each in subjects)
    write_whole(
        folder / "replay_lab.json",
        json.dumps(
            {
                "subjects": len(subjects),
                "fast": fast,
                "true_pairs_on_test_days": pairs,
                "criteria": [asdict(each) for each in verdicts],
                "controls": [asdict(each) for each in controls],
            },
            indent=1,
        ).encode(),
    )
    for each in verdicts:
        say(f"{each.name} {each.verdict}: {each.found}")
    figure = inline("png", (folder / "sequenceness.png").read_bytes())
    page = LabPage(len(subjects), pairs, figure, verdicts, controls, command, fast)
    return write_lab(page, folder / "replay_lab.html")


def gather(subjects: list[dict[str, Any]]) -> Measured:
    """The measurements of subjects as arrays over them; FileError where something is missing or of another shape."""
    try:
        streams = subjects[0]["sequenceness"]
        return Measured(
            effects={
                (stream, order): np.array([each["sequenceness"][stream][order] for each in subjects], float)
                for stream, orders in streams.items()
                for order in orders
            },
            weights=np.array([_weights(each) for each in subjects], float),
            runs=np.array([_beyond(each["runs"]["rest 1, imagined"]) for each in subjects], float),
            query={share: np.array([each["query"][str(share)] for each in subjects], float) for share in SHARES},
            structure={
                name: np.array([each["structure"][name] for each in subjects], float)
                for name in ("position", "sequence")
            },
            transfer=np.array([each["transfer"] for each in subjects], float),
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise FileError(
            f"the measurements of subjects do not fit each other ({error!r}): measure them again"
        ) from error


def true_pairs(subject: int) -> int:
    """Steps of the true order at lag 1 in the stories of a subject's test day."""
    told = [tell(ReplayStory(subject=subject, day="test", cues=cues), subject) for cues in (0, 1)]
    return sum(count_true_pairs(each.state.tolist(), 1, len(CHAINS[0])) for each in told)


def _weights(subject: dict[str, Any]) -> np.ndarray:
    """`[L, 8, 8]`, empirical transitions of a subject's dreams in rest 1."""
    if subject["weights"] is None:
        raise AnalysisError(f"subject {subject['subject']} dreamt of too few objects in rest 1; train it for longer")
    return np.array(subject["weights"])


def _beyond(runs: dict[str, list[float]]) -> float:
    """Runs of three objects above their mean over relabellings."""
    return runs["forward"][1] - runs["relabelled"][1]


def _controls(place: Workplace, subjects: list[dict[str, Any]], measured: Measured) -> list[Control]:
    """Every negative control for which there are measurements: dreams in what would be the true order."""
    effects = {"rest before any object was seen": measured.effects["before, imagined", "true"]}
    if len(subjects) > 1:
        effects["the true order of another subject"] = strangers(subjects)
    for condition, words in (
        (UNTRAINED, "an untrained world model"),
        ("no-rule", "trained without walks and cues"),
        ("shuffled-rule", "trained with another rule for every set"),
    ):
        if others := read_measured(place, condition):
            effects[words] = np.array([each["sequenceness"]["rest 1, imagined"]["true"] for each in others], float)
    return [Control(name, len(each), *_in_words(each)) for name, each in effects.items()]


def strangers(subjects: list[dict[str, Any]]) -> np.ndarray:
    """D `[n, L]` of each subject's dreams along the order that the next subject's rule reads from the same slots."""
    found = []
    for each, other in zip(subjects, subjects[1:] + subjects[:1], strict=True):
        slot_of = {state: slot for slot, state in enumerate(other["slots"])}
        place = [each["slots"][slot_of[state]] for state in range(STATES)]
        found.append(relabelled_sequenceness(_weights(each), CHAINS, np.array([place])).difference[0])
    return np.array(found)


def _in_words(effects: np.ndarray) -> tuple[str, str]:
    try:
        mean, p = group_test(effects, "greater")
    except AnalysisError:
        return f"{np.nanmean(effects[:, 0]):+.3f}", "not enough seeds"
    return f"{mean:+.3f}", f"{p:.3g}"
