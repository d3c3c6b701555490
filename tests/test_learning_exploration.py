import pytest
import torch

from worldmodel.learning.exploration import EpsilonSchedule, Exploration
from worldmodel.replay.holding import LONGEST


def test_from_start_to_end_in_a_line():
    epsilon = EpsilonSchedule(1.0, 0.2, 400)
    assert [epsilon(step) for step in (0, 100, 200, 400, 401, 10**9)] == pytest.approx([1, 0.8, 0.6, 0.2, 0.2, 0.2])


def test_without_steps_it_is_at_its_end():
    assert EpsilonSchedule(1.0, 0.2, 0)(0) == pytest.approx(0.2)


def test_it_may_also_grow():
    assert EpsilonSchedule(0.0, 1.0, 10)(5) == pytest.approx(0.5)


def walk(exploration, steps, count, epsilon):
    """Actions `[steps, count]` where the greedy action is always 0, and for how many steps more each is held."""
    torch.manual_seed(0)
    action = held = torch.zeros(count, dtype=torch.long)
    actions, left = [], []
    for _ in range(steps):
        action, held = exploration.choose(torch.zeros(count, dtype=torch.long), action, held, epsilon)
        actions.append(action)
        left.append(held)
    return torch.stack(actions), torch.stack(left)


def test_without_epsilon_nothing_is_random_and_nothing_is_held():
    greedy, held = torch.tensor([2, 0, 1]), torch.tensor([5, 0, 1])
    action, after = Exploration(3, 2.0).choose(greedy, torch.tensor([1, 1, 0]), held, 0.0)
    assert torch.equal(action, greedy) and not after.any()


def test_a_held_action_goes_on_for_exactly_as_long_as_it_was_drawn():
    actions, left = walk(Exploration(3, 2.0), 200, 50, 0.3)
    goes_on = left[:-1] > 0
    assert goes_on.any()
    assert torch.equal(actions[1:][goes_on], actions[:-1][goes_on])
    assert torch.equal(left[1:][goes_on], left[:-1][goes_on] - 1)
    assert left.max() < LONGEST


def test_drawn_actions_are_uniform_and_held_for_what_was_drawn():
    torch.manual_seed(0)
    nothing = torch.zeros(50_000, dtype=torch.long)
    action, rest = Exploration(4, 2.0).choose(nothing, nothing, nothing, 1.0)
    assert torch.allclose(torch.bincount(action) / 50_000, torch.full((4,), 0.25), atol=0.01)
    assert (rest == 0).float().mean().item() == pytest.approx(0.61, abs=0.01)


def test_without_zeta_it_is_epsilon_greedy():
    actions, left = walk(Exploration(4, None), 400, 100, 0.4)
    assert not left.any()
    often = torch.bincount(actions.flatten(), minlength=4) / actions.numel()
    assert torch.allclose(often, torch.tensor([0.7, 0.1, 0.1, 0.1]), atol=0.01)
