"""Where dreams begin: at any moment of the movies, where the movies end, or where dreaming would gain most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from worldmodel.experience import LatentState, Movie, Observed
from worldmodel.model import WorldModel
from worldmodel.replay.gain import gain

CANDIDATES = 4
"""Moments that are weighed against each other for each dream that is begun by gain."""


class Starts(Protocol):
    """A rule for choosing the moments dreams begin at."""

    def __call__(self, observed: Observed, count: int) -> Tensor:
        """`count` moments of movies `[B, T]`, clip and row `[count, 2]` int64; fewer only where none can be taken."""
        ...


class Everywhere:
    """Every learnable moment at which life went on is equally likely, and used once while there are enough."""

    def __call__(self, observed: Observed, count: int) -> Tensor:
        """Clip and row of `count` moments of movies `[B, T]`, `[count, 2]` int64."""
        movie = observed.movie
        return _take(movie.learnable & ~movie.terminated & ~movie.truncated, count)


class AtTheEnd:
    """The newest moment of each movie, also where recording ended there: rest begins where life stood still."""

    def __call__(self, observed: Observed, count: int) -> Tensor:
        """Clip and row of `count` moments of movies `[B, T]`, `[count, 2]` int64."""
        movie = observed.movie
        return _take(_newest(movie) & movie.learnable & ~movie.terminated, count)


class ByGain:
    """Of `CANDIDATES` times as many moments drawn everywhere, those at which looking ahead would change most.

    The gain of a moment is that of Mattar & Daw 2018 (see `gain`) if the values of all its actions were replaced by
    what one imagined step says of them. Their need, how often the moment will be come by, is how often it was: movies
    are drawn as life was lived.

    `values`: Q-values `[..., A]` of states.
    """

    def __init__(self, world_model: WorldModel, values: Callable[[LatentState], Tensor], discount: float) -> None:
        self.world_model = world_model
        self.values = values
        self.discount = discount

    @torch.no_grad()
    def __call__(self, observed: Observed, count: int) -> Tensor:
        """Clip and row of `count` moments of movies `[B, T]`, `[count, 2]` int64, those of most gain first."""
        moments = Everywhere()(observed, CANDIDATES * count)
        states = states_at(observed, moments)
        gains = gain(self.values(states), look_ahead(self.world_model, states, self.values, self.discount))
        return moments[gains.argsort(descending=True)[:count]]


def look_ahead(
    world_model: WorldModel,
    states: LatentState,
    values: Callable[[LatentState], Tensor],
    discount: float,
    draws: int = 1,
) -> Tensor:
    """Q-values `[N, A]` of states `[N]` by one imagined step under every action: r + discount c max Q(s').

    draws: imagined steps that are averaged for each. With one, whoever then asks for the best action takes the luckiest
        of A draws, also where no action matters.
    """
    actions, count = world_model.actions, len(states.features)
    every = torch.arange(count, device=states.features.device).repeat_interleave(actions)
    before, taken = states[every], torch.arange(actions, device=every.device).repeat(count)
    found = []
    for _ in range(draws):  # one draw of all is small; all draws at once would copy the table of each
        after = world_model.glimpse(before, taken)
        worth = values(after).amax(-1)
        found.append(world_model.reward(after) + discount * world_model.continues(after) * worth)
    return torch.stack(found).mean(0).unflatten(0, (count, actions))


def states_at(observed: Observed, moments: Tensor) -> LatentState:
    """The states `[N, ...]` of movies `[B, T]` at `moments` `[N, 2]`, clip and row, without a graph."""
    clip, row = moments.unbind(-1)
    return observed.latent.detach()[clip, row]


def _newest(movie: Movie) -> Tensor:
    """`[B, T]` bool, the last recorded row of each movie."""
    last = movie.mask.sum(1) - 1
    return torch.arange(movie.mask.shape[1], device=movie.mask.device) == last[:, None]


def _take(allowed: Tensor, count: int) -> Tensor:
    """`count` of the moments `[B, T]` that are allowed, in random order, again only when all have been taken."""
    places = allowed.nonzero()
    rounds = -(-count // max(1, len(places)))
    order = torch.cat([torch.randperm(len(places), device=places.device) for _ in range(rounds)])
    return places[order[:count]]
