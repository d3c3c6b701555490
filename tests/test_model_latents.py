import math

import pytest
import torch

from worldmodel.model import latents


def test_the_uniform_mix_by_hand():
    logits = torch.tensor([[0.0, math.log(3.0)], [100.0, -100.0]])
    expected = torch.tensor([[0.9 * 0.25 + 0.05, 0.9 * 0.75 + 0.05], [0.95, 0.05]])
    assert torch.allclose(latents.log_probabilities(logits, 0.1).exp(), expected)


def test_without_uniform_mix_it_is_the_softmax_and_stays_finite():
    logits = torch.tensor([[0.0, 1.0, 2.0], [0.0, 500.0, 0.0]], requires_grad=True)
    log_p = latents.log_probabilities(logits, 0.0)
    assert torch.allclose(log_p.exp(), torch.softmax(logits, -1))
    (latents.entropy(log_p) + latents.kl_divergence(log_p, log_p.detach().flip(-1))).backward()
    assert logits.grad is not None and logits.grad.isfinite().all()


def test_draws_are_one_hot_with_the_frequencies_of_the_probabilities():
    """Standard error at most sqrt(0.25 / 40,000) = 0.0025: four of them are allowed."""
    torch.manual_seed(0)
    probabilities = torch.tensor([[0.5, 0.3, 0.2, 0.0], [0.02, 0.0, 0.08, 0.9]])
    drawn = latents.sample(probabilities.log().expand(40_000, 2, 4))
    assert torch.equal(drawn.sum(-1), torch.ones(40_000, 2)) and set(drawn.unique().tolist()) == {0.0, 1.0}
    assert torch.allclose(drawn.mean(0), probabilities, atol=0.01)
    assert (drawn.mean(0)[probabilities == 0] == 0).all()


def test_variables_and_rows_are_drawn_independently():
    torch.manual_seed(0)
    drawn = latents.sample(torch.full((40_000, 2, 2), 0.5).log())[..., 0]
    together = (drawn[:, 0] * drawn[:, 1]).mean().item()
    assert together == pytest.approx(0.25, abs=0.01)
    assert (drawn[:-1, 0] * drawn[1:, 0]).mean().item() == pytest.approx(0.25, abs=0.01)


def test_a_straight_through_draw_has_the_gradient_of_the_probabilities():
    logits = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    downstream = torch.randn(5, 2, 3)
    drawn = latents.straight_through(latents.log_probabilities(logits, 0.01))
    (through_draw,) = torch.autograd.grad((drawn * downstream).sum(), logits)
    probabilities = latents.log_probabilities(logits, 0.01).exp()
    (through_probabilities,) = torch.autograd.grad((probabilities * downstream).sum(), logits)
    assert torch.allclose(drawn, drawn.round(), atol=1e-6) and torch.equal(drawn.round().sum(-1), torch.ones(5, 2))
    assert torch.equal(through_draw, through_probabilities) and through_draw.abs().max() > 0


def test_divergence_and_entropy_by_hand():
    """Two variables of two classes; both are summed over the variables."""
    p = torch.tensor([[0.5, 0.5], [0.25, 0.75]]).log()
    q = torch.tensor([[0.25, 0.75], [0.5, 0.5]]).log()
    kl = 0.5 * math.log(2) + 0.5 * math.log(2 / 3) + 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    entropy = math.log(2) + 0.25 * math.log(4) + 0.75 * math.log(4 / 3)
    assert latents.kl_divergence(p, q).item() == pytest.approx(kl)
    assert latents.entropy(p).item() == pytest.approx(entropy)
    assert latents.kl_divergence(p, p).item() == 0


def test_the_divergence_is_not_symmetric_and_expects_under_its_first_argument():
    p, q = torch.tensor([[0.9, 0.1]]).log(), torch.tensor([[0.5, 0.5]]).log()
    forward = 0.9 * math.log(1.8) + 0.1 * math.log(0.2)
    assert latents.kl_divergence(p, q).item() == pytest.approx(forward)
    assert latents.kl_divergence(q, p).item() != pytest.approx(forward, abs=0.1)


def test_leading_axes_are_kept():
    log_p = torch.zeros(3, 5, 2, 4)
    assert latents.kl_divergence(log_p, log_p).shape == latents.entropy(log_p).shape == (3, 5)
    assert latents.log_probabilities(log_p, 0.1).shape == latents.sample(log_p - 1).shape == (3, 5, 2, 4)


def test_temperatures_by_hand():
    """Probabilities to the power of 1 / temperature, normalised; at 0 the likeliest class is certain."""
    log_p = torch.tensor([[0.8, 0.2], [0.36, 0.64]]).log()
    assert torch.equal(latents.temper(log_p, 1).exp().round(decimals=5), log_p.exp().round(decimals=5))
    assert torch.allclose(latents.temper(log_p, 0.5)[0].exp(), torch.tensor([0.64, 0.04]) / 0.68)
    assert torch.allclose(latents.temper(log_p, 2)[1].exp(), torch.tensor([0.6, 0.8]) / 1.4)
    assert torch.equal(latents.temper(log_p, 0).exp(), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    assert latents.temper(log_p, 1e-4).exp().isfinite().all()


def test_at_temperature_zero_nothing_is_left_to_chance():
    log_p = torch.log_softmax(torch.randn(2000, 3, 5, generator=torch.Generator().manual_seed(0)), -1)
    drawn = latents.sample(latents.temper(log_p, 0))
    assert torch.equal(drawn.argmax(-1), log_p.argmax(-1)) and torch.equal(drawn.sum(-1), torch.ones(2000, 3))
