"""How much the agent still tries things out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EpsilonSchedule:
    """Probability of a random action: from `start` linearly to `end` over `steps` environment steps."""

    start: float
    end: float
    steps: int

    def __call__(self, environment_step: int) -> float:
        """Epsilon at `environment_step`."""
        progress = min(1.0, environment_step / self.steps) if self.steps else 1.0
        return self.start + progress * (self.end - self.start)
