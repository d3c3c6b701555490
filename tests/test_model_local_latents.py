"""Latents that lie where their part of the image lies: what each place sees, remembers and expects, and no more."""

import pytest
import torch

from worldmodel.model.local_latents import Grid, LocalGRU, LocalInput, LocalPosterior, LocalPrior

GRID = Grid(side=3, latent=4, memory=2)
ACTIONS, UNITS, RECURRENT = 2, 5, 6


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def latents(*batch) -> torch.Tensor:
    """One-hot draws at every place, and an action."""
    shown = torch.nn.functional.one_hot(torch.randint(4, (*batch, 9)), 4).float().flatten(-2)
    return torch.cat([shown, torch.nn.functional.one_hot(torch.randint(ACTIONS, batch), ACTIONS)], -1)


def touched(before: torch.Tensor, after: torch.Tensor) -> list[int]:
    """Places at which `[P*X]` differs."""
    return (before.unflatten(-1, (9, -1)) != after.unflatten(-1, (9, -1))).any(-1).nonzero().flatten().tolist()


def test_a_place_is_seen_by_its_own_channels_alone():
    posterior, embedding = LocalPosterior(GRID, 7, 6.0), torch.randn(9 * 7)
    other = embedding.clone()
    other[4 * 7 : 5 * 7] += torch.randn(7)
    assert touched(posterior(embedding), posterior(other)) == [4]


def test_the_posterior_begins_with_logits_as_far_apart_as_asked():
    logits = LocalPosterior(Grid(30, 16, 1), 32, 6.0)(torch.randn(900 * 32))
    assert 5 < float(logits.detach().std()) < 7


@pytest.mark.parametrize(("place", "around"), [(4, list(range(9))), (0, [0, 1, 3, 4]), (5, [1, 2, 4, 5, 7, 8])])
def test_a_place_is_fed_what_is_around_it(place, around):
    feed, shown = LocalInput(GRID, ACTIONS, UNITS), latents()
    torch.nn.init.zeros_(feed.context.weight)  # what the whole tells reaches every place
    other = shown.clone()
    other[place * 4 : place * 4 + 4] = 1 - other[place * 4 : place * 4 + 4]
    assert touched(feed(shown)[UNITS:], feed(other)[UNITS:]) == around


def test_every_place_feels_the_action():
    feed, shown = LocalInput(GRID, ACTIONS, UNITS), latents()
    other = shown.clone()
    other[-ACTIONS:] = 1 - other[-ACTIONS:]
    assert touched(feed(shown)[UNITS:], feed(other)[UNITS:]) == list(range(9))


def test_unrolling_is_stepping_again_and_again():
    feed, gru = LocalInput(GRID, ACTIONS, UNITS), LocalGRU(GRID, UNITS, RECURRENT)
    inputs, state = feed(latents(3, 7)), torch.randn(3, RECURRENT + 9 * 2)
    states = gru.unroll(inputs, state)
    assert states.shape == (3, 7, RECURRENT + 9 * 2)
    for t in range(7):
        state = gru.step(inputs[:, t], state)
        assert torch.allclose(states[:, t], state, atol=1e-6)


def test_a_place_remembers_what_it_was_fed_and_no_other_does():
    gru, inputs, state = LocalGRU(GRID, UNITS, RECURRENT), torch.randn(1, UNITS + 9 * 4), torch.zeros(1, RECURRENT + 18)
    other = inputs.clone()
    other[:, UNITS + 2 * 4 : UNITS + 3 * 4] += 1
    before, after = gru.step(inputs, state)[0], gru.step(other, state)[0]
    assert torch.equal(before[:RECURRENT], after[:RECURRENT])
    assert touched(before[RECURRENT:], after[RECURRENT:]) == [2]


def test_what_is_expected_at_a_place_comes_from_its_memory_and_the_whole():
    prior, recurrent = LocalPrior(GRID, RECURRENT, UNITS), torch.randn(1, RECURRENT + 18)
    other = recurrent.clone()
    other[:, RECURRENT + 7 * 2 : RECURRENT + 8 * 2] += 1
    assert touched(prior.step(recurrent, recurrent, None)[0], prior.step(other, other, None)[0]) == [7]
    other = recurrent.clone()
    other[:, 0] += 1
    assert touched(prior.step(recurrent, recurrent, None)[0], prior.step(other, other, None)[0]) == list(range(9))


def test_a_movie_is_expected_as_each_of_its_moments_and_no_table_is_kept():
    prior, recurrent = LocalPrior(GRID, RECURRENT, UNITS), torch.randn(2, 5, RECURRENT + 18)
    logits, table = prior.unroll(recurrent, recurrent, recurrent, torch.ones(2, 5, dtype=torch.bool))
    assert torch.allclose(prior.step(recurrent[:, 3], recurrent[:, 3], None), logits[:, 3], atol=1e-6)
    assert table is None and prior.empty(2) is None and prior.remember(recurrent, recurrent, recurrent, None) is None


def test_the_same_look_is_the_same_wherever_it_is():
    """What one place learned of a thing holds at every other."""
    gru, prior = LocalGRU(GRID, UNITS, RECURRENT), LocalPrior(GRID, RECURRENT, UNITS)
    torch.nn.init.zeros_(prior.whole[-1].weight)
    torch.nn.init.zeros_(prior.whole[-1].bias)
    inputs = torch.randn(1, UNITS + 9 * 4)
    inputs[:, UNITS + 8 * 4 :] = inputs[:, UNITS : UNITS + 4]
    recurrent = gru.step(inputs, torch.zeros(1, RECURRENT + 18))
    logits = prior.step(recurrent, inputs, None).unflatten(-1, (9, 4))[0]
    assert torch.allclose(logits[8], logits[0]) and not torch.allclose(logits[4], logits[0])
