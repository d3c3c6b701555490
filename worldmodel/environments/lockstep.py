"""The bookkeeping all kinds of worlds share: which games are over, and what the next episode begins with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from worldmodel.environments.naming import one_line
from worldmodel.environments.watchdog import Watchdog
from worldmodel.errors import EnvironmentFailure, WorldModelError
from worldmodel.experience import Spec, Step

# the smallest range of seeds that every library takes: the emulator's are signed 32-bit integers
SEED_RANGE = 2**31


@dataclass(frozen=True)
class Outcome:
    """What an agent step led to in N worlds, before it is made into a `Step`.

    observation: `[N, ...]`, in an array that is not written to again.
    reward: `[N]`, any number type.
    terminated, truncated: `[N]` bool, the training episode ended.
    game_over: `[N]` bool, the game must be reset before it can go on.
    begun: `[N]` bool, the world broke and this is the first moment of another game; None where none did.
    """

    observation: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    game_over: np.ndarray
    begun: np.ndarray | None = None


class Lockstep(ABC):
    """N worlds that go on together; a subclass says how games begin and how they advance.

    spec: what the worlds look like from outside.
    count: N.
    seeds: N, with which the games were begun that are played now.
    restarts: how often a world broke and was made anew.
    watchdog: who ends the process where a step or reset hangs; nobody unless one is put here.
    """

    def __init__(self, spec: Spec, count: int) -> None:
        self.spec = spec
        self.count = count
        self.seeds = [0] * count
        self.restarts = 0
        self.watchdog = Watchdog(spec.environment, None)
        self._last: Step | None = None
        self._played = np.zeros(count, np.int64)  # agent steps of the game that is being played

    @abstractmethod
    def _begin(self, which: np.ndarray, seeds: list[int]) -> np.ndarray:
        """Reset the games in `which` (`[N]` bool, at least one) and return the observations `[N, ...]` of all.

        seeds: N of them, in [0, SEED_RANGE).
        """

    @abstractmethod
    def _advance(self, actions: np.ndarray) -> Outcome:
        """Play one agent step, `[N]` int64 actions within range."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the worlds."""

    def reset(self, seeds: Sequence[int], which: np.ndarray | None = None) -> Step:
        """Begin games; see `Worlds.reset`."""
        which = np.ones(self.count, bool) if which is None else which
        if self._last is None and not which.all():
            raise RuntimeError("reset all worlds first")
        return self._open(which, which, seeds)

    def step(self, actions: np.ndarray) -> Step:
        """Play one agent step in every world; see `Worlds.step`."""
        if self._last is None or self._last.game_over.any():
            raise RuntimeError("reset the worlds first, and restart those whose game is over, before the next step")
        actions = np.asarray(actions, np.int64)
        # an action out of range makes the emulator wait for ever, so this is not left to the library
        if actions.shape != (self.count,) or actions.min() < 0 or actions.max() >= len(self.spec.actions):
            raise ValueError(f"expected {self.count} actions from 0 to {len(self.spec.actions) - 1}, got {actions}")
        outcome = self._guarded("step", self._advance, actions)
        begun = np.zeros(self.count, bool) if outcome.begun is None else outcome.begun
        self._played = np.where(begun, 0, self._played + 1)
        with np.errstate(over="ignore"):
            reward = outcome.reward.astype(np.float32)
        self._check_finite(reward, "reward")
        self._check_finite(outcome.observation, "observation")
        self._last = Step(
            observation=outcome.observation,
            reward=reward,
            terminated=outcome.terminated,
            truncated=outcome.truncated & ~outcome.terminated,
            first=begun,
            game_over=outcome.game_over,
        )
        return self._last

    def restart(self, ended: np.ndarray, seeds: Sequence[int]) -> Step:
        """Begin the next episode where the last one ended; see `Worlds.restart`."""
        if self._last is None:
            raise RuntimeError("reset the worlds first")
        return self._open(ended, self._last.game_over & ended, seeds)

    def _open(self, opened: np.ndarray, begun: np.ndarray, seeds: Sequence[int]) -> Step:
        """The last step again, with first rows in the worlds `opened`; those in `begun` are reset for it."""
        last = self._last
        if begun.any():
            given = self._within_range(seeds)
            self.seeds = [new if anew else old for new, old, anew in zip(given, self.seeds, begun, strict=True)]
            observation = self._guarded("reset", self._begin, begun, given)
            self._played = np.where(begun, 0, self._played)
            self._check_finite(observation, "observation")
        else:
            assert last is not None
            observation = last.observation
        goes_on = ~opened
        nowhere = np.zeros(self.count, bool)
        before = last or Step(observation, np.zeros(self.count, np.float32), *[nowhere] * 4)
        self._last = replace(
            before,
            observation=observation,
            reward=before.reward * goes_on,
            terminated=before.terminated & goes_on,
            truncated=before.truncated & goes_on,
            first=before.first | opened,
            game_over=before.game_over & goes_on,
        )
        return self._last

    def _within_range(self, seeds: Sequence[int]) -> list[int]:
        if len(seeds) != self.count:
            raise ValueError(f"expected {self.count} seeds, got {len(seeds)}")
        return [int(seed) % SEED_RANGE for seed in seeds]

    def _guarded(self, doing: str, call: Callable[..., Any], *arguments: Any) -> Any:
        self.watchdog.watch(doing)
        try:
            return call(*arguments)
        except WorldModelError:
            raise
        except Exception as error:
            raise EnvironmentFailure(
                f"environment {self.spec.environment!r} broke in {doing}: {one_line(error)}"
            ) from error
        finally:
            self.watchdog.rest()

    def _check_finite(self, values: np.ndarray, what: str) -> None:
        if values.dtype == np.uint8 or np.isfinite(values).all():
            return
        world = int(np.argmin(np.isfinite(values).reshape(self.count, -1).all(1)))
        raise EnvironmentFailure(
            f"environment {self.spec.environment!r} gave a {what} that is not a finite number, "
            f"in world {world} at step {self._played[world]} of its game: it was not recorded"
        )
