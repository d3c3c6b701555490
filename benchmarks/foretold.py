"""How well rewards are foretold one step ahead: a world model learns anew from the memory of a finished run.

    python benchmarks/foretold.py RUN [--world_model.variables 50 ...]

RUN played Space Invaders of MinAtar. Every fourth episode of its memory is kept back; a fresh world model, with
the settings of RUN and those that are given, learns from the others for `STEPS` gradient steps. Then it looks at those
that were kept back, and from every moment foresees one step under the recorded action. Prints the mean reward
expected where an alien falls (1 came) and where none does, and the area under the ROC curve (0.5 knows nothing, 1
everything), by the number of aliens that are left; and the divergence of what was then seen from what was expected.
Last, how faithful the state is: the share of frames in which every alien, or every pixel of all channels, is shown
where it is, by the state that has seen the frame, by one drawn a step before, and by the likeliest one then; and, for
latents that lie on a grid, how many looks a place of it has, with all channels, how many of them make up 99 % of all
places, and how many classes of its variables are given more than one in `SELDOM` places.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from einops import rearrange
from probes import ALIENS, LEFT, WARM_UP
from ranking import area
from small_things import gradient_step
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.experience import LatentState, Movie
from worldmodel.memory import ReplayData, load_buffer
from worldmodel.model import WorldModel
from worldmodel.model.latents import kl_divergence, temper
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings

DRAWS = 4
STEPS, BATCHES = 2500, 250
SELDOM = 500
"""How seldom a class is that does not count as used: given to one place in so many."""


@dataclass(frozen=True)
class Foretold:
    """Steps that were foreseen, N of them.

    left: `[N]` aliens before. hit: `[N]` bool, whether one fell. reward: `[N]`, expected, the mean of `DRAWS` draws.
    divergence: `[N]` nats. frame: `[N, 10, 10, C]` bool, what then came.
    seen, drawn, likeliest: `[N, 10, 10, C]` bool, what the states show that saw it, drew it and held it for likeliest.
    """

    left: Tensor
    hit: Tensor
    reward: Tensor
    divergence: Tensor
    frame: Tensor
    seen: Tensor
    drawn: Tensor
    likeliest: Tensor


def kept_back(movie: Movie) -> Tensor:
    """Which clips `[B]` are of an episode that is not learned from."""
    return movie.episode % 4 == 0


def learn(model: WorldModel, data: ReplayData, clip: float) -> float:
    """Trains for `STEPS`, with a step size that falls over the second half; milliseconds of each."""
    optimizer = model.configure_optimizers()
    settling = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, 2 - 2 * step / STEPS))
    began = time.perf_counter()
    for _ in range(STEPS):
        movie = data.sample()
        movie = replace(movie, mask=movie.mask & ~kept_back(movie)[:, None])
        gradient_step(model, movie, optimizer, clip)
        settling.step()
    return (time.perf_counter() - began) / STEPS * 1e3


def look_ahead(model: WorldModel, data: ReplayData) -> Iterator[Foretold]:
    """Foresees every step of clips that were kept back, but for the first few of each."""
    for _ in range(BATCHES):
        movie = data.sample()
        observed = model.observe(movie)
        asked = movie.mask[:, 1:] & movie.mask[:, :-1] & kept_back(movie)[:, None]
        asked[:, :WARM_UP] = False
        clip, row = asked.nonzero(as_tuple=True)
        action, left = movie.action[clip, row], (movie.observation[clip, row, ..., ALIENS] > 0).sum((-1, -2))
        drawn = [model.foresee(observed.latent[clip, row], action) for _ in range(DRAWS)]
        reward = torch.stack([model.reward(latent) for latent, _ in drawn]).mean(0)
        (state, prior), seen = drawn[0], observed.latent[clip, row + 1]
        mode = temper(prior, 0).exp().flatten(-2)
        shown = [show(model, each) for each in (seen, state, LatentState.join(state.recurrent, mode))]
        divergence, came = kl_divergence(observed.posterior[clip, row + 1], prior), movie.reward[clip, row + 1] > 0
        yield Foretold(left, came, reward, divergence, movie.observation[clip, row + 1] > 0, *shown)


def show(model: WorldModel, state: LatentState) -> Tensor:
    """What states `[N]` show, `[N, 10, 10, C]` bool."""
    return model.decode(state) > 127


def faithful(shown: Tensor, frame: Tensor, bands: list[Tensor]) -> str:
    """The share of frames `[N, 10, 10, C]` that are `shown` as they are, in each band `[N]`: aliens alone, and all."""
    right = (shown == frame).flatten(1, 2).all(1)
    aliens = " ".join(f"{float(right[band, ALIENS].float().mean()):.2f}" for band in bands)
    return f"aliens {aliens}, all {' '.join(f'{float(right[band].all(-1).float().mean()):.2f}' for band in bands)}"


@torch.no_grad()
def looks(model: WorldModel, frame: Tensor) -> str:
    """How many looks the places of frames `[N, 10, 10, C]` have, and how many classes tell of them, in words."""
    side = model.encoder.grid
    places = rearrange(frame, "n (h a) (w b) c -> (n h w) (a b c)", h=side, w=side)
    counts = places.unique(dim=0, return_counts=True)[1].sort(descending=True)[0]
    most = int((counts.cumsum(0) < 0.99 * counts.sum()).sum()) + 1
    posterior = torch.cat([model.encode(some) for some in (frame * 255).byte().split(1000)]).exp()
    given = rearrange(posterior, "n (p s) k -> (n p) s k", p=side**2).mean(0)
    used = " and ".join(str(int(count)) for count in (given > 1 / SELDOM).sum(-1))
    return f"a place has {len(counts)} looks, {most} of which make up 99 %; classes in use: {used} of {given.shape[-1]}"


def main(run: str, *given: str) -> None:
    """Learns, looks ahead and prints."""
    directory = RunDirectory.open(run)
    settings = directory.settings()
    asked = read_settings(Settings, ["--config", str(directory.config), *given])
    prepare_machine(1, settings.trainer.keep_memory)
    torch.manual_seed(asked.trainer.seed)
    buffer = load_buffer(settings.data, run)
    model = WorldModel(buffer.spec, asked.world_model)
    took = learn(model, ReplayData(settings.data, buffer, STEPS, 1), settings.agent.world_model_clip)
    with torch.no_grad():
        whole = replace(settings.data, batch_size=32, context=0)
        steps = list(look_ahead(model, ReplayData(whole, buffer, BATCHES, 2)))
    found = Foretold(
        **{name: torch.cat([getattr(each, name) for each in steps]) for name in Foretold.__dataclass_fields__}
    )
    bands = [(found.left >= low) & (found.left <= high) for low, high in LEFT]
    print(f"{took:.0f} ms a gradient step; divergence {found.divergence.mean():.2f} nats a step")
    for (low, high), band in zip(LEFT, bands, strict=True):
        hit = found.hit[band]
        reward = found.reward[band]
        print(
            f"{low} to {high} left ({int(hit.sum())} hits): reward expected of a hit "
            f"{reward[hit].mean():.2f}, of anything else {reward[~hit].mean():.3f}, "
            f"area under the curve {area(hit, reward):.2f}"
        )
    for name in ("seen", "drawn", "likeliest"):
        print(f"frames shown as they are, {name}: {faithful(getattr(found, name), found.frame, bands)}")
    if asked.world_model.local_units:
        print(looks(model, found.frame))
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
