import math

import pytest
import torch
from small_agent import VECTOR, Scripted, observed_as, random_movie, tiny_world_model

from worldmodel.experience import Observed, Trajectory
from worldmodel.replay import ImaginationReplay


def looked_at(movie) -> Observed:
    """What the tiny world model sees, its states all different."""
    return observed_as(movie, features=24)


def dream(sizes=(6, 6, 4), rows=6, horizon=4, rollouts=None, **kinds) -> Trajectory:
    model = tiny_world_model()
    torch.nn.init.normal_(model.reward_head[-1].weight)
    replay = ImaginationReplay(model, horizon, rollouts)
    return replay(model.observe(random_movie(sizes, rows, **kinds)), Scripted(2))


def test_shapes_and_that_no_gradient_flows():
    trajectory = dream(rollouts=5)
    assert trajectory.latent.recurrent.shape == (5, 5, 12) and trajectory.latent.stochastic.shape == (5, 5, 12)
    for name in ("action", "reward", "continues", "mask", "trace", "weight"):
        value = getattr(trajectory, name)
        assert value.shape == (5, 4) and not value.requires_grad, name
    assert not trajectory.latent.features.requires_grad


def test_rewards_and_continues_are_those_of_the_state_that_is_reached():
    model = tiny_world_model()
    torch.nn.init.normal_(model.reward_head[-1].weight)
    observed = model.observe(random_movie([6], 6))
    trajectory = ImaginationReplay(model, 3, 4)(observed, Scripted(2))
    for t in range(3):
        assert torch.allclose(trajectory.reward[:, t], model.reward(trajectory.latent[:, t + 1]), atol=1e-5)
        assert torch.allclose(trajectory.continues[:, t], model.continues(trajectory.latent[:, t + 1]))
    assert trajectory.reward.abs().min() > 0


def test_every_state_counts_by_the_probability_that_it_is_reached():
    """The continue head says 3/4 everywhere: entry t is reached with (3/4)^t, and the start for sure."""
    model = tiny_world_model()
    torch.nn.init.zeros_(model.continue_head[-1].weight)
    torch.nn.init.constant_(model.continue_head[-1].bias, math.log(3))
    trajectory = ImaginationReplay(model, 4, 3)(model.observe(random_movie([6], 6)), Scripted(0))
    assert torch.allclose(trajectory.continues, torch.full((3, 4), 0.75))
    assert torch.allclose(trajectory.weight, torch.tensor([1, 0.75, 0.75**2, 0.75**3]).expand(3, 4))


def test_weights_are_products_of_the_continues_before():
    trajectory = dream(rollouts=7)
    c, w = trajectory.continues, trajectory.weight
    assert torch.allclose(w[:, 0], torch.ones(7)) and torch.allclose(w[:, 1], c[:, 0])
    assert torch.allclose(w[:, 3], c[:, 0] * c[:, 1] * c[:, 2])


def test_dreams_are_learned_from_everywhere_and_traced_to_their_end():
    trajectory = dream(rollouts=2, horizon=3)
    assert trajectory.mask.tolist() == [[1, 1, 1]] * 2
    assert trajectory.trace.tolist() == [[1, 1, 0]] * 2
    assert dream(rollouts=2, horizon=1).trace.tolist() == [[0]] * 2


@pytest.mark.parametrize("count", [9, 10, 11])
def test_first_actions_are_all_actions_equally_often(count):
    for _ in range(5):
        trajectory = dream(rollouts=count)
        often = torch.bincount(trajectory.action[:, 0], minlength=3)
        assert often.sum() == count and often.max() - often.min() <= (count % 3 > 0)
        assert (trajectory.action[:, 1:] == 2).all()  # then the policy's


class Held:
    """Three dreams, whose first actions are held for one, two and nine steps."""

    def draw(self, count, device):
        return torch.tensor([1, 2, 9])


