"""The parts that make a latent state: what says what is seen, what remembers it, what expects it."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from worldmodel.model.episodic_memory import EpisodicPrior
from worldmodel.model.layers import mlp
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
    """

    posterior: nn.Module
    step_input: nn.Module
    recurrence: GRU
    prior: RecurrentPrior | EpisodicPrior
    recurrent_units: int


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
    )
