"""What the two replays have in common: one signature, one type."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from worldmodel.experience import LatentState, Observed, Trajectory


class Policy(Protocol):
    """Who acts in dreams, and whose actions returns may be traced through."""

    def choose(self, latent: LatentState) -> Tensor:
        """The action taken in each state, `[...]` int64."""
        ...

    def agrees(self, latent: LatentState, action: Tensor) -> Tensor:
        """Whether `action` `[...]` is what the policy would have done, `[...]` bool."""
        ...


class Replay(Protocol):
    """What was observed becomes a trajectory the Q-network learns from."""

    def __call__(self, observed: Observed, policy: Policy) -> Trajectory:
        """Replays from movies `[B, T]`; the number and length of trajectories are the replay's own."""
        ...
