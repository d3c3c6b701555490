"""The world model's loss: terms and weights fit together, and only recorded rows count."""

import pytest
import torch

from worldmodel.model import WorldModelSettings
from worldmodel.model.losses import by_row, loss_weights, masked_mean, weigh


def test_masked_mean_by_hand():
    values, mask = torch.tensor([[1.0, 5.0], [9.0, 100.0]]), torch.tensor([[True, True], [True, False]])
    assert masked_mean(values, mask) == 5
    assert masked_mean(values, torch.zeros_like(mask)) == 0


def test_every_term_is_weighted_by_hand():
    mask = torch.tensor([[True, False]])
    losses = {"a": torch.tensor([[2.0, 9.0]]), "b": torch.tensor([[3.0, 9.0]])}
    assert weigh(losses, {"a": 10.0, "b": 0.5}, mask) == {"a": 20.0, "b": 1.5}


def test_the_loss_of_every_row_by_hand():
    losses = {"a": torch.tensor([[2.0, 9.0]], requires_grad=True), "b": torch.tensor([[3.0, 9.0]])}
    rows = by_row(losses, {"a": 10.0, "b": 0.5})
    assert rows.tolist() == [[21.5, 94.5]] and not rows.requires_grad


def test_a_term_without_a_weight_is_refused():
    with pytest.raises(KeyError, match="same terms"):
        weigh({"a": torch.zeros(1, 1)}, {"b": 1.0}, torch.ones(1, 1))


def test_the_weights_are_those_of_the_settings():
    weights = loss_weights(WorldModelSettings(observation_weight=7, dynamics_weight=0.3))
    assert (weights["observation"], weights["dynamics"], len(weights)) == (7, 0.3, 5)
