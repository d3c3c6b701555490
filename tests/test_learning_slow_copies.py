import copy

import pytest
import torch
from torch import nn

from worldmodel.learning.slow_copies import approach


def test_a_mean_of_weights_by_hand():
    slow, fast = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.constant_(slow.weight, 8.0)
    for found, expected in ((0.0, 6.0), (2.0, 5.0), (9.0, 6.0)):
        nn.init.constant_(fast.weight, found)
        approach(slow, fast, 0.25)
        assert slow.weight.item() == expected
        assert fast.weight.item() == found


def test_buffers_become_the_same_and_stay_apart():
    fast = nn.BatchNorm1d(2)
    slow = copy.deepcopy(fast)
    fast(torch.randn(16, 2) + 3)
    approach(slow, fast, 0.1)
    assert torch.equal(slow.running_mean, fast.running_mean) and slow.num_batches_tracked == 1
    fast(torch.randn(16, 2) + 9)
    assert not torch.equal(slow.running_mean, fast.running_mean) and slow.num_batches_tracked == 1


def test_no_gradient_is_left():
    slow, fast = nn.Linear(2, 2), nn.Linear(2, 2)
    approach(slow, fast, 1.0)
    assert torch.equal(slow.weight, fast.weight)
    fast(torch.ones(2)).sum().backward()
    assert slow.weight.grad is None


def test_two_that_are_not_alike():
    with pytest.raises((RuntimeError, ValueError)):
        approach(nn.Linear(2, 2), nn.Linear(3, 3), 0.5)
