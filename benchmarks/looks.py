"""Whether a world model sees what is rare: the looks of places in a recorded run, by how often they were met.

    python benchmarks/looks.py RUN 0
    python benchmarks/looks.py RUN 1500 --world_model.depth 128

A place is one of the grid on which local latents lie, and its look what all of its pixels show in all channels. RUN
played a game of MinAtar; asked is its own world model, or with 1500 a fresh one after as many gradient steps alone on
the recording of RUN, with the settings of RUN as further arguments change them. Prints how many looks were met how
often, the share that they are of all places, and how often what the latent state shows of them is wrong in any pixel;
how many different codes (likeliest classes of the variables of a place) the looks have; and the looks that were most
often shown wrongly, each as the channels of its pixels row by row, with the most frequent look of the same code.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from small_things import fresh_or_own
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.memory import ReplayData, load_buffer
from worldmodel.model import WorldModel
from worldmodel.running.machine import prepare_machine
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings

BATCHES, WORST = 150, 12
"""Batches of movies that are looked at, and how many looks are printed one by one."""
SELDOM = (1, 10, 100, 1_000, 10_000)
"""From how many times on looks count together."""


@dataclass
class Looks:
    """What was met, by the look, which is a tuple of pixels and channels.

    met, wrong: how often, and how often it was shown wrongly. codes: how often it had which code.
    """

    met: Counter[bytes] = field(default_factory=Counter)
    wrong: Counter[bytes] = field(default_factory=Counter)
    codes: dict[bytes, Counter[bytes]] = field(default_factory=lambda: defaultdict(Counter))

    def code(self, look: bytes) -> bytes:
        """The code that it has most often."""
        return self.codes[look].most_common(1)[0][0]


def by_place(images: Tensor, side: int) -> np.ndarray:
    """Images `[N, H, W, C]` of what is there, cut into `side` by `side` places, `[N * side**2, pixels * C]` uint8."""
    return rearrange(images, "n (h p) (w q) c -> (n h w) (p q c)", h=side, w=side).to(torch.uint8).numpy()


@torch.no_grad()
def remember(model: WorldModel, data: ReplayData, side: int) -> Looks:
    """Every place of every recorded frame of `BATCHES` batches."""
    looks = Looks()
    for _ in range(BATCHES):
        movie = data.sample()
        observed, half = model.observe(movie), float(movie.observation.max()) / 2
        true = by_place(movie.observation[movie.mask] > half, side)
        shown = by_place(model.decode(observed.latent)[movie.mask] > half, side)
        likeliest = observed.posterior.argmax(-1)[movie.mask]
        code = rearrange(likeliest, "n (p v) -> (n p) v", p=side**2).to(torch.uint8).numpy()
        wrong = (true != shown).any(1)
        for look, named, failed in zip(true, code, wrong, strict=True):
            key = look.tobytes()
            looks.met[key] += 1
            looks.wrong[key] += int(failed)
            looks.codes[key][named.tobytes()] += 1
    return looks


def in_words(look: bytes, channels: int) -> str:
    """The channels that each of its pixels shows, row by row."""
    pixels = np.frombuffer(look, np.uint8).reshape(-1, channels)
    return "|".join("+".join(str(channel) for channel in np.flatnonzero(pixel)) or "-" for pixel in pixels)


def by_frequency(looks: Looks) -> list[str]:
    """A line for each of `SELDOM`."""
    lines, places = [], looks.met.total()
    for low, high in zip(SELDOM, (*SELDOM[1:], places + 1), strict=True):
        some = [look for look, met in looks.met.items() if low <= met < high]
        met, wrong = sum(looks.met[look] for look in some), sum(looks.wrong[look] for look in some)
        if some:
            lines.append(
                f"met {low} to {high - 1} times: {len(some)} looks, {met / places:.4f} of places, "
                f"shown wrongly {wrong / met:.3f}"
            )
    return lines


def main(run: str, steps: str, *arguments: str) -> None:
    """Looks and prints."""
    directory = RunDirectory.open(run)
    settings = read_settings(Settings, ["--config", str(directory.config), *arguments])
    if not settings.world_model.local_units:
        raise SystemExit(f"looks.py: {run} must have local latents (world_model.local_units)")
    prepare_machine(1, settings.trainer.keep_memory)
    torch.manual_seed(settings.trainer.seed)
    buffer = load_buffer(settings.data, run)
    model = fresh_or_own(run, int(steps), settings, buffer)
    asked = replace(settings.data, context=0)
    data = ReplayData(asked, buffer, settings.data.capacity, settings.trainer.seed + 1)
    channels = buffer.spec.observation_shape[-1]
    looks = remember(model, data, model.encoder.grid)
    print(
        f"{run} {steps} {' '.join(arguments)}: {looks.met.total()} places, {len(looks.met)} looks, "
        f"shown wrongly {looks.wrong.total() / looks.met.total():.5f}"
    )
    print("\n".join(by_frequency(looks)))
    frequent = {looks.code(look): look for look, _ in reversed(looks.met.most_common())}
    print(f"{len(frequent)} codes")
    for look, wrong in looks.wrong.most_common(WORST):
        like = frequent[looks.code(look)]
        shares = f", code of {in_words(like, channels)}, met {looks.met[like]} times" if like != look else ""
        print(f"{in_words(look, channels)}: met {looks.met[look]} times, wrong {wrong / looks.met[look]:.2f}{shares}")


if __name__ == "__main__":
    main(*sys.argv[1:])
