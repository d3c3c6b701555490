import pytest
import torch
from lightning import LightningModule

from worldmodel.errors import NumericalError
from worldmodel.running.clipping import ClipGradient


class Trainer:
    global_step = 7


def module(gradient):
    linear = torch.nn.Linear(2, 1, bias=False)
    linear.weight.grad = torch.tensor([gradient])
    wrapped = LightningModule()
    wrapped.linear = linear
    return wrapped


def test_all_parameters_are_clipped_together():
    clipped = module([3.0, 4.0])
    ClipGradient(1.0).on_before_optimizer_step(Trainer(), clipped, None)
    assert torch.allclose(clipped.linear.weight.grad, torch.tensor([[0.6, 0.8]]), atol=1e-5)


def test_what_is_not_finite_stops_the_run():
    with pytest.raises(NumericalError, match="gradient step 7"):
        ClipGradient(1.0).on_before_optimizer_step(Trainer(), module([float("nan"), 0.0]), None)
