"""A story of the replay lab, told once from beginning to end and recorded as a movie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from worldmodel.environments.replay_story import ReplayStory
from worldmodel.experience import Movie
from worldmodel.running.reliving import Game


@dataclass(frozen=True)
class Told:
    """What was told, and what only the teller knows.

    movie: `[1, T]`.
    state: `[T]` int64, the state (see `environments.true_order`) of the object that was shown, -1 for none.
    phase: T names of phases.
    rewarded: the sequence that pays, -1 for none.
    """

    movie: Movie
    state: np.ndarray
    phase: tuple[str, ...]
    rewarded: int


def tell(
    story: ReplayStory, seed: int, options: dict[str, Any] | None = None, choose: Callable[[], int] = lambda: 0
) -> Told:
    """Tells a story; `options` are those of `ReplayStory.reset`, `choose` gives the action of every row."""
    observation, info = story.reset(seed=seed, options=options)
    rows, infos, over = [(observation, 0, 0.0, False, False)], [info], False
    while not over:
        action = choose()
        observation, reward, terminated, truncated, info = story.step(np.int64(action))
        rows[-1] = (rows[-1][0], action, *rows[-1][2:])
        rows.append((observation, 0, reward, terminated, truncated))
        infos.append(info)
        over = terminated or truncated
    seen, actions, rewards, ends, cuts = (np.stack(column) for column in zip(*rows, strict=True))
    movie = Game(seed, seen, actions, rewards.astype(np.float32), ends).movie()
    state = np.array([each["state"] for each in infos])
    return Told(
        replace(movie, truncated=torch.from_numpy(cuts)[None]),
        state,
        tuple(each["phase"] for each in infos),
        infos[-1]["rewarded"],
    )
