"""What is expected at every place of the grid, drawn in rounds, so that what is drawn together shows something.

Drawn each by itself, the place that a thing leaves and the one that it goes to toss a coin each, and half of the time
that it is uncertain when it goes there are two of it, or none. So some places are drawn first, and those around them,
knowing what was drawn, after. The same holds for two variables that tell of one place: half of one look and half of
another are no look at all. So they can take turns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from worldmodel.experience import Table
from worldmodel.model.latents import Choose
from worldmodel.model.local_latents import Around, Grid
from worldmodel.model.prior import RecurrentPrior, Tableless

FOUR = ((0, 2), (3, 1))
"""The round, of four, of the places in even and odd rows and columns."""


def round_of_each(side: int, rounds: int) -> Tensor:
    """The round in which each place is drawn, `[P]` int64.

    Of 2 rounds each has the fields of one colour of a chessboard (as He et al. 2021, arXiv:2103.15306, do for images);
    of 4, no place has any of the eight around it in its own.
    """
    odd = torch.arange(side) % 2
    return torch.tensor(FOUR)[odd[:, None], odd].flatten() * rounds // 4


class LocalPrior(Tableless):
    """What is expected at each place: from what is remembered there and of the whole, and what was drawn around it.

    rounds: 1, 2 or 4, in which places are drawn; in the first nothing around a place is known. Such priors make what a
        grid of latents dreams hang together (Burchi & Timofte 2025, arXiv:2507.04075, draw places in rounds as well,
        the surest first).
    turns: whether the variables of a place are drawn one after the other, each knowing those before; otherwise none
        of them knows another.
    """

    round: Tensor
    turn: Tensor

    def __init__(self, grid: Grid, recurrent_units: int, units: int, rounds: int = 1, turns: bool = False) -> None:
        super().__init__()
        self.grid, self.recurrent_units = grid, recurrent_units
        self.rounds, self.turns = rounds, grid.variables if turns else 1
        self.whole = RecurrentPrior(recurrent_units, grid.places * grid.latent, units)
        self.here = nn.Linear(grid.memory, grid.width)
        self.context = nn.Linear(recurrent_units, grid.width, bias=False)
        self.logits = nn.Sequential(nn.LayerNorm(grid.width), nn.SiLU(), nn.Linear(grid.width, grid.latent))
        if self.rounds > 1:
            self.around = Around(grid, grid.latent, grid.width)
        if self.turns > 1:
            self.within = nn.Linear(grid.latent, grid.width, bias=False)
        turn = torch.arange(grid.variables).repeat_interleave(grid.classes) % self.turns
        self.register_buffer("round", round_of_each(grid.side, rounds)[:, None], persistent=False)
        self.register_buffer("turn", turn, persistent=False)

    def unroll(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor, mask: Tensor) -> tuple[Tensor, Table | None]:
        """Logits `[B, T, P*Z]` for every row of movies, and no table.

        Each place is told what `stochastic` `[B, T, P*Z]` shows in the places of earlier rounds, and each variable what
        it shows of earlier turns there.
        """
        whole, here = self._remembered(recurrent)
        shown = stochastic.detach()  # what is seen is not to change so that its surroundings are foreseen more easily
        for number in range(1, self.rounds):
            here = here + self._around(shown, number) * (self.round == number)
        logits = self.logits(here)
        for turn in range(1, self.turns):
            logits = torch.where(self.turn == turn, self.logits(here + self._within(shown, turn)), logits)
        return whole + logits.flatten(-2), None

    def draw(self, recurrent: Tensor, stochastic: Tensor, table: Table | None, choose: Choose) -> tuple[Tensor, Tensor]:
        """What is seen in recurrent state `[N, D + P*M]`, drawn, and the log-probabilities of it, both `[N, P*Z]`."""
        whole, here = self._remembered(recurrent)
        drawn, expected = choose(whole + self.logits(here).flatten(-2))
        for number in range(self.rounds):
            told = here + self._around(drawn, number) if number else here
            for turn in range(0 if number else 1, self.turns):  # the first turn of the first round is drawn already
                logits = self.logits(told + self._within(drawn, turn) if turn else told)
                due = ((self.round == number) & (self.turn == turn)).flatten()
                now_drawn, now_expected = choose(whole + logits.flatten(-2))
                drawn, expected = torch.where(due, now_drawn, drawn), torch.where(due, now_expected, expected)
        return drawn, expected

    def _remembered(self, recurrent: Tensor) -> tuple[Tensor, Tensor]:
        """What the whole expects, logits `[..., P*Z]`, and what each place makes of its memory, `[..., P, Y]`."""
        whole, places = recurrent.split([self.recurrent_units, self.grid.places * self.grid.memory], -1)
        here = self.here(places.unflatten(-1, (self.grid.places, -1))) + self.context(whole)[..., None, :]
        return self.whole(whole), here

    def _around(self, shown: Tensor, number: int) -> Tensor:
        """What each place is told of those around it that were drawn before round `number`, `[..., P, Y]`."""
        return self.around(shown.unflatten(-1, (self.grid.places, -1)) * (self.round < number))

    def _within(self, shown: Tensor, turn: int) -> Tensor:
        """What each place is told of its own variables that were drawn before `turn`, `[..., P, Y]`."""
        return self.within(shown.unflatten(-1, (self.grid.places, -1)) * (self.turn < turn))
