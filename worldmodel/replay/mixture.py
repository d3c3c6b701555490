"""How much of each replay, and when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mixture:
    """Q-loss = (1 - share) x mean over movie transitions + share x mean over imagined ones.

    Imagination waits until the world model has learned for `warmup` gradient steps and then grows linearly to `share`
    over `ramp` more; until then movies have the rest. The ends are exact: share 0 imagines nothing, and share 1 learns
    from no movie, so that its Q-network waits out the warm-up.
    """

    share: float
    warmup: int = 0
    ramp: int = 0

    def imagination(self, gradient_step: int) -> float:
        """Weight of the imagined transitions at `gradient_step` (0 is the first)."""
        since = gradient_step - self.warmup
        if since < 0:
            return 0.0
        return self.share * min(1.0, (since + 1) / (self.ramp + 1))

    def movie(self, gradient_step: int) -> float:
        """Weight of the movie transitions at `gradient_step`."""
        return 0.0 if self.share == 1 else 1.0 - self.imagination(gradient_step)
