"""How much the agent still tries things out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from worldmodel.replay.holding import Holding


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


class Exploration:
    """Random actions in place of greedy ones, each held for a while: temporally extended epsilon-greedy.

    With probability epsilon an action is drawn uniformly, and with it the number of steps that it is held (Dabney et
    al. 2021, arXiv:2006.01782, algorithm 1); where `zeta` is None that is one, and this is plain epsilon-greedy.
    """

    def __init__(self, actions: int, zeta: float | None) -> None:
        self.actions = actions
        self.holding = Holding(zeta)

    def choose(self, greedy: Tensor, last: Tensor, held: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
        """Actions `[N]`, and for how many steps more each will be held, from the `greedy` ones.

        last, held: `[N]` int64, what was done before, and for how many steps more it has to be.
        """
        if epsilon == 0:
            return greedy, torch.zeros_like(held)
        count, device = len(greedy), greedy.device
        goes_on = held > 0
        begins = torch.rand(count, device=device) < epsilon
        drawn = torch.randint(self.actions, (count,), device=device)
        rest = self.holding.draw(count, device) - 1
        action = torch.where(goes_on, last, torch.where(begins, drawn, greedy))
        return action, torch.where(goes_on, held - 1, torch.where(begins, rest, torch.zeros_like(held)))
