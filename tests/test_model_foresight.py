"""How well the future is foretold, with futures made by hand."""

import math

import pytest
import torch
from small_agent import random_movie, tiny_world_model

from worldmodel.experience import LatentState, Observed
from worldmodel.model.foresight import DEPTH, foresight


def observed_movie(sizes=(8, 8), rows=8, rewards=(), context=1):
    """Posteriors that are sure of class 0, and rewards of 2 at the (clip, row) named."""
    movie = random_movie(list(sizes), rows, context=context)
    movie.reward.zero_()
    for place in rewards:
        movie.reward[place] = 2.0
    posterior = torch.tensor([1.0, 1e-9]).log().expand(len(sizes), rows, 1, 2)
    return Observed(movie, LatentState(torch.zeros(len(sizes), rows, 5), 3), posterior, posterior)


def halving(state, action):
    """A prior whose trust in class 0 halves at every step; the state counts the steps in its first feature."""
    steps = state.features[:, 0] + 1
    prior = torch.stack([0.5**steps, 1 - 0.5**steps], -1).log()[:, None]
    return LatentState(torch.nn.functional.pad(steps[:, None], (0, 4)), 3), prior


def test_divergence_by_depth():
    found = foresight(observed_movie(), halving, lambda state: state.features[:, 0])
    assert [found[f"kl_depth_{k}"].item() for k in range(1, DEPTH + 1)] == pytest.approx(
        [k * math.log(2) for k in range(1, DEPTH + 1)], rel=1e-4
    )


def test_rows_that_were_not_recorded_do_not_count():
    """The second clip ends after row 2, one step after the start."""
    seen = []
    foresight(observed_movie(sizes=(8, 3)), halving, lambda state: seen.append(state) or torch.zeros(2))
    found = foresight(observed_movie(sizes=(8, 3), rewards=[(0, 3)]), halving, lambda _: torch.tensor([0.0, 9.0]))
    assert len(seen) == DEPTH
    assert found["reward_recall"] == 0 and found["reward_precision"] == 0  # the 9 at row 2 of clip 2 alone was foretold


def test_recall_and_precision_of_rewards():
    """2 come in clip 0 at rows 2 and 4; above 1 is foretold: everything in clip 0 from the second step (row 3) on."""
    observed = observed_movie(rewards=[(0, 2), (0, 4)])
    found = foresight(observed, halving, lambda state: torch.stack([state.features[0, 0], torch.tensor(0.0)]))
    assert found["reward_recall"] == 0.5
    assert found["reward_precision"] == pytest.approx(1 / 4)


def test_without_rewards_there_is_nothing_to_foretell():
    found = foresight(observed_movie(), halving, lambda _: torch.zeros(2))
    assert set(found) == {f"kl_depth_{k}" for k in range(1, DEPTH + 1)}


@pytest.mark.parametrize(("rows", "depths"), [(2, 1), (4, 2), (20, DEPTH)])
def test_short_movies_are_looked_through_to_their_end(rows, depths):
    model, movie = tiny_world_model(), random_movie([rows] * 2, rows, context=1)
    found = foresight(model.observe(movie), model.foresee, model.reward)
    assert sum(name.startswith("kl_depth") for name in found) == depths
    assert all(value.isfinite() for value in found.values())


def test_looking_does_not_move_the_randomness_of_training():
    world_model = tiny_world_model()
    observed = world_model.observe(random_movie([8, 8], 8, context=1))
    torch.manual_seed(3)
    undisturbed = torch.rand(4)
    torch.manual_seed(3)
    foresight(observed, world_model.foresee, world_model.reward)
    assert torch.equal(torch.rand(4), undisturbed)
