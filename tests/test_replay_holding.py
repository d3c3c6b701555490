"""For how long actions that are tried are held."""

import pytest
import torch

from worldmodel.replay.holding import LONGEST, Holding


def test_lengths_follow_the_zeta_distribution():
    """p(1) = 1 / (1 + 1/4 + 1/9 + ... + 1/100^2) = 0.61."""
    torch.manual_seed(0)
    drawn = Holding(2.0).draw(100_000, torch.device("cpu"))
    assert drawn.min() == 1 and drawn.max() <= LONGEST
    total = sum(n**-2 for n in range(1, 101))
    often = torch.bincount(drawn) / 100_000
    assert often[1:5].tolist() == pytest.approx([n**-2 / total for n in (1, 2, 3, 4)], abs=5e-3)


def test_without_exponent_nothing_is_held():
    assert Holding(None).draw(7, torch.device("cpu")).tolist() == [1] * 7


def test_nobody_holds_nothing():
    assert Holding(2.0).draw(0, torch.device("cpu")).shape == (0,)
