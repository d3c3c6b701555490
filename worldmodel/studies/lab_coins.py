"""After which dreams a coin is expected, over many stories of new objects: where what is said of C4 comes from.

A dream of the neutral sequence should end without one. That it sometimes does not may lie in what was learned of
rewards (then walks that are lived mislead as well), in a last object that is another one (then there are no coins after
right ones), in the cue, which shows the ends of both sequences again (then dreams of uncued stories have the right
ends), in classes that are drawn (then the likeliest ones mislead less), in a last object that is the right one but not
dreamt clearly (then there are no coins where it is shown instead), or in one that is too much like a single look at it
(then the very draw that was written down when it was shown misleads, and another draw of the same look does not).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from worldmodel.analysis.lab_criteria import CHAINS
from worldmodel.atomic import write_whole
from worldmodel.environments.replay_story import ReplayStory
from worldmodel.environments.scrambles import slots
from worldmodel.experience import LatentState
from worldmodel.model import WorldModel, latents
from worldmodel.running.stories import Told, tell
from worldmodel.studies.lab_subject import STATES, Subject, open_subject

STORIES = 150
LENGTH = len(CHAINS[0])
EXPECTED = 0.5
"""Expected reward from which on a coin is expected."""
NEW_SETS = 10**7
"""Sets of objects of the walks that are lived, so many that none was learned from."""

See = Callable[[Tensor], Tensor]
"""One-hot classes `[..., S, K]` that are seen of a prior, log-probabilities `[..., S, K]`."""
Last = Literal["dreamt", "shown", "copied"]
"""The last object of a dream: as dreamt, as another draw of its look when it was shown, or as the draw of then."""


def report_coins(runs: list[Path], file: Path, say: Callable[[str], None]) -> Path:
    """Says what comes out for each run of the lab, and writes it to a JSON file; its path."""
    found = []
    for run in runs:
        found.append({"run": run.name, **coins(open_subject(run))})
        say(f"{run}: {_in_words(found[-1])}")
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(found, indent=1).encode())
    return file


@torch.no_grad()
def coins(subject: Subject, stories: int = STORIES) -> dict[str, Any]:
    """Of one subject: `looks` and `lived` (see below), and how dreams of each kind end (see `_ends`)."""
    torch.manual_seed(subject.number)
    cues = subject.stories.get("cues", 1)
    return {
        "subject": subject.number,
        "looks": looks(subject),
        "lived": lived(subject, stories),
        "cued": dreamt(subject, stories, cues),
        "cued, likeliest classes": dreamt(subject, stories, cues, _likeliest),
        "cued, last object shown": dreamt(subject, stories, cues, last="shown"),
        "cued, last object copied": dreamt(subject, stories, cues, last="copied"),
        "uncued": dreamt(subject, stories, 0),
    }


def looks(subject: Subject) -> float:
    """Share of the latent variables in which two draws of the latent of one and the same look agree."""
    told = tell(subject.test_day(), subject.number, {"phase": "localise"})
    posterior = subject.world_model.encode(told.movie.observation)[0, told.state >= 0]
    first, second = (latents.sample(posterior).argmax(-1) for _ in range(2))
    return float((first == second).float().mean())


def lived(subject: Subject, stories: int) -> dict[str, float]:
    """Share of walks after which a coin is expected before it is seen, of new objects, by what the walk pays."""
    story = ReplayStory(**{**subject.stories, "sets": NEW_SETS, "uncued": 0.0, "walks": 1})
    generator = np.random.default_rng(subject.number)
    expected: dict[str, list[bool]] = {"rewarded": [], "neutral": []}
    for number in range(stories):
        told = tell(story, subject.number * stories + number, choose=lambda: int(generator.integers(STATES)))
        observed = subject.world_model.observe(told.movie)
        seen = latents.sample(observed.prior[:, -1]).flatten(-2)
        reward = subject.world_model.reward(LatentState.join(observed.latent.recurrent[:, -1], seen))
        paid = told.state[-2] // LENGTH == told.rewarded
        expected["rewarded" if paid else "neutral"].append(bool(reward > EXPECTED))
    return {name: float(np.mean(each)) for name, each in expected.items()}


def dreamt(
    subject: Subject, stories: int, cues: int, see: See = latents.sample, last: Last = "dreamt"
) -> dict[str, float | None]:
    """How dreams end that begin with each slot of so many stories of new objects: shares of what `_ends` tells.

    Of cued stories also the share of rewarded and of neutral dreams after which a coin is expected; None where there is
    no such dream.
    """
    ends = []
    for number in range(stories):
        story = ReplayStory(**{**subject.stories, "day": "test", "cues": cues, "test_set": number})
        told = tell(story, subject.number * stories + number)
        ends.append(_ends(subject.world_model, told, slots(story.rule), see, last))
    every = np.concatenate(ends)
    found: dict[str, np.ndarray] = {"right last object": every[:, 2], "other end": every[:, 3]}
    if cues:
        paid, right = every[:, 0] > 0, every[:, 2] > 0
        wrong = [(each[each[:, 0] == 0, 1]).mean() for each in ends]
        found |= {
            "rewarded": every[paid, 1],
            "neutral": every[~paid, 1],
            "neutral, right last object": every[~paid & right, 1],
            "stories with no neutral coin": np.array(wrong) == 0,
        }
    return {name: float(values.mean()) if len(values) else None for name, values in found.items()}


def _ends(world_model: WorldModel, told: Told, where: tuple[int, ...], see: See, last: Last) -> np.ndarray:
    """A dream from each slot, `[8, 4]` of 0 and 1: pays; coin expected; last object right; that of the other sequence.

    The last object is the one of the story whose likeliest classes agree in most variables with what was dreamt.
    """
    observed = world_model.observe(told.movie)
    state = LatentState.concatenate([observed.latent[:, -1]] * STATES)
    began = torch.tensor(where)
    sequence, steps = began // LENGTH, LENGTH - began % LENGTH  # the last object is dreamt in step `steps`
    end, other = (each * LENGTH + LENGTH - 1 for each in (sequence, 1 - sequence))
    rows, action = _when_shown(told), torch.arange(STATES)
    posterior = observed.posterior[0, rows]
    drawn = observed.latent.stochastic[0, rows].unflatten(-1, world_model.latent_shape)
    coin, dreamt_end = torch.zeros(STATES), torch.zeros(STATES, dtype=torch.long)
    for number in range(1, LENGTH + 2):
        reached, prior = world_model.foresee(state, action)
        seen, now = see(prior), steps == number
        agreement = (seen.argmax(-1)[:, None] == posterior.argmax(-1)).float().mean(-1)
        dreamt_end = torch.where(now, agreement.argmax(-1), dreamt_end)
        if last != "dreamt":
            then = latents.sample(posterior[end]) if last == "shown" else drawn[end]
            seen = torch.where(now[:, None, None], then, seen)
            prior = torch.where(now[:, None, None], posterior[end], prior)
        state = world_model.arrive(reached.recurrent, seen.flatten(-2), prior, state.table)
        action = torch.zeros_like(action)
        coin = torch.where(steps + 1 == number, world_model.reward(state), coin)
    columns = (sequence == told.rewarded, coin > EXPECTED, dreamt_end == end, dreamt_end == other)
    return torch.stack(columns, 1).float().numpy()


def _likeliest(prior: Tensor) -> Tensor:
    return latents.temper(prior, 0).exp()


def _when_shown(told: Told) -> list[int]:
    """The row in which each object was shown, by state."""
    shown = {state: row for row, state in enumerate(told.state) if told.phase[row] == "present"}
    return [shown[state] for state in range(STATES)]


def _in_words(found: dict[str, Any]) -> str:
    coined = {
        "lived walks": found["lived"],
        "dreams": found["cued"],
        "those of likeliest classes": found["cued, likeliest classes"],
        "those with the last object shown": found["cued, last object shown"],
        "those with a copy of it": found["cued, last object copied"],
    }
    after = (f"{name} {_percent(each['rewarded'])}, {_percent(each['neutral'])}" for name, each in coined.items())
    cued, uncued = ({name: _percent(share) for name, share in found[each].items()} for each in ("cued", "uncued"))
    return (
        f"coin, rewarded and neutral, after {'; '.join(after)}; after neutral dreams with the right last object "
        f"{cued['neutral, right last object']}; in {cued['stories with no neutral coin']} of the stories after "
        f"no neutral dream; last object right {cued['right last object']}, that of the other sequence "
        f"{cued['other end']}, without cue {uncued['right last object']}, {uncued['other end']}; two draws of one look "
        f"agree in {found['looks']:.0%}"
    )


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%}"
