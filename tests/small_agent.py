"""Tiny settings, movies and a scripted policy for the tests of model, replay and learning."""

from collections.abc import Iterator

import torch
from lightning import LightningDataModule, LightningModule, Trainer

from worldmodel.experience import LatentState, Movie, Observed, Spec
from worldmodel.learning import Agent, AgentSettings
from worldmodel.model import WorldModel, WorldModelSettings

VECTOR = Spec("tiny/Vector-v0", (6,), "float32", ("left", "stay", "right"), {})
PIXELS = Spec("tiny/Pixels-v0", (8, 8, 3), "uint8", ("left", "stay", "right"), {})

# Lightning 2.6 with torch 2.13
LEAF_SPEC = "ignore:`isinstance\\(treespec, LeafSpec\\)` is deprecated:FutureWarning"


def tiny_world_model(spec=VECTOR, seed=0, **changes) -> WorldModel:
    torch.manual_seed(seed)
    return WorldModel(spec, tiny_settings(**changes))


def tiny_settings(**changes) -> WorldModelSettings:
    small = {"recurrent_units": 12, "variables": 3, "classes": 4, "units": 16, "depth": 4, "bins": 11, "bin_limit": 3.0}
    return WorldModelSettings(**{**small, **changes})


def tiny_agent(spec=VECTOR, seed=0, **changes) -> Agent:
    small = {"units": 16, "layers": 1, "horizon": 4, "imagination_warmup": 0, "imagination_ramp": 0}
    torch.manual_seed(seed)
    return Agent(spec, tiny_settings(), AgentSettings(**{**small, **changes}))


def random_movie(sizes, rows, spec=VECTOR, first=(), terminated=(), truncated=(), context=0, seed=0) -> Movie:
    """Clip b has `sizes[b]` recorded rows; `first`, `terminated` and `truncated` name clips by number.

    Clips in `first` begin with their episode, those in the other two end with it. Padding is zero, as in memory.
    """
    g, count = torch.Generator().manual_seed(seed), len(sizes)
    mask = torch.arange(rows) < torch.tensor(sizes)[:, None]
    if spec.pixels:
        observation = torch.randint(256, (count, rows, *spec.observation_shape), dtype=torch.uint8, generator=g)
    else:
        observation = torch.randn(count, rows, *spec.observation_shape, generator=g)
    flags = {name: torch.zeros(count, rows, dtype=torch.bool) for name in ("first", "terminated", "truncated")}
    for b in range(count):
        flags["first"][b, 0] = b in first
        flags["terminated"][b, sizes[b] - 1] = b in terminated
        flags["truncated"][b, sizes[b] - 1] = b in truncated
    return Movie(
        observation=observation * mask.reshape(count, rows, *[1] * len(spec.observation_shape)),
        action=torch.randint(len(spec.actions), (count, rows), generator=g) * mask,
        reward=torch.randn(count, rows, generator=g) * mask * ~flags["first"],
        mask=mask,
        context=torch.tensor([0 if b in first else context for b in range(count)]),
        episode=torch.arange(count),
        start=torch.tensor([0 if b in first else 7 for b in range(count)]),
        age=torch.arange(count),
        weight=torch.ones(count),
        **flags,
    )


def observed_as(movie: Movie, features=5) -> Observed:
    """What a world model could have seen: latents that are all different, so that rows can be told apart."""
    count, rows = movie.mask.shape
    recurrent = torch.arange(count * rows * 2, dtype=torch.float32).reshape(count, rows, 2)
    stochastic = torch.zeros(count, rows, features - 2)
    nothing = torch.zeros(count, rows, 1, 1)
    latent = LatentState(torch.cat([recurrent, stochastic], -1).requires_grad_(), recurrent_units=2)
    return Observed(movie, latent, nothing, nothing)


class Scripted:
    """A policy that would always take `action`."""

    def __init__(self, action: int) -> None:
        self.action = action

    def choose(self, latent: LatentState) -> torch.Tensor:
        return torch.full(latent.recurrent.shape[:-1], self.action)

    def agrees(self, latent: LatentState, action: torch.Tensor) -> torch.Tensor:
        assert latent.recurrent.shape[:-1] == action.shape
        return action == self.action


class Stream:
    """Gives out the movies one by one."""

    def __init__(self, movies: list[Movie]) -> None:
        self.movies = movies

    def __len__(self) -> int:
        return len(self.movies)

    def __iter__(self) -> Iterator[Movie]:
        return iter(self.movies)


class Movies(LightningDataModule):
    """Serves the given movies, one per gradient step."""

    def __init__(self, movies: list[Movie]) -> None:
        super().__init__()
        self.movies = movies

    def train_dataloader(self) -> Stream:
        return Stream(self.movies)

    def transfer_batch_to_device(self, batch: Movie, device: torch.device, dataloader_idx: int) -> Movie:
        return batch.to(device)


def tiny_trainer(steps: int, **changes) -> Trainer:
    quiet = dict.fromkeys(
        ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary", "barebones"), False
    )
    return Trainer(max_steps=steps, accelerator="cpu", num_sanity_val_steps=0, **{**quiet, **changes})


def fit(module: LightningModule, movies: list[Movie], **changes) -> Trainer:
    trainer = tiny_trainer(len(movies), **changes)
    trainer.fit(module, datamodule=Movies(movies))
    return trainer
