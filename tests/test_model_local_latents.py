"""Latents that lie where their part of the image lies: what each place sees, remembers and expects, and no more."""

import pytest
import torch

from worldmodel.model.local_latents import (
    Around,
    Grid,
    LocalGRU,
    LocalInput,
    LocalPosterior,
    LocalReading,
    Summary,
    local_head,
)

GRID = Grid(side=3, variables=1, classes=4, memory=2)
ACTIONS, UNITS, RECURRENT = 2, 5, 6


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
    logits = LocalPosterior(Grid(30, 1, 16, 1), 32, 6.0)(torch.randn(900 * 32))
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


@pytest.mark.parametrize("summary", [0, 3])
def test_unrolling_is_stepping_again_and_again(summary):
    feed, gru = LocalInput(GRID, ACTIONS, UNITS, summary > 0), LocalGRU(GRID, UNITS, RECURRENT, summary)
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


def test_a_summary_by_hand():
    """Two numbers at each of four places, told as they are: the sum is halved, as there are four."""
    summary = Summary(Grid(side=2, variables=1, classes=1, memory=2), 2)
    summary.tell.weight.data, summary.tell.bias.data = torch.eye(2), torch.zeros(2)
    silu = torch.nn.functional.silu(torch.tensor([3.0, -1]))
    told = summary(torch.tensor([3.0, 0, 0, 0, 0, -1, 0, 0]))
    assert torch.allclose(told, torch.tensor([silu[0] / 2, silu[1] / 2, silu[0], 0]))


def test_a_summary_does_not_tell_where():
    summary, places = Summary(GRID, 3), torch.randn(4, 9, 2)
    assert summary(places.flatten(1)).shape == (4, summary.outputs)
    assert torch.allclose(summary(places.flatten(1)), summary(places[:, torch.randperm(9)].flatten(1)), atol=1e-6)


def test_whose_whole_is_told_a_summary_sees_no_place_itself():
    feed, gru = LocalInput(GRID, ACTIONS, UNITS, summarised=True), LocalGRU(GRID, UNITS, RECURRENT, summary=3)
    shown, state = latents(1), torch.zeros(1, RECURRENT + 18)
    other = shown.clone()
    other[:, :4] = 1 - other[:, :4]
    assert torch.equal(feed(shown)[:, :UNITS], feed(other)[:, :UNITS])
    before, after = gru.step(feed(shown), state), gru.step(feed(other), state)
    assert (before[:, :RECURRENT] != after[:, :RECURRENT]).all()  # but hears of it from what places remember


def test_what_is_around_a_place_by_hand():
    """Ones in the middle row alone of a kernel add up the place itself and its neighbours to the left and right."""
    around = Around(GRID, 1, 1)
    around.weight.data = torch.zeros(1, 1, 3, 3)
    around.weight.data[0, 0, 1] = 1
    places = torch.arange(1.0, 10)[:, None]
    assert around(places.expand(2, 9, 1)).tolist() == [[[3], [6], [5], [9], [15], [11], [15], [24], [17]]] * 2


def read_and_changed(change: slice) -> tuple[torch.Tensor, torch.Tensor]:
    """What is read of a state of 6 + 9 * 2 + 9 * 4 numbers, and of one that differs by `change`."""
    reading, state = LocalReading(GRID, RECURRENT, 5), torch.randn(RECURRENT + 9 * 2 + 9 * 4)
    other = state.clone()
    other[change] += torch.randn(other[change].shape)
    assert reading(state).shape == (reading.outputs,) == (RECURRENT + 9 * 5,)
    return reading(state), reading(other)


@pytest.mark.parametrize(
    "change", [slice(RECURRENT + 5 * 2, RECURRENT + 6 * 2), slice(RECURRENT + 9 * 2 + 5 * 4, RECURRENT + 9 * 2 + 6 * 4)]
)
def test_what_is_remembered_or_seen_at_a_place_is_read_there_and_around_it(change):
    before, after = read_and_changed(change)
    assert touched(before[RECURRENT:], after[RECURRENT:]) == [1, 2, 4, 5, 7, 8]
    assert torch.equal(before[:RECURRENT], after[:RECURRENT])


def test_the_whole_is_read_as_it_is():
    before, after = read_and_changed(slice(0, 1))
    assert (before != after).nonzero().flatten().tolist() == [0]


def test_the_same_thing_reads_the_same_wherever_it_is():
    """On a grid of 5 x 5, where no edge is near: the same surroundings of places 6 and 18."""
    grid = Grid(side=5, variables=1, classes=4, memory=2)
    reading, here, there = LocalReading(grid, 0, 3), torch.zeros(25, 6), torch.zeros(25, 6)
    thing = torch.randn(6)
    here[6], there[18] = thing, thing
    states = [torch.cat([places[:, :2].flatten(), places[:, 2:].flatten()]) for places in (here, there)]
    read = [reading(state).unflatten(-1, (25, 3)) for state in states]
    assert torch.allclose(read[0][[0, 1, 6, 7]], read[1][[12, 13, 18, 19]], atol=1e-6)


def test_a_local_head_reads_before_it_judges():
    head = local_head(GRID, RECURRENT, 5, units=7, layers=2, outputs=3, zero_last=True)
    judged = head(torch.randn(2, 4, RECURRENT + 9 * 6))
    assert judged.shape == (2, 4, 3) and not judged.any()
