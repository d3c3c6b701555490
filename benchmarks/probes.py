"""What a latent state tells: small heads learn, from a finished run of Space Invaders, which step will bring a reward.

    python benchmarks/probes.py RUN

looks at recorded life with the world model of RUN, whose latents are local and read place by place, and trains one head
after the other on the same rows to foretell whether an alien falls in the next step: on the state as one row; on the
state as the Q-network reads it; on the frame alone through convolutions; on the frame where only the mean and the
maximum over all pixels are kept, so that a hit is the same wherever it is; and likewise on the frame that the state
shows. Prints, for the episodes that were kept back, the area under the ROC curve and the mean probability given to
hits, by the number of aliens that are left.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange
from ranking import area
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.memory import ReplayData, load_buffer
from worldmodel.model import WorldModel
from worldmodel.model.layers import mlp
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.run_directory import RunDirectory

ALIENS, WARM_UP = 1, 8
LEFT = ((1, 1), (2, 3), (4, 11), (12, 24))
"""Numbers of aliens, from and to, that count together."""
BATCHES, MOVIES, STEPS, ROWS, UNITS, STEP_SIZE = 110, 32, 1500, 384, 96, 2e-3


@dataclass(frozen=True)
class Moments:
    """Recorded moments, N of them.

    state: `[N, F]`. frame: `[N, 10, 10, C]`, 0 or 1. shown: the same as decoded from the state, between 0 and 1.
    left: `[N]` aliens. hit: `[N]` whether one falls in the next step.
    kept_back: `[N]` bool, of an episode that no head learns from.
    """

    state: Tensor
    frame: Tensor
    shown: Tensor
    left: Tensor
    hit: Tensor
    kept_back: Tensor


@torch.no_grad()
def remember(model: WorldModel, data: ReplayData) -> Moments:
    """Moments that are followed by another, the first few of each movie left out."""
    found: list[list[Tensor]] = []
    for _ in range(BATCHES):
        movie = data.sample()
        frame = movie.observation > 0
        followed = movie.mask[:, 1:] & movie.mask[:, :-1]
        followed[:, :WARM_UP] = False
        episode = movie.episode[:, None].expand_as(movie.mask)
        left = frame[..., ALIENS].sum((-1, -2))
        latent = model.observe(movie).latent
        shown = (model.decode(latent) / movie.observation.max()).half()
        now = (latent.features.half(), frame, shown, left, episode % 4 == 0)
        *seen, kept_back = (each[:, :-1][followed] for each in now)
        found.append([*seen, (movie.reward[:, 1:] > 0)[followed], kept_back])
    return Moments(*(torch.cat(each) for each in zip(*found, strict=True)))


class OfFrames(nn.Module):
    """Two convolutions over frames `[N, 10, 10, C]`, then a perceptron on all pixels, or on their mean and maximum."""

    def __init__(self, channels: int, pooled: bool, depth: int = 32) -> None:
        super().__init__()
        self.pooled = pooled
        first, second = (nn.Conv2d(inputs, depth, 3, padding=1) for inputs in (channels, depth))
        self.see = nn.Sequential(first, nn.SiLU(), second, nn.SiLU())
        self.judge = mlp(2 * depth if pooled else 100 * depth, UNITS, 1, 1)

    def forward(self, frame: Tensor) -> Tensor:
        """Logits `[N, 1]`."""
        seen = self.see(rearrange(frame, "n h w c -> n c h w")).flatten(2)
        return self.judge(torch.cat([seen.mean(-1), seen.amax(-1)], -1) if self.pooled else seen.flatten(1))


def learn(head: nn.Module, given: Tensor, hit: Tensor, kept_back: Tensor, steps: int) -> float:
    """Trains for `steps` to tell from `given` `[N, ...]` what is a `hit` `[N]`, on rows that are not `kept_back` `[N]`.

    Returns milliseconds of each step.
    """
    rows = (~kept_back).nonzero().flatten()
    optimizer, began = torch.optim.Adam(head.parameters(), STEP_SIZE), time.perf_counter()
    for _ in range(steps):
        some = rows[torch.randint(len(rows), (ROWS,))]
        loss = F.binary_cross_entropy_with_logits(head(given[some].float()).squeeze(-1), hit[some].float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - began) / steps * 1e3


@torch.no_grad()
def rate(head: nn.Module, given: Tensor) -> Tensor:
    """Logits `[N]` of `given` `[N, ...]`."""
    return torch.cat([head(part.float()).squeeze(-1) for part in given.split(4000)])


def in_words(head: nn.Module, given: Tensor, moments: Moments) -> str:
    """Area and mean probability of hits for each of `LEFT`."""
    rated, words = rate(head, given), []
    for low, high in LEFT:
        asked = moments.kept_back & (moments.left >= low) & (moments.left <= high)
        hits = rated[asked & moments.hit].sigmoid()
        found = area(moments.hit[asked], rated[asked])
        words.append(f"{low} to {high} left ({len(hits)} hits): {found:.2f}, {hits.mean():.2f}")
    return "; ".join(words)


def main(run: str) -> None:
    """Looks, trains and prints."""
    settings = RunDirectory.open(run).settings()
    prepare_machine(1, settings.trainer.keep_memory)
    torch.manual_seed(0)
    model, buffer = load_agent(run).world_model, load_buffer(settings.data, run)
    asked = replace(settings.data, batch_size=MOVIES, context=0)
    moments = remember(model, ReplayData(asked, buffer, settings.data.capacity, settings.trainer.seed + 1))
    learned = moments.hit & ~moments.kept_back
    print(
        f"{len(moments.hit)} moments, {int((learned & (moments.left == 1)).sum())} last aliens fall where heads learn"
    )
    channels = moments.frame.shape[-1]
    heads: dict[str, tuple[Callable[[], nn.Module], Tensor]] = {
        "state as one row": (lambda: mlp(model.features, UNITS, 2, 1), moments.state),
        "state place by place": (lambda: model.head(UNITS, 2, 1), moments.state),
        "frame, every pixel": (lambda: OfFrames(channels, pooled=False), moments.frame),
        "frame, mean and maximum": (lambda: OfFrames(channels, pooled=True), moments.frame),
        "frame that the state shows, mean and maximum": (lambda: OfFrames(channels, pooled=True), moments.shown),
    }
    for name, (make, given) in heads.items():
        torch.manual_seed(1)
        head = make()
        took = learn(head, given, moments.hit, moments.kept_back, STEPS)
        print(f"{name} ({took:.0f} ms a step): {in_words(head, given, moments)}", flush=True)
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
