import pytest
import torch

from worldmodel.learning.returns import lambda_returns, n_step_returns

GAMMA = 0.5
REWARD = torch.tensor([[1.0, 2.0, 4.0, 8.0]])
VALUE = torch.tensor([[10.0, 20.0, 30.0, 40.0]])  # of the state that each transition leads to
ON = torch.tensor([[1.0, 1.0, 1.0, 0.0]])  # nothing was done otherwise than the policy would, up to the end


def discounts(*continues: float) -> torch.Tensor:
    return GAMMA * torch.tensor([continues])


GOES_ON = discounts(1, 1, 1, 1)


def returns(kind: str, amount: float, discount=GOES_ON, trace=ON, reward=REWARD) -> list[float]:
    if kind == "lambda":
        return lambda_returns(reward, discount, VALUE, amount * trace)[0].tolist()
    return n_step_returns(reward, discount, VALUE, trace, int(amount))[0].tolist()


def test_lambda_returns_by_hand():
    """Lambda one half: G_3 = 8 + 40/2 = 28, G_2 = 4 + (30 + 28)/4 = 18.5, G_1 = 2 + (20 + 18.5)/4, and so on."""
    g1 = 2 + (20 + 18.5) / 4
    assert returns("lambda", 0.5) == pytest.approx([1 + (10 + g1) / 4, g1, 18.5, 28])


def test_n_step_returns_by_hand():
    one = [6, 12, 19, 28]
    assert returns("n", 1) == pytest.approx(one)
    assert returns("n", 2) == pytest.approx([1 + 12 / 2, 2 + 19 / 2, 4 + 28 / 2, 28])
    assert returns("n", 3) == pytest.approx([1 + 2 / 2 + 4 / 4 + 30 / 8, 2 + 4 / 2 + 8 / 4 + 40 / 8, 4 + 28 / 2, 28])
    assert returns("n", 4)[0] == pytest.approx(1 + 2 / 2 + 4 / 4 + 8 / 8 + 40 / 16)
    assert returns("n", 9) == returns("n", 4)


def test_lambda_zero_is_one_step():
    assert returns("lambda", 0) == returns("n", 1) == pytest.approx([6, 12, 19, 28])


def test_lambda_one_is_the_whole_recorded_life_and_then_the_value():
    assert returns("lambda", 1) == pytest.approx([1 + 1 + 1 + 1 + 2.5, 2 + 2 + 2 + 5, 4 + 4 + 10, 28])
    assert returns("lambda", 1) == pytest.approx(returns("n", 4))


@pytest.mark.parametrize(("kind", "amount"), [("lambda", 1), ("n", 4)])
def test_after_termination_nothing_counts(kind, amount):
    """The second transition ends life: what it leads to has no value, whatever the network says."""
    ended = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    assert returns(kind, amount, discounts(1, 0, 1, 1), ended)[:2] == pytest.approx([1 + 2 / 2, 2])


@pytest.mark.parametrize(("kind", "amount"), [("lambda", 1), ("n", 4)])
def test_at_truncation_the_value_is_believed(kind, amount):
    cut = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    assert returns(kind, amount, trace=cut)[:2] == pytest.approx([1 + (2 + 20 / 2) / 2, 2 + 20 / 2])


@pytest.mark.parametrize(("kind", "amount"), [("lambda", 1), ("n", 4)])
def test_the_return_is_cut_where_the_action_left_the_policy(kind, amount):
    """Entry 1 is cut: the return of the first two stops at the value of the state that transition 1 leads to."""
    cut = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    expected = [1 + (2 + 20 / 2) / 2, 2 + 20 / 2, 4 + (8 + 40 / 2) / 2, 28]
    assert returns(kind, amount, trace=cut) == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "amount"), [("lambda", 0.9), ("n", 3)])
def test_what_lies_behind_a_cut_does_not_matter(kind, amount):
    cut = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    padded = torch.tensor([[1.0, 2.0, -7e5, 9e9]])
    assert returns(kind, amount, trace=cut, reward=padded)[:2] == returns(kind, amount, trace=cut)[:2]


def test_lambda_fades_between_the_value_and_what_happened():
    low, half, high = (returns("lambda", amount)[2] for amount in (0, 0.5, 1))
    assert half == pytest.approx((low + high) / 2)


def test_a_probability_of_going_on_scales_what_follows():
    assert returns("lambda", 1, discounts(0.5, 1, 1, 1))[0] == pytest.approx(1 + 0.25 * 11)
    assert returns("n", 1, discounts(0.5, 1, 1, 1))[0] == pytest.approx(1 + 0.25 * 10)


def test_rows_are_independent_and_one_transition_is_enough():
    torch.manual_seed(0)
    reward, discount, value, trace = (torch.rand(3, 5) for _ in range(4))
    trace[:, -1] = 0
    for kind in (lambda_returns, lambda *a: n_step_returns(*a, steps=3)):
        whole = kind(reward, discount, value, trace)
        alone = torch.cat([kind(*(x[b : b + 1] for x in (reward, discount, value, trace))) for b in range(3)])
        assert torch.equal(whole, alone) and whole.shape == (3, 5)
        short = kind(*(x[:, -1:] for x in (reward, discount, value, trace)))
        assert torch.allclose(short, (reward + discount * value)[:, -1:])
