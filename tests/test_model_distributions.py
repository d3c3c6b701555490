import math

import pytest
import torch

from worldmodel.model.distributions import TwoHot, symexp, symlog

ONE, TWO = math.e - 1, math.e**2 - 1  # symexp of 1 and of 2


def five_bins() -> TwoHot:
    return TwoHot(5, 2.0)


def weights(two_hot: TwoHot, target: float) -> torch.Tensor:
    """The gradient of the cross-entropy is softmax(logits) - weights."""
    logits = torch.zeros(len(two_hot.values), requires_grad=True)
    two_hot.cross_entropy(logits, torch.tensor(target)).backward()
    assert logits.grad is not None
    return torch.softmax(logits.detach(), -1) - logits.grad


def test_symlog_by_hand():
    x = torch.tensor([-TWO, -ONE, 0.0, ONE, TWO])
    assert torch.allclose(symlog(x), torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]))


def test_symexp_is_the_inverse_of_symlog():
    x = torch.tensor([-1e4, -3.0, -1e-3, 0.0, 1e-6, 0.5, 20.0, 1e5])
    assert torch.allclose(symexp(symlog(x)), x, rtol=1e-5, atol=0)


def test_bins_lie_at_symexp_and_mirror_each_other():
    values = five_bins().values
    assert values.tolist() == pytest.approx([-TWO, -ONE, 0, ONE, TWO])
    assert torch.equal(values, -values.flip(0))
    assert len(TwoHot(101, 10.0).values) == 101
    assert TwoHot(101, 10.0).values[-1].item() == pytest.approx(math.exp(10) - 1)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (0.0, [0, 0, 1, 0, 0]),
        (1.0, [0, 0, 1 - 1 / ONE, 1 / ONE, 0]),
        (-1.0, [0, 1 / ONE, 1 - 1 / ONE, 0, 0]),
        (ONE, [0, 0, 0, 1, 0]),
        (4.0, [0, 0, 0, (TWO - 4) / (TWO - ONE), (4 - ONE) / (TWO - ONE)]),
        (TWO, [0, 0, 0, 0, 1]),
        (-TWO, [1, 0, 0, 0, 0]),
        (1000.0, [0, 0, 0, 0, 1]),
        (-1000.0, [1, 0, 0, 0, 0]),
    ],
)
def test_a_target_is_split_between_its_two_nearest_bins(target, expected):
    assert weights(five_bins(), target).tolist() == pytest.approx(expected, abs=1e-6)


def test_the_mean_of_an_encoded_scalar_is_the_scalar():
    two_hot = TwoHot(41, 5.0)
    for target in (-100.0, -7.3, -0.01, 0.0, 0.02, 1.0, 33.0, 147.0):
        mean = two_hot.mean(weights(two_hot, target).clamp(min=0).log())
        assert mean.item() == pytest.approx(target, rel=1e-4, abs=1e-4)


def test_the_mean_of_random_targets_is_learned_without_bias():
    """Half of the targets 0, half 100: the best logits have the mean 50, where symlog regression would say 9."""
    two_hot = TwoHot(41, 5.0)
    mixed = (weights(two_hot, 0.0) + weights(two_hot, 100.0)) / 2
    assert two_hot.mean(mixed.clamp(min=0).log()).item() == pytest.approx(50, rel=1e-4)


@pytest.mark.parametrize("height", [0.0, -3.7, 1e3])
def test_uniform_logits_have_mean_zero_exactly(height):
    assert torch.equal(TwoHot(101, 10.0).mean(torch.full((7, 101), height)), torch.zeros(7))


def test_cross_entropy_by_hand():
    logits = torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0])
    log_p = torch.log_softmax(logits, -1)
    expected = -((1 - 1 / ONE) * log_p[2] + 1 / ONE * log_p[3])
    assert five_bins().cross_entropy(logits, torch.tensor(1.0)).item() == pytest.approx(expected.item())


def test_shapes_are_kept():
    two_hot, logits = five_bins(), torch.randn(2, 3, 5)
    assert two_hot.mean(logits).shape == two_hot.cross_entropy(logits, torch.zeros(2, 3)).shape == (2, 3)


def test_the_gradient_draws_the_mean_to_the_target():
    two_hot = TwoHot(41, 3.0)
    for target in (-5.0, 0.3, 12.0):
        logits = torch.zeros(41, requires_grad=True)
        optimizer = torch.optim.Adam([logits], lr=0.3)
        before = abs(target - two_hot.mean(logits).item())
        for _ in range(100):
            optimizer.zero_grad()
            two_hot.cross_entropy(logits, torch.tensor(target)).backward()
            optimizer.step()
        assert abs(target - two_hot.mean(logits).item()) < 0.01 * before


def test_low_precision_logits_are_read_in_float32():
    two_hot, logits = five_bins(), torch.randn(4, 5).bfloat16()
    assert two_hot.mean(logits).dtype == two_hot.cross_entropy(logits, torch.zeros(4)).dtype == torch.float32


def test_bins_are_no_part_of_a_checkpoint():
    assert five_bins().state_dict() == {}
