"""What is expected at each place: from its memory, the whole, and what was drawn around it in earlier rounds."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from test_model_local_latents import GRID, RECURRENT, UNITS, touched

from worldmodel.model import latents
from worldmodel.model.local_latents import Grid, LocalGRU
from worldmodel.model.local_prior import LocalPrior, round_of_each


def draw(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One-hot draws of the four classes of each place, and the logits they are from."""
    return latents.sample(logits.unflatten(-1, (-1, 4))).flatten(-2), logits


def expected(prior: LocalPrior, recurrent: torch.Tensor, shown: torch.Tensor) -> torch.Tensor:
    """Logits `[9*4]` in `recurrent` where `shown` is what was drawn."""
    everything = torch.ones(1, 1, dtype=torch.bool)
    return prior.unroll(recurrent[None], shown[None, None], shown[None, None], everything)[0][0, 0]


def test_two_rounds_are_a_chessboard():
    assert round_of_each(3, 2).tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert not round_of_each(3, 1).any()


def test_of_four_rounds_no_place_has_a_neighbour_in_its_own():
    rounds = round_of_each(5, 4).view(5, 5)
    for down, right in ((0, 1), (1, 0), (1, 1)):
        assert (rounds[: 5 - down, : 5 - right] != rounds[down:, right:]).all()
    assert (rounds[1:, :-1] != rounds[:-1, 1:]).all()


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_what_is_expected_at_a_place_comes_from_its_memory_and_the_whole(rounds):
    prior, recurrent, shown = LocalPrior(GRID, RECURRENT, UNITS, rounds), torch.randn(1, RECURRENT + 18), torch.rand(36)
    before = expected(prior, recurrent, shown)
    other = recurrent.clone()
    other[:, RECURRENT + 7 * 2 : RECURRENT + 8 * 2] += 1
    assert touched(before, expected(prior, other, shown)) == [7]
    other = recurrent.clone()
    other[:, 0] += 1
    assert touched(before, expected(prior, other, shown)) == list(range(9))


@pytest.mark.parametrize(
    ("rounds", "place", "later"),
    [(1, 4, []), (2, 4, [1, 3, 5, 7]), (2, 1, []), (4, 0, [1, 3, 4]), (4, 4, [1, 3, 5, 7]), (4, 1, [3, 5]), (4, 3, [])],
)
def test_a_place_knows_what_was_drawn_around_it_in_earlier_rounds(rounds, place, later):
    prior, recurrent, shown = (
        LocalPrior(GRID, RECURRENT, UNITS, rounds),
        torch.randn(1, RECURRENT + 18),
        torch.zeros(36),
    )
    other = shown.clone()
    other[place * 4] = 1
    assert touched(expected(prior, recurrent, shown), expected(prior, recurrent, other)) == later


@pytest.mark.parametrize("turns", [False, True])
def test_a_variable_knows_those_of_its_place_that_had_their_turn(turns):
    """Of three variables the middle one tells the last in its place, and all of the places that are drawn after."""
    grid = Grid(side=2, variables=3, classes=4, memory=2)
    prior, recurrent = LocalPrior(grid, RECURRENT, UNITS, 2, turns), torch.randn(1, RECURRENT + 8)
    shown = torch.zeros(4 * 3 * 4)
    other = shown.clone()
    other[4] = 1
    changed = (expected(prior, recurrent, shown) != expected(prior, recurrent, other)).unflatten(-1, (4, 3, 4)).any(-1)
    assert changed[1].all() and changed[2].all()
    assert changed[0].tolist() == [False, False, turns] and not changed[3].any()


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_what_is_drawn_is_expected_as_if_it_had_been_seen(rounds):
    check_that_drawn_is_expected(LocalPrior(GRID, RECURRENT, UNITS, rounds))


@pytest.mark.parametrize("rounds", [1, 2])
def test_what_is_drawn_in_turns_is_expected_as_if_it_had_been_seen(rounds):
    grid = Grid(side=3, variables=2, classes=4, memory=2)
    check_that_drawn_is_expected(LocalPrior(grid, RECURRENT, UNITS, rounds, turns=True))


