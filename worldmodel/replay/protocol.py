"""What the two replays have in common: one signature, one type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from worldmodel.experience import LatentState, Observed, Trajectory

Choice = Callable[[LatentState], Tensor]
"""States `[...]` to the actions taken there, `[...]` int64."""


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


class Imagine(Protocol):
    """Runs on without the world: see `WorldModel.imagine`."""

    def __call__(
        self, start: LatentState, first_action: Tensor, choose: Choice, horizon: int, held: Tensor
    ) -> tuple[LatentState, Tensor]:
        """Start `[B]`, first action and its steps `[B]` to states `[B, H+1]` and actions `[B, H]`."""
        ...
