"""Whether dreams keep what there is one of: a cannon, a chicken, a paddle, a ball.

    python benchmarks/kept_things.py RUN CHANNEL STEPS --config configs/minatar.yaml [settings]

lets a fresh world model learn for STEPS gradient steps on the recording of RUN (a run of MinAtar; CHANNEL is the number
of a kind of things of which every frame shows one) with the settings that follow; with 0 steps the world model of RUN
itself is asked. From row `START` of recorded clips it then dreams on under the recorded actions. Prints the divergence
of what was seen from what was expected, and by how deep dreams are, in which share of them the thing is shown once,
nowhere and at several places, and where it really is and nowhere else.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import torch
from small_things import fresh_or_own
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.experience import Movie
from worldmodel.memory import ReplayData, load_buffer
from worldmodel.model import WorldModel, latents
from worldmodel.model.losses import masked_mean
from worldmodel.running.machine import prepare_machine
from worldmodel.running.settings import Settings

START, DEEP = 10, (0, 1, 4, 8, 20)
"""The row that dreams begin at; steps into the dream at which it is looked at."""
TESTED, BATCHES = 64, 6
"""Clips that are asked about at once, and how often."""


@torch.no_grad()
def kept(model: WorldModel, movie: Movie, channel: int) -> tuple[Tensor, Tensor]:
    """Shares `[4, len(DEEP)]` of dreams that show the thing once, nowhere, at several places, and right; and nats.

    Only from clips in which life goes on for as long as the dreams do.
    """
    observed, lived = model.observe(movie), movie.mask[:, START + max(DEEP)]
    nats = masked_mean(latents.kl_divergence(observed.posterior, observed.prior)[:, START:], movie.mask[:, START:])
    actions = movie.action[lived, START : START + max(DEEP)]
    dreams = model.follow(observed.latent[:, START][lived], actions)
    half, found = float(movie.observation.max()) / 2, []
    for depth in DEEP:
        shown = model.decode(dreams[:, depth])[..., channel] > half
        same = shown == (movie.observation[lived, START + depth, ..., channel] > half)
        count = shown.flatten(1).sum(1)
        found.append(torch.stack([count == 1, count == 0, count > 1, same.flatten(1).all(1)]).float().mean(1))
    return torch.stack(found, 1), nats


def main(run: str, channel: str, steps: str, *arguments: str) -> None:
    """Trains or loads, asks and prints."""
    settings = read_settings(Settings, list(arguments), default_config=Path("configs/minatar.yaml"))
    prepare_machine(1, settings.trainer.keep_memory)
    torch.manual_seed(settings.trainer.seed)
    buffer = load_buffer(settings.data, run)
    model = fresh_or_own(run, int(steps), settings, buffer)
    asked = replace(settings.data, batch_size=TESTED, sequence_length=START + max(DEEP) + 1, context=0)
    data = ReplayData(asked, buffer, settings.data.capacity, settings.trainer.seed + 1)
    answers = [kept(model, data.sample(), int(channel)) for _ in range(BATCHES)]
    shares, nats = (torch.stack(each).mean(0) for each in zip(*answers, strict=True))
    print(f"{float(nats):.2f} nats; steps into the dream: {DEEP}")
    for name, values in zip(("once", "nowhere", "at several places", "where it is"), shares, strict=True):
        print(f"    {name}: " + " ".join(f"{float(value):.2f}" for value in values))


if __name__ == "__main__":
    main(*sys.argv[1:])
