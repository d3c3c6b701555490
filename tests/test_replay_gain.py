"""The gain of a replayed moment, by hand."""

import math

import pytest
import torch

from worldmodel.replay.gain import gain


def test_gain_by_hand():
    """Two actions worth 0; one turns out to be worth 1. With sharpness ln 3 it is then taken 3 times of 4, not 2."""
    before, after = torch.zeros(1, 2), torch.tensor([[1.0, 0.0]])
    assert gain(before, after, math.log(3)).item() == pytest.approx((3 / 4 - 1 / 2) * 1)


def test_what_changes_nothing_gains_nothing_and_nothing_loses():
    g = torch.Generator().manual_seed(0)
    before, after = torch.randn(50, 4, generator=g), torch.randn(50, 4, generator=g)
    assert torch.allclose(gain(after, after), torch.zeros(50))
    assert torch.allclose(gain(before, before + 3.0), torch.zeros(50), atol=1e-6)  # all better alike: no other choice
    assert (gain(torch.zeros(50, 4), after) >= 0).all()


def test_to_learn_that_the_best_action_is_bad_gains_as_well():
    before, after = torch.tensor([[1.0, 0.0]]), torch.tensor([[-1.0, 0.0]])
    assert gain(before, after).item() > 0.9
