"""Whether ends of waves are understood or known by heart: Space Invaders of MinAtar, in memories lived and not lived.

    python benchmarks/new_waves.py RUN OTHER

RUN and OTHER played Space Invaders with the same frames. The world model of RUN looks at recorded moments one step
before the last alien of a wave falls and 24 new ones stand there: in the memory of RUN, from which it has learned, and
in that of OTHER, which it never met. Prints for both how many such steps were looked at, and at them the divergence
between posterior and prior in nats; the reward that it expects of the recorded action (1 came), over one draw each; and
the shares of those draws that show no alien, and `NEW_WAVE` at least. Steps are drawn as movies are, so that one may be
looked at several times.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from probes import ALIENS, WARM_UP
from shots import NEW_WAVE
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.experience import LatentState, Movie
from worldmodel.memory import ReplayData, load_buffer
from worldmodel.model import WorldModel, latents
from worldmodel.running.loading import load_agent
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
def asked(model: WorldModel, movie: Movie) -> Tensor:
    """At every end of a wave, `[ends, 4]`: divergence, reward expected, whether no alien is shown, whether a wave."""
    observed, here = model.observe(movie), ends_of_waves(movie)
    before = here.roll(-1, 1)
    features = observed.latent.features[before]
    drawn = model.predict(LatentState(features, observed.latent.recurrent_units), movie.action[before])
    aliens = (model.decode(drawn)[..., ALIENS] > 127.5).flatten(1).sum(1)
    divergence = latents.kl_divergence(observed.posterior, observed.prior)[here]
    return torch.stack([divergence, model.reward(drawn), (aliens == 0).float(), (aliens >= NEW_WAVE).float()], 1)


def movies(run: str, seed: int) -> Iterator[Movie]:
    """What RUN recorded, all of it alike."""
    settings = read_settings(Settings, ["--config", str(RunDirectory.open(run).config)])
    data = replace(settings.data, batch_size=MOVIES, order="uniform")
    memory = ReplayData(data, load_buffer(data, run), data.capacity, seed)
    for _ in range(BATCHES):
        yield memory.sample()


def in_words(found: Tensor) -> str:
    """The means of what was `asked`."""
    divergence, reward, none, wave = found.mean(0).tolist()
    return f"; divergence {divergence:.1f}; reward expected {reward:.2f}; shown no alien {none:.2f}, a wave {wave:.2f}"


def main(run: str, other: str) -> None:
    """Asks and prints."""
    prepare_machine(1, keep_memory=False)
    torch.manual_seed(0)
    model = load_agent(run).world_model
    for whose, memory in (("its own memory", run), ("the other memory", other)):
        found = torch.cat([asked(model, movie) for movie in movies(memory, seed=1)])
        print(f"{whose}: {len(found)} ends of waves{in_words(found) if len(found) else ''}")
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
