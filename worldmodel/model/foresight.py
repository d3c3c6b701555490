"""How far ahead the world model knows what it will see: a measurement, from which nothing is learned."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from worldmodel.experience import LatentState, Observed
from worldmodel.model.latents import kl_divergence

DEPTH = 5
"""Steps that are looked ahead."""


@torch.no_grad()
def foresight(
    observed: Observed,
    foresee: Callable[[LatentState, Tensor], tuple[LatentState, Tensor]],
    reward: Callable[[LatentState], Tensor],
) -> dict[str, Tensor]:
    """Goes on blindly under the recorded actions of movies `[B, T]`, and compares with what was then seen.

    foresee: the state after an action, and the prior `[B, S, K]` it was drawn from.
    Returns "kl_depth_k", the divergence in nats of the posterior k steps ahead from the prior that has not looked
    since; "reward_recall", the share of recorded rewards that were foretold; and "reward_precision", the share of
    foretold rewards that came. A reward counts as foretold where the expected one is more than half of a usual one.
    Without any, precision and recall are left out. The draws it makes are taken back, so that how often is looked does
    not change what is learned.
    """
    with torch.random.fork_rng(devices=[device] if (device := observed.prior.device).type == "cuda" else []):
        return _look_ahead(observed, foresee, reward)


def _look_ahead(
    observed: Observed,
    foresee: Callable[[LatentState, Tensor], tuple[LatentState, Tensor]],
    reward: Callable[[LatentState], Tensor],
) -> dict[str, Tensor]:
    movie = observed.movie
    start = min(int(movie.context.max()), movie.mask.shape[1] - 2)
    state = observed.latent[:, start]
    found, foretold, came = {}, [], []
    for depth in range(1, min(DEPTH, movie.mask.shape[1] - 1 - start) + 1):
        row = start + depth
        state, prior = foresee(state, movie.action[:, row - 1])
        there = movie.mask[:, row]
        divergence = kl_divergence(observed.posterior[:, row], prior)
        found[f"kl_depth_{depth}"] = (divergence * there).sum() / there.sum().clamp(min=1)
        foretold.append(reward(state)[there])
        came.append(movie.reward[:, row][there])
    return found | _hits(torch.cat(foretold), torch.cat(came))


def _hits(foretold: Tensor, came: Tensor) -> dict[str, Tensor]:
    real = came != 0
    if not real.any():
        return {}
    expected = foretold.abs() > 0.5 * came[real].abs().median()
    hits = (real & expected).sum()
    found = {"reward_recall": hits / real.sum()}
    return found | ({"reward_precision": hits / expected.sum()} if expected.any() else {})
