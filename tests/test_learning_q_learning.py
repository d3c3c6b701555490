import math
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from worldmodel.experience import LatentState, Trajectory
from worldmodel.learning.q_learning import Returns, learn
from worldmodel.learning.q_network import QNetwork
from worldmodel.learning.returns import lambda_returns, n_step_returns

ONE = math.e - 1
"""The bins of the networks here: -ONE, 0 and ONE."""
ONE_STEP: Returns = partial(n_step_returns, steps=1)


class Table(QNetwork):
    """Looks logits up, `[states, A, bins]`; a state is one-hot in the stochastic part of the latent."""

    def __init__(self, values: list[list[float]]) -> None:
        """`values[s][a]` of every action in every state, between -ONE and ONE."""
        super().__init__(nn.Sequential(), 1, len(values[0]), 3, 1.0)
        up = torch.tensor(values) / ONE
        probabilities = torch.stack([(-up).clamp(min=0), 1 - up.abs(), up.clamp(min=0)], -1)
        self.table = nn.Parameter(probabilities.clamp(min=1e-12).log())

    def forward(self, latent: LatentState) -> Tensor:
        return torch.einsum("...s,sak->...ak", latent.stochastic, self.table)


def trajectory(states: list[int], count: int = 3, **changes) -> Trajectory:
    """One clip through the given states; transitions have action 0, reward 0, go on, and count."""
    length = len(states) - 1
    seen = nn.functional.one_hot(torch.tensor([states]), count).float()
    plain = {
        "action": torch.zeros(1, length, dtype=torch.long),
        "reward": torch.zeros(1, length),
        "continues": torch.ones(1, length),
        "mask": torch.ones(1, length),
        "trace": torch.zeros(1, length),
        "weight": torch.ones(1, length),
    }
    given = {name: torch.tensor([value]) for name, value in changes.items()}
    return Trajectory(LatentState.join(torch.zeros(1, length + 1, 0), seen), **{**plain, **given})


def test_the_table_says_what_it_is_told():
    table = Table([[0.5, -0.25], [0.0, 1.5]])
    latent = trajectory([0, 1], 2).latent
    assert torch.allclose(table.values(latent), torch.tensor([[[0.5, -0.25], [0.0, 1.5]]]), atol=1e-5)


def test_the_target_is_by_double_selection():
    """In state 1 the online network prefers action 1, which the target network values at -0.5 and not at 0.9."""
    online = Table([[0.0, 0.0], [0.1, 0.2], [0.0, 0.0]])
    target = Table([[0.0, 0.0], [0.9, -0.5], [0.3, 0.4]])
    learned = learn(trajectory([0, 1, 2], reward=[1.0, 0.25]), online, target, ONE_STEP, 0.8)
    assert learned.realised[0].tolist() == pytest.approx([1 + 0.8 * -0.5, 0.25 + 0.8 * 0.3], abs=1e-5)


def test_an_end_has_no_future_and_a_doubtful_one_half_of_it():
    online = target = Table([[0.0, 0.0], [0.5, 0.1], [0.25, 0.1]])
    clip = trajectory([0, 1, 2], continues=[0.5, 0.0], reward=[0.1, 0.2])
    learned = learn(clip, online, target, ONE_STEP, 0.8)
    assert learned.realised[0].tolist() == pytest.approx([0.1 + 0.8 * 0.5 * 0.5, 0.2], abs=1e-5)


def test_returns_are_traced_by_the_given_rule():
    online = target = Table([[0.0, 0.0], [0.5, 0.1], [0.25, 0.1]])
    clip = trajectory([0, 1, 2], reward=[0.1, 0.2], trace=[1.0, 0.0])
    last = 0.2 + 0.8 * 0.25
    assert learn(clip, online, target, lambda_returns, 0.8).realised[0].tolist() == pytest.approx(
        [0.1 + 0.8 * last, last], abs=1e-5
    )


def test_the_prediction_is_that_of_the_recorded_action():
    online = Table([[0.5, -0.25], [0.0, 1.5], [0.0, 0.0]])
    learned = learn(trajectory([0, 1, 2], action=[1, 0]), online, online, ONE_STEP, 0.8)
    assert learned.predicted[0].tolist() == pytest.approx([-0.25, 0.0], abs=1e-5)


def test_the_loss_by_hand():
    """Return 0.3 is 0.3 / ONE of the last bin and the rest of the middle one; so is the cross-entropy."""
    online = Table([[0.6, 0.0], [0.0, 0.0]])
    learned = learn(trajectory([0, 1], 2, reward=[0.3]), online, online, ONE_STEP, 0.8)
    up, said = 0.3 / ONE, 0.6 / ONE
    expected = -(up * math.log(said) + (1 - up) * math.log(1 - said))
    assert learned.loss.item() == pytest.approx(expected, rel=1e-5)


def gradient(clip: Trajectory) -> Tensor:
    online, target = Table([[0.0, 0.0]] * 3), Table([[0.5, 0.5]] * 3)
    learn(clip, online, target, ONE_STEP, 0.8).loss.backward()
    assert target.table.grad is None
    assert online.table.grad is not None
    return online.table.grad


def test_only_the_action_that_was_taken_is_drawn_to_the_return():
    found = gradient(trajectory([0, 1, 2], action=[1, 0]))
    moved = found.abs().sum(-1) > 1e-6
    assert moved.tolist() == [[False, True], [True, False], [False, False]]
    assert found[0, 1, 2] < 0 < found[0, 1, 1]  # downhill is towards the upper bin: 0.4 is above 0


def test_masked_transitions_give_no_gradient_and_do_not_dilute_it():
    masked = gradient(trajectory([0, 1, 2], mask=[1.0, 0.0]))
    assert not masked[1].any() and torch.equal(masked, gradient(trajectory([0, 1])))
    assert torch.allclose(masked[0], 2 * gradient(trajectory([0, 1, 2]))[0])


def test_a_transition_counts_by_its_weight():
    whole, half = gradient(trajectory([0, 1, 2])), gradient(trajectory([0, 1, 2], weight=[1.0, 0.5]))
    assert torch.equal(whole[0], half[0]) and torch.allclose(whole[1], 2 * half[1])


def test_where_nothing_is_learned_from_the_loss_is_zero():
    assert not gradient(trajectory([0, 1, 2], mask=[0.0, 0.0])).any()


def test_the_gradient_reaches_the_latents_where_they_carry_a_graph():
    online = Table([[0.5, -0.25], [0.0, 1.5], [0.0, 0.0]])
    clip = trajectory([0, 1, 2])
    clip.latent.features.requires_grad_()
    learn(clip, online, online, ONE_STEP, 0.8).loss.backward()
    reached = clip.latent.features.grad
    assert reached is not None and reached[0, :2].abs().sum() > 0
    assert not reached[0, 2].any()  # the last state is only looked at for its value
