"""What is expected before looking: the prior over the stochastic latent, from what is remembered."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from worldmodel.experience import Table
from worldmodel.model.episodic_memory import EpisodicPrior
from worldmodel.model.latents import Choose
from worldmodel.model.layers import mlp
from worldmodel.model.settings import WorldModelSettings


class Prior(Protocol):
    """Logits of what comes next, and the table of the episode they may be read from."""

    def unroll(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor, mask: Tensor) -> tuple[Tensor, Table | None]:
        """Logits `[B, T, S*K]` for every row of movies, each from the rows before it, and the table after each.

        recurrent `[B, T, D]`; stochastic `[B, T, S*K]`, drawn from seen `[B, T, S, K]`, log-probabilities; mask
        `[B, T]`, rows that were recorded.
        """
        ...

    def draw(self, recurrent: Tensor, stochastic: Tensor, table: Table | None, choose: Choose) -> tuple[Tensor, Tensor]:
        """What is seen in recurrent state `[N, D]`, drawn, and the log-probabilities of it, both `[N, S*K]`.

        stochastic `[N, S*K]`: what was drawn in the moment before, with the table of it.
        """
        ...

    def empty(self, count: int) -> Table | None:
        """The table `[N]` of an episode that has not begun."""
        ...

    def remember(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor, table: Table | None) -> Table | None:
        """The table `[N]` with one more moment in it."""
        ...


class Tableless(nn.Module):
    """A prior that keeps no table of the episode."""

    def empty(self, count: int) -> Table | None:
        """None."""
        return None

    def remember(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor, table: Table | None) -> Table | None:
        """None."""
        return None


class RecurrentPrior(nn.Sequential, Tableless):
    """Only the recurrent state says what comes next; no table is kept."""

    def __init__(self, recurrent_units: int, stochastic: int, units: int) -> None:
        super().__init__(mlp(recurrent_units, units, 1), nn.Linear(units, stochastic))

    def unroll(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor, mask: Tensor) -> tuple[Tensor, Table | None]:
        """Logits `[B, T, S*K]` for every row of movies, and no table."""
        return self(recurrent), None

    def draw(self, recurrent: Tensor, stochastic: Tensor, table: Table | None, choose: Choose) -> tuple[Tensor, Tensor]:
        """What is seen in recurrent state `[N, D]`, drawn, and the log-probabilities of it, both `[N, S*K]`."""
        return choose(self(recurrent))


def build_prior(settings: WorldModelSettings) -> RecurrentPrior | EpisodicPrior:
    """The prior that `settings` ask for."""
    stochastic = settings.variables * settings.classes
    if settings.memory == 0:
        return RecurrentPrior(settings.recurrent_units, stochastic, settings.units)
    return EpisodicPrior(
        settings.recurrent_units, stochastic, settings.units, settings.memory_units, settings.memory, settings.variables
    )
