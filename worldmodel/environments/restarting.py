"""A world that breaks now and then: made anew, a new game begun in it, in place of the end of the run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, SupportsFloat

import gymnasium
import numpy as np

from worldmodel.environments.naming import one_line
from worldmodel.errors import WorldModelError

BEGUN_ANEW = "begun_anew"
"""In the info of a step: there was none, this is the first moment of a new game."""


class Restarting(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Makes an environment anew where it raises, and begins a game whose seed follows from that of the broken one.

    environment: id, for what is said on stderr.
    first, make: the environment, and what makes another.
    most: how often in a row; a game that comes to its own end begins the count anew. Then its error is passed on.
    seed: with which the game was begun that is played now.
    restarts: how often it was made anew.
    """

    def __init__(
        self, environment: str, first: gymnasium.Env[Any, Any], make: Callable[[], gymnasium.Env[Any, Any]], most: int
    ) -> None:
        super().__init__(first)
        self.environment, self.make, self.most = environment, make, most
        self.seed: int | None = None
        self.restarts = self.in_a_row = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begins a game, with another seed where it broke in this."""
        self.seed = seed
        while True:
            try:
                return self.env.reset(seed=self.seed, options=options)
            except Exception as error:
                self._make_anew(error)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Plays a step; where it broke, the first moment of another game."""
        try:
            observation, reward, terminated, truncated, info = self.env.step(action)
        except Exception as error:
            self._make_anew(error)
            observation, info = self.reset(seed=self.seed)
            return observation, 0.0, False, False, {**info, BEGUN_ANEW: True}
        if terminated or truncated:
            self.in_a_row = 0
        return observation, reward, terminated, truncated, info

    def _make_anew(self, error: Exception) -> None:
        if self.in_a_row >= self.most or isinstance(error, WorldModelError):
            raise error
        self.in_a_row += 1
        self.restarts += 1
        print(
            f"environment {self.environment!r} broke ({one_line(error)}): made anew, its game counts as truncated "
            f"({self.in_a_row} of at most {self.most} times in a row)",
            file=sys.stderr,
        )
        with suppress(Exception):  # it is broken
            self.env.close()
        self.env = self.make()
        # follows from the last seed, so that a run that is repeated or gone on with begins the same game
        self.seed = int(np.random.SeedSequence(self.seed).generate_state(1, np.uint32)[0] >> 1)
