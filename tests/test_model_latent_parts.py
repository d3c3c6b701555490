"""The parts that make a latent state."""

import torch
from small_agent import VECTOR, tiny_settings

from worldmodel.model.latent_parts import POSTERIOR_SPREAD, whole_latents
from worldmodel.model.vision import build_encoder


def test_the_posterior_of_the_whole_begins_with_logits_as_far_apart_as_asked():
    parts = whole_latents(tiny_settings(units=256, variables=64), build_encoder(VECTOR, 4, 4, 256), 3)
    spread = float(parts.posterior(torch.randn(64, 256)).detach().std())
    assert 0.4 * POSTERIOR_SPREAD < spread < POSTERIOR_SPREAD  # SiLU lets 0.36 of the square through
