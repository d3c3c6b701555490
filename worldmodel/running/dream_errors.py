"""How far dreams stray from what really followed, step by step: the measurements behind the validity horizon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import torch
from torch import Tensor

from worldmodel.analysis.validity import Validity, validity
from worldmodel.experience import Movie
from worldmodel.learning import Agent
from worldmodel.memory import ReplayBuffer, Uniform, sample_movies

MOVES = 8
"""Change of brightness, of 255, above which a pixel counts as moving."""

Errors = dict[str, tuple[Tensor, dict[str, Tensor]]]
"""What is imagined, to the errors `[B, H]` of dreams and of each trivial guess."""


def draw_starts(buffer: ReplayBuffer, count: int, context: int, horizon: int, seed: int) -> tuple[Movie, int]:
    """Up to `count` movies of recorded life, each with at least one row after its context, and that context.

    Where episodes are short the context is, too. Raises FileError where nothing was recorded.
    """
    length = max(2, min(context + horizon, len(buffer)))
    offered = sample_movies(buffer, Uniform(), np.random.default_rng(seed), count, length, context=0)
    context = min(context, offered.mask.shape[1] - 1)
    chosen = (offered.mask.sum(1) > context).nonzero().squeeze(-1)[:count]
    return Movie(**{each.name: getattr(offered, each.name)[chosen] for each in fields(offered)}), context


def dream_validity(agent: Agent, movie: Movie, context: int, seed: int = 0) -> dict[str, Validity]:
    """Validity of dreams that look at the first `context` rows of movies `[B, T]` and imagine the rest blindly.

    Dreams follow the recorded actions, so that what was recorded is what they must foretell. Measured are the mean
    squared error of the observation (pixels as 0 .. 1, vectors standardised), the same over pixels that move at all,
    the absolute errors of reward, of the probability of going on, and of the best action's value, and how often
    another action is chosen. Values and choices are compared with those of the state in which the agent looks.
    """
    found = {}
    for name, (dreams, guesses) in dream_errors(agent, movie, context, seed).items():
        arrays = {guess: errors.cpu().numpy().astype(np.float64) for guess, errors in guesses.items()}
        found[name] = validity(dreams.cpu().numpy().astype(np.float64), arrays, seed)
    return found


@torch.no_grad()
def dream_errors(agent: Agent, movie: Movie, context: int, seed: int) -> Errors:
    """Errors `[B, H]`, H = T - context, NaN where nothing was recorded; see `dream_validity`."""
    model = agent.world_model
    looked = model.observe(movie).latent
    dreamt = model.follow(looked[:, context - 1], movie.action[:, context - 1 : -1])[:, 1:]
    later = looked[:, context:]
    values = agent.target_network.values
    known = movie.mask[:, context:]
    reward, ends = movie.reward[:, context:], movie.terminated[:, context:].float()
    usual_reward = movie.reward[movie.learnable].mean()
    now, then, imagined = values(looked[:, context - 1 : context]), values(later), values(dreamt)
    shuffle = _shuffler(known, seed)

    def against(
        dream: Tensor, error: Callable[[Tensor], Tensor], **guesses: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The errors of dreams, of guesses, and of the same dreams with their moments in another order."""
        tried = {"shuffled time": shuffle(dream), **{name.replace("_", " "): guess for name, guess in guesses.items()}}
        blank = torch.where(known, 0.0, torch.nan)
        return error(dream) + blank, {name: error(guess) + blank for name, guess in tried.items()}

    found: Errors = {
        "reward": against(model.reward(dreamt), lambda guess: (guess - reward).abs(), mean_reward=usual_reward),
        "going on": against(
            model.continues(dreamt), lambda guess: (guess - (1 - ends)).abs(), always_goes_on=torch.ones_like(ends)
        ),
        "value": against(imagined.amax(-1), lambda guess: (guess - then.amax(-1)).abs(), value_before=now.amax(-1)),
        "chosen action": against(
            imagined.argmax(-1), lambda guess: (guess != then.argmax(-1)).float(), action_before=now.argmax(-1)
        ),
    }
    pictures, shown = _in_units(agent, movie.observation), _in_units(agent, model.decode(dreamt))
    truth, last = pictures[:, context:], pictures[:, context - 1 : context]
    entries = tuple(range(2, truth.dim()))
    found = {
        "observation": against(shown, lambda guess: (guess - truth).square().mean(entries), last_observation=last),
        **found,
    }
    if agent.spec.pixels:
        moving = _moving(movie, context)
        size = moving.flatten(2).sum(-1).to(truth.dtype) * truth.shape[-1]
        size = torch.where(size > 0, size, torch.nan)
        found["moving pixels"] = against(
            shown, lambda guess: ((guess - truth).square() * moving).sum(entries) / size, last_observation=last
        )
    return found


def _in_units(agent: Agent, observation: Tensor) -> Tensor:
    """Observations, recorded or imagined, in the units of the error: pixels as 0 .. 1, vectors standardised."""
    return observation.float() / 255 if agent.spec.pixels else agent.world_model.standardise(observation)


def _moving(movie: Movie, context: int) -> Tensor:
    """Whether each pixel `[B, 1, height, width, 1]` ever changes from the last row that is looked at on."""
    seen = movie.observation[:, context - 1 :].int()
    change = (seen - seen[:, :1]).abs().amax(-1, keepdim=True) * movie.mask[:, context - 1 :, None, None, None]
    return change.amax(1, keepdim=True) > MOVES


def _shuffler(known: Tensor, seed: int) -> Callable[[Tensor], Tensor]:
    """Puts the moments of each dream, those that `known` `[B, H]` says were reached, into another order."""
    generator = torch.Generator().manual_seed(seed)
    # unknown moments come last, so that known ones change places among themselves
    order = (torch.rand(known.shape, generator=generator).to(known.device) + ~known).argsort(1)

    def shuffled(values: Tensor) -> Tensor:
        index = order.reshape(*order.shape, *[1] * (values.dim() - 2)).expand_as(values)
        return values.gather(1, index)

    return shuffled
