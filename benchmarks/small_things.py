"""Whether a world model sees, and foresees, what is small: trained alone on a recorded run, asked channel by channel.

    python benchmarks/small_things.py RUN 800 --config configs/minatar.yaml --config configs/minatar_local.yaml

trains 800 gradient steps on the recording of RUN (a run of MinAtar, whose channels are kinds of things) with the
settings that follow, then prints for every channel which share of its pixels is shown by the latent state of the same
moment, and by dreams of one and of four steps under the recorded actions; how much of what is shown four steps ahead is
really there; and which share of the rewards is foretold at the moment they come. With 0 steps the world model of RUN
itself is asked.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.experience import LatentState, Movie
from worldmodel.memory import ReplayBuffer, ReplayData, load_buffer
from worldmodel.model import WorldModel
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.settings import Settings

AHEAD = (0, 1, 4)
"""Steps into the dream at which it is looked at."""
TESTED = 64
"""Movies that are asked about."""


def gradient_step(model: WorldModel, movie: Movie, optimizer: torch.optim.Optimizer, clip: float) -> None:
    """One step of the world model on `movie` alone, its gradient clipped to the norm `clip`."""
    model.get_used_to(movie)
    loss = model.total_loss(model.losses(model.observe(movie)), movie.mask)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()


def train(model: WorldModel, data: ReplayData, steps: int, clip: float) -> float:
    """Gradient steps on what was recorded; returns milliseconds of each."""
    optimizer = model.configure_optimizers()
    began = time.perf_counter()
    for _ in range(steps):
        gradient_step(model, data.sample(), optimizer, clip)
    return (time.perf_counter() - began) / steps * 1e3


def fresh_or_own(run: str, steps: int, settings: Settings, buffer: ReplayBuffer) -> WorldModel:
    """A fresh world model after `steps` gradient steps on the recording of RUN; with 0 steps that of RUN itself."""
    if not steps:
        return load_agent(run).world_model
    model = WorldModel(buffer.spec, settings.world_model)
    data = ReplayData(settings.data, buffer, settings.data.capacity, settings.trainer.seed)
    took = train(model, data, steps, settings.agent.world_model_clip)
    print(f"{took:.0f} ms a gradient step; {machine_in_words()}")
    return model


@torch.no_grad()
def shown_and_true(model: WorldModel, movie: Movie) -> list[tuple[Tensor, Tensor]]:
    """Pixels that are shown and that are there, `[pixels, C]` bool each, at every depth of `AHEAD`."""
    rows = movie.mask.shape[1] - AHEAD[-1]
    latent = model.observe(movie).latent[:, :rows]
    state = LatentState(latent.features.flatten(0, 1), latent.recurrent_units)
    half, found = float(movie.observation.max()) / 2, []
    for depth in range(AHEAD[-1] + 1):
        if depth in AHEAD:
            then = slice(depth, depth + rows)
            recorded = movie.mask[:, then]
            picture = model.decode(state).unflatten(0, recorded.shape)
            pair = (picture[recorded] > half, movie.observation[:, then][recorded] > half)
            found.append((pair[0].flatten(0, -2), pair[1].flatten(0, -2)))
        state = model.predict(state, movie.action[:, depth : depth + rows].flatten())
    return found


@torch.no_grad()
def rewards_foretold(model: WorldModel, movie: Movie) -> float:
    """Share of rewards above zero that are expected to be more than half of what they are."""
    real = (movie.reward > 0) & movie.mask
    expected = model.reward(model.observe(movie).latent)
    return float((expected > movie.reward / 2)[real].float().mean())


def in_words(values: Tensor) -> str:
    """One number for each channel."""
    return " ".join(f"{float(value):.2f}" for value in values)


def main(run: str, steps: str, *arguments: str) -> None:
    """Trains or loads, asks and prints."""
    settings = read_settings(Settings, list(arguments), default_config=Path("configs/size/12m.yaml"))
    prepare_machine(1, settings.trainer.keep_memory)
    torch.manual_seed(settings.trainer.seed)
    buffer = load_buffer(settings.data, run)
    model = fresh_or_own(run, int(steps), settings, buffer)
    asked = replace(settings.data, batch_size=TESTED, context=0)
    movie = ReplayData(asked, buffer, settings.data.capacity, settings.trainer.seed + 1).sample()
    for depth, (shown, true) in zip(AHEAD, shown_and_true(model, movie), strict=True):
        print(f"{depth} steps ahead, shown of what is there: {in_words((shown & true).sum(0) / true.sum(0))}")
    print(f"{depth} steps ahead, there of what is shown: {in_words((shown & true).sum(0) / shown.sum(0).clamp(min=1))}")
    print(f"rewards foretold: {rewards_foretold(model, movie):.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
