import torch

from worldmodel.running.randomness import KeepRandomness


def test_draws_go_on_as_if_nothing_had_been_between():
    keep = KeepRandomness()
    state = keep.state_dict()
    expected = torch.rand(3)
    torch.rand(5)
    keep.load_state_dict(state)
    assert torch.equal(torch.rand(3), expected)
