"""When the agent is awake and when it sleeps: how many environment steps are due before each gradient step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from worldmodel.running.settings import TrainerSettings


class Schedule(Protocol):
    """Environment steps as a function of gradient steps, and back."""

    def environment_steps_due(self, gradient_steps: int) -> int:
        """Environment steps that must have been lived before gradient step number `gradient_steps` (from 0)."""
        ...

    def gradient_steps_for(self, environment_steps: int) -> int:
        """Gradient steps of a run of that many environment steps."""
        ...


@dataclass(frozen=True)
class Interleaved:
    """Acting and learning alternate: `replay_ratio` gradient steps per environment step, after the prefill."""

    prefill: int
    replay_ratio: float

    def environment_steps_due(self, gradient_steps: int) -> int:
        """Linear in the gradient steps."""
        return self.prefill + math.floor(gradient_steps / self.replay_ratio)

    def gradient_steps_for(self, environment_steps: int) -> int:
        """At least one, so that every run learns."""
        return max(1, math.floor((environment_steps - self.prefill) * self.replay_ratio + 1e-9))


@dataclass(frozen=True)
class Phases:
    """`awake` environment steps, then `asleep` gradient steps, again and again; the prefill is a first waking."""

    prefill: int
    awake: int
    asleep: int

    def environment_steps_due(self, gradient_steps: int) -> int:
        """A staircase."""
        return self.prefill + self.awake * (gradient_steps // self.asleep)

    def gradient_steps_for(self, environment_steps: int) -> int:
        """Every waking phase is slept over, the last one too."""
        return self.asleep * (1 + math.ceil((environment_steps - self.prefill) / self.awake))


def make_schedule(settings: TrainerSettings) -> Schedule:
    """The schedule the settings describe."""
    if settings.awake_steps:
        return Phases(settings.prefill, settings.awake_steps, settings.asleep_steps)
    return Interleaved(settings.prefill, settings.replay_ratio)
