"""For how long an action that is only tried is held: single steps in a strange direction lead nowhere."""

from __future__ import annotations

import torch
from torch import Tensor

LONGEST = 100
"""Steps after which a held action ends at the latest."""


class Holding:
    """Numbers of steps from the zeta distribution p(n) ~ n^-exponent, cut off at `LONGEST`; always 1 without exponent.

    Few exploring steps, but some of them in a row: Dabney et al. 2021, *Temporally-extended epsilon-greedy
    exploration*, arXiv:2006.01782.
    """

    def __init__(self, exponent: float | None) -> None:
        self.exponent = exponent
        self.likelihood = torch.arange(1, LONGEST + 1, dtype=torch.float64) ** -(exponent or 1.0)

    def draw(self, count: int, device: torch.device) -> Tensor:
        """Numbers of steps `[count]` int64, 1 at least."""
        if self.exponent is None or count == 0:
            return torch.ones(count, dtype=torch.long, device=device)
        return 1 + torch.multinomial(self.likelihood.to(device), count, replacement=True)
