"""How well rewards are foretold one step ahead: a world model learns anew from the memory of a finished run.

    python benchmarks/foretold.py RUN [--world_model.variables 50 ...]

RUN played Space Invaders of MinAtar. Every fourth episode of its memory is kept back; a fresh world model, with
the settings of RUN and those that are given, learns from the others for `STEPS` gradient steps. Then it looks at those
that were kept back, and from every moment foresees one step under the recorded action. Prints the mean reward
expected where an alien falls (1 came) and where none does, and the area under the ROC curve (0.5 knows nothing, 1
everything), by the number of aliens that are left; and the divergence of what was then seen from what was expected.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from probes import ALIENS, LEFT, WARM_UP
from sklearn.metrics import roc_auc_score
from small_things import gradient_step
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.experience import Movie
from worldmodel.memory import ReplayData, load_buffer
from worldmodel.model import WorldModel
from worldmodel.model.latents import kl_divergence
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings

DRAWS = 4
STEPS, BATCHES = 2500, 250


@dataclass(frozen=True)
class Foretold:
    """Steps that were foreseen, N of them.

    left: `[N]` aliens before. hit: `[N]` bool, whether one fell. reward: `[N]`, expected, the mean of `DRAWS` draws.
    divergence: `[N]` nats.
    """

    left: Tensor
    hit: Tensor
    reward: Tensor
    divergence: Tensor


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
        divergence = kl_divergence(observed.posterior[clip, row + 1], drawn[0][1])
        yield Foretold(left, movie.reward[clip, row + 1] > 0, reward, divergence)


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
    left, hit, reward, divergence = (
        torch.cat([getattr(each, name) for each in steps]) for name in ("left", "hit", "reward", "divergence")
    )
    print(f"{took:.0f} ms a gradient step; divergence {divergence.mean():.2f} nats a step")
    for low, high in LEFT:
        band = (left >= low) & (left <= high)
        print(
            f"{low} to {high} left ({int((band & hit).sum())} hits): reward expected of a hit "
            f"{reward[band & hit].mean():.2f}, of anything else {reward[band & ~hit].mean():.3f}, "
            f"area under the curve {roc_auc_score(hit[band], reward[band]):.2f}"
        )
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