def check_that_drawn_is_expected(prior: LocalPrior) -> None:
    """Dreams and movies give the same logits where the same is shown."""
    recurrent = torch.randn(2, 5, RECURRENT + 18)
    drawn, logits = prior.draw(recurrent.flatten(0, 1), recurrent, None, draw)
    drawn, logits = drawn.unflatten(0, (2, 5)), logits.unflatten(0, (2, 5))
    seen, table = prior.unroll(recurrent, drawn, drawn, torch.ones(2, 5, dtype=torch.bool))
    assert (drawn.unflatten(-1, (-1, 4)).sum(-1) == 1).all()
    assert torch.allclose(seen, logits, atol=1e-6)
    assert table is None and prior.empty(2) is None and prior.remember(recurrent, drawn, drawn, None) is None


def test_what_is_seen_is_not_shaped_by_what_its_surroundings_expect():
    prior, shown = LocalPrior(GRID, RECURRENT, UNITS, 2), torch.rand(36, requires_grad=True)
    expected(prior, torch.randn(1, RECURRENT + 18), shown).square().sum().backward()
    assert shown.grad is None and prior.around.weight.grad is not None


def test_the_same_memory_expects_the_same_wherever_it_is():
    """What one place learned of a thing holds at every other."""
    gru, prior = LocalGRU(GRID, UNITS, RECURRENT), LocalPrior(GRID, RECURRENT, UNITS)
    torch.nn.init.zeros_(prior.whole[-1].weight)
    torch.nn.init.zeros_(prior.whole[-1].bias)
    inputs = torch.randn(1, UNITS + 9 * 4)
    inputs[:, UNITS + 8 * 4 :] = inputs[:, UNITS : UNITS + 4]
    recurrent = gru.step(inputs, torch.zeros(1, RECURRENT + 18))
    logits = prior.draw(recurrent, inputs, None, draw)[1].unflatten(-1, (9, 4))[0]
    assert torch.allclose(logits[8], logits[0]) and not torch.allclose(logits[4], logits[0])


def trained(prior: LocalPrior, look: Callable[[], torch.Tensor], memory: torch.Tensor) -> torch.Tensor:
    """What 500 draws show, one-hot `[500, P*V, 4]`, after learning to expect looks `[64, P*V, 4]` from one memory."""
    optimizer, everything = torch.optim.Adam(prior.parameters(), lr=0.02), torch.ones(64, 1, dtype=torch.bool)
    for _ in range(200):
        shown = look()[:, None]
        logits, _ = prior.unroll(memory, shown.flatten(-2), shown, everything)
        loss = -(shown * logits.unflatten(-1, (-1, 4)).log_softmax(-1)).sum((-1, -2)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return prior.draw(memory[:1, 0].expand(500, -1), memory, None, draw)[0].unflatten(-1, (-1, 4))


def things(rounds: int) -> torch.Tensor:
    """How many things 500 draws show of a grid on which there is one, at the first place or the next by chance."""
    grid = Grid(side=2, variables=1, classes=4, memory=2)
    prior, memory = LocalPrior(grid, RECURRENT, UNITS, rounds), torch.ones(64, 1, RECURRENT + 8)
    drawn = trained(prior, lambda: F.one_hot(F.one_hot(torch.randint(2, (64,)), 4), 4).float(), memory)
    return drawn[..., 1].sum(-1)


def test_what_moves_from_place_to_place_is_at_one_of_them():
    """Drawn each by itself there are none or two in half of all cases."""
    assert (things(1) == 1).float().mean() < 0.6
    assert (things(2) == 1).float().mean() > 0.95


def looks(turns: bool) -> torch.Tensor:
    """Whether both variables of a place belong to one look, of four, in 500 draws `[500, P]`."""
    grid = Grid(side=2, variables=2, classes=4, memory=2)
    prior, memory = LocalPrior(grid, RECURRENT, UNITS, turns=turns), torch.ones(64, 1, RECURRENT + 8)
    drawn = trained(prior, lambda: F.one_hot(torch.randint(4, (64, 4)).repeat_interleave(2, 1), 4).float(), memory)
    first, second = drawn.argmax(-1).unflatten(-1, (4, 2)).unbind(-1)
    return first == second


def test_what_variables_of_a_place_show_together_is_one_look():
    """Drawn each by itself three quarters are halves of different ones."""
    assert looks(turns=False).float().mean() < 0.4
    assert looks(turns=True).float().mean() > 0.95