def test_first_actions_are_held_then_the_policy_goes_on():
    model = tiny_world_model()
    trajectory = ImaginationReplay(model, 4, 3, Held())(model.observe(random_movie([6], 6)), Scripted(2))
    for steps, actions in zip((1, 2, 4), trajectory.action.tolist(), strict=True):
        assert actions == [actions[0]] * steps + [2] * (4 - steps)
    assert trajectory.action[:, 0].sort().values.tolist() == [0, 1, 2]
    assert trajectory.trace.tolist() == [[1, 1, 1, 0]] * 3


def test_the_action_that_is_tried_once_more_is_a_random_one():
    replay = ImaginationReplay(tiny_world_model(), 4)
    firsts = torch.cat([replay.first_actions(1, torch.device("cpu")) for _ in range(300)])
    assert (torch.bincount(firsts, minlength=3) > 60).all()  # 100 expected, standard deviation 8


def test_which_action_is_tried_where_is_random():
    torch.manual_seed(0)
    replay, observed = ImaginationReplay(tiny_world_model(), 1, 6), looked_at(random_movie([6], 6))
    pairs = set()
    for _ in range(50):
        starts = replay.starts(observed)[:, 1]
        pairs |= set(zip(starts.tolist(), replay.first_actions(6, torch.device("cpu")).tolist(), strict=True))
    assert len(pairs) == 6 * 3


def candidates(observed: Observed) -> list[tuple[int, int]]:
    """Clip and row of the starts of very many dreams, sorted."""
    replay = ImaginationReplay(tiny_world_model(VECTOR), 4, rollouts=200)
    return sorted({(clip, row) for clip, row in replay.starts(observed).tolist()})


def test_dreams_start_at_learnable_moments_at_which_life_went_on():
    kinds = {"first": [0], "terminated": [0], "truncated": [1], "context": 2}
    observed = looked_at(random_movie([5, 4, 3], 5, **kinds))
    whole, middle, short = [(0, 0), (0, 1), (0, 2), (0, 3)], [(1, 2)], [(2, 2)]
    assert candidates(observed) == whole + middle + short


def test_each_moment_is_used_once_while_there_are_enough_and_equally_often_after():
    observed = looked_at(random_movie([6, 4], 6, first=[0, 1]))
    for rollouts, most in ((3, 1), (10, 1), (13, 2), (20, 2)):
        starts = ImaginationReplay(tiny_world_model(), 4, rollouts).starts(observed)
        assert len(starts) == rollouts
        _, often = starts.unique(dim=0, return_counts=True)
        assert often.max() == most and len(often) == min(rollouts, 10)


def test_by_default_as_many_transitions_are_imagined_as_were_recorded():
    kinds = {"first": [0], "context": 2}
    # 19 transitions of the first clip, 20 - 1 - 2 of the second, 7 - 1 - 2 of the third: 40
    for horizon, rollouts in ((4, 10), (5, 8), (15, 3), (100, 1)):
        trajectory = dream((20, 20, 7), 20, horizon, **kinds)
        assert trajectory.action.shape == (rollouts, horizon)


def test_where_every_moment_is_an_end_nothing_is_imagined():
    movie = random_movie([2, 2], 2, terminated=[0, 1], context=1)
    model = tiny_world_model()
    trajectory = ImaginationReplay(model, 3, 4)(model.observe(movie), Scripted(0))
    assert trajectory.action.shape == (0, 3) and trajectory.transitions == 0


def test_the_start_is_the_recorded_state_with_both_its_parts():
    model = tiny_world_model()
    observed = model.observe(random_movie([6], 6))
    trajectory = ImaginationReplay(model, 3, 6)(observed, Scripted(0))
    recorded = observed.latent.features.detach()[0]
    assert torch.equal(trajectory.latent.features[:, 0], recorded[trajectory.origin[:, 1]])
    order = trajectory.latent.recurrent[:, 0, 0].argsort()
    assert torch.equal(trajectory.latent.features[:, 0][order], recorded[recorded[:, 0].argsort()])
