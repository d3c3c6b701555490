"""Whether ends of waves are understood or known by heart: Space Invaders of MinAtar, in memories lived and not lived.

    python benchmarks/new_waves.py RUN OTHER [STEPS] [settings]

RUN and OTHER played Space Invaders. The world model of RUN, or a fresh one after STEPS gradient steps on its recording
with the settings that follow, looks at recorded moments one step before the last alien of a wave falls and 24 new ones
stand there: in the memory of RUN, from which it has learned, and in that of OTHER, which it never met. Prints for both
how many such steps were looked at, and at them the divergence between posterior and prior in nats; the reward that it
expects of the recorded action (1 came), over one draw each; the shares of those draws that show no alien, and
`NEW_WAVE` at least; and the divergence at all steps. Steps are drawn as movies are, so that one may be looked at
several times.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from probes import ALIENS, WARM_UP
from shots import NEW_WAVE, shown_aliens
from small_things import fresh_or_own
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.experience import Movie
from worldmodel.memory import DataSettings, ReplayBuffer, ReplayData, load_buffer
from worldmodel.model import WorldModel, latents
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings

BATCHES, MOVIES = 100, 64


def ends_of_waves(movie: Movie) -> Tensor:
    """Where a wave stands that did not a step before, `[B, T]` bool; not where the model has just begun to look."""
    aliens = (movie.observation[..., ALIENS] > 0).flatten(2).sum(2)
    new = torch.zeros_like(movie.mask)
    new[:, 1:] = (aliens[:, 1:] > aliens[:, :-1]) & ~movie.first[:, 1:] & movie.mask[:, 1:]
    new[:, :WARM_UP] = False
    return new


@torch.no_grad()
def ask(model: WorldModel, movie: Movie) -> tuple[Tensor, Tensor]:
    """At every end of a wave, `[ends, 4]`: divergence, reward expected, no alien is shown, a wave is.

    And the divergence at all steps that were recorded, `[steps]`.
    """
    observed, here = model.observe(movie), ends_of_waves(movie)
    before = here.roll(-1, 1)
    drawn = model.predict(observed.latent[before], movie.action[before])
    aliens = shown_aliens(model, drawn).flatten(1).sum(1)
    divergence = latents.kl_divergence(observed.posterior, observed.prior)
    ends = torch.stack([divergence[here], model.reward(drawn), (aliens == 0).float(), (aliens >= NEW_WAVE).float()], 1)
    return ends, divergence[:, WARM_UP:][movie.mask[:, WARM_UP:]]


def movies(settings: DataSettings, memory: ReplayBuffer) -> Iterator[Movie]:
    """What was recorded, all of it alike."""
    asked = replace(settings, batch_size=MOVIES, order="uniform")
    data = ReplayData(asked, memory, settings.capacity, seed=1)
    for _ in range(BATCHES):
        yield data.sample()


def in_words(ends: Tensor) -> str:
    """The means over ends of waves, `[ends, 4]`."""
    divergence, reward, none, wave = ends.mean(0).tolist()
    return f"; divergence {divergence:.1f}; reward expected {reward:.2f}; shown no alien {none:.2f}, a wave {wave:.2f}"


def main(run: str, other: str, steps: str = "0", *arguments: str) -> None:
    """Trains or loads, asks and prints."""
    settings = read_settings(Settings, ["--config", str(RunDirectory.open(run).config), *arguments])
    prepare_machine(1, keep_memory=True)
    torch.manual_seed(settings.trainer.seed)
    own, lived_by_other = (load_buffer(settings.data, which) for which in (run, other))
    model = fresh_or_own(run, int(steps), settings, own)
    for whose, memory in (("its own memory", own), ("the other memory", lived_by_other)):
        asked = [ask(model, movie) for movie in movies(settings.data, memory)]
        ends, everywhere = (torch.cat(which) for which in zip(*asked, strict=True))
        print(f"{whose}: {len(ends)} ends of waves{in_words(ends) if len(ends) else ''}; all {everywhere.mean():.2f}")
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
