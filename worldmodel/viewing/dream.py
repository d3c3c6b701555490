"""A dream beside what really happened: the same actions, with and without the world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldmodel.experience import LatentState, Movie
from worldmodel.model import WorldModel


@dataclass(frozen=True)
class Dream:
    """B clips of T moments, observations in the units of the recording.

    truth: `[B, T, ...]`, what was recorded.
    reconstruction: `[B, T, ...]`, what the world model sees while it looks.
    imagination: `[B, T, ...]`, the same for the first `context` moments; from there on it no longer looks.
    context: number of moments looked at.
    """

    truth: np.ndarray
    reconstruction: np.ndarray
    imagination: np.ndarray
    context: int


@torch.no_grad()
def dream_along(world_model: WorldModel, movie: Movie, context: int) -> Dream:
    """Looks at the first `context` rows of movies `[B, T]`, then imagines the rest under the recorded actions.

    At least the last row is imagined, however short the movies are. This is the open-loop prediction of the Dreamer
    papers (Hafner et al. 2020, figure 4).
    """
    length = movie.action.shape[1]
    context = min(context, length - 1)
    observed = world_model.observe(movie).latent
    dreamt = world_model.follow(observed[:, context - 1], movie.action[:, context - 1 : -1])
    features = torch.cat([observed.features[:, : context - 1], dreamt.features], 1)
    return Dream(
        truth=movie.observation.cpu().numpy(),
        reconstruction=world_model.decode(observed).cpu().numpy(),
        imagination=world_model.decode(LatentState(features, observed.recurrent_units)).cpu().numpy(),
        context=context,
    )
