"""The parts that make a latent state, in one of two ways: variables of the whole image, or of one place each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import nn

from worldmodel.errors import ConfigurationError
from worldmodel.model.episodic_memory import EpisodicPrior
from worldmodel.model.layers import mlp
from worldmodel.model.local_latents import Grid, LocalGRU, LocalInput, LocalPosterior, local_head
from worldmodel.model.local_prior import LocalPrior
from worldmodel.model.prior import RecurrentPrior, build_prior
from worldmodel.model.recurrence import GRU
from worldmodel.model.settings import WorldModelSettings
from worldmodel.model.vision import ImageEncoder, VectorEncoder

POSTERIOR_SPREAD = 6.0
"""How far the posterior's logits are apart at first. Near uniform they would be noise, which the decoder learns to
ignore before it can learn to read it; then nothing teaches the encoder for hundreds of steps."""


class LatentParts(NamedTuple):
    """What makes latents.

    posterior: the encoder's features `[B, E]` to logits `[B, S*K]`.
    step_input: latent and one-hot action `[..., S*K + A]` to what the recurrence is fed, `[..., X]`.
    recurrence, prior: see `Recurrence` and `Prior`.
    recurrent_units: all units of the recurrence, D.
    head: makes a perceptron on states, as `mlp` does without its first argument.
    local: entries of the one-hot latent that tell of each place of the encoder's grid, Z; 0 where none does.
    """

    posterior: nn.Module
    step_input: nn.Module
    recurrence: GRU | LocalGRU
    prior: RecurrentPrior | EpisodicPrior | LocalPrior
    recurrent_units: int
    head: Callable[..., nn.Sequential]
    local: int


def build_latents(settings: WorldModelSettings, encoder: ImageEncoder | VectorEncoder, actions: int) -> LatentParts:
    """The parts that `settings` ask for.

    Raises ConfigurationError where local ones do not fit the encoder's grid.
    """
    if settings.local_units:
        return local_latents(settings, encoder, actions)
    return whole_latents(settings, encoder, actions)


def whole_latents(settings: WorldModelSettings, encoder: ImageEncoder | VectorEncoder, actions: int) -> LatentParts:
    """Every variable tells of the whole image, and so does the recurrence."""
    stochastic, units = settings.variables * settings.classes, settings.units
    logits = nn.Linear(units, stochastic)
    nn.init.normal_(logits.weight, std=POSTERIOR_SPREAD / units**0.5)
    return LatentParts(
        posterior=nn.Sequential(mlp(encoder.outputs, units, 1), logits),
        step_input=mlp(stochastic + actions, units, 1),
        recurrence=GRU(units, settings.recurrent_units),
        prior=build_prior(settings),
        recurrent_units=settings.recurrent_units,
        head=partial(mlp, settings.recurrent_units + stochastic),
        local=0,
    )


def local_latents(settings: WorldModelSettings, encoder: ImageEncoder | VectorEncoder, actions: int) -> LatentParts:
    """Every variable tells of one place of the encoder's grid; each of these has a recurrence, beside the whole's."""
    if isinstance(encoder, VectorEncoder):
        raise ConfigurationError(
            "world_model.local_units must be 0 where observations are vectors: they have no places"
        )
    places = encoder.grid**2
    if settings.variables % places:
        raise ConfigurationError(
            f"world_model.variables must be a multiple of the {places} places of the encoder's grid, where "
            f"world_model.local_units is set (got {settings.variables})"
        )
    grid = Grid(encoder.grid, settings.variables // places, settings.classes, settings.local_units)
    recurrent_units = settings.recurrent_units + grid.places * grid.memory
    head = partial(mlp, recurrent_units + settings.variables * settings.classes)
    if settings.local_reading:
        head = partial(local_head, grid, settings.recurrent_units, settings.local_reading)
    return LatentParts(
        posterior=LocalPosterior(grid, encoder.depth, POSTERIOR_SPREAD),
        step_input=LocalInput(grid, actions, settings.units, summarised=settings.local_summary > 0),
        recurrence=LocalGRU(grid, settings.units, settings.recurrent_units, settings.local_summary),
        prior=LocalPrior(grid, settings.recurrent_units, settings.units, settings.local_rounds, settings.local_turns),
        recurrent_units=recurrent_units,
        head=head,
        local=grid.latent,
    )
