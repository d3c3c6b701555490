import pytest
import torch
from small_agent import random_movie, tiny_agent

from worldmodel.experience import LatentState, Table
from worldmodel.model.captured import Captured, tensors_of, with_tensors

needs_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")


def test_tensors_are_found_and_changed_wherever_they_lie():
    one, two, three = torch.ones(2), torch.zeros(3), torch.ones(1)
    given = (LatentState(one, 1, Table(two, three)), 5, None, one)
    assert all(a is b for a, b in zip(tensors_of(given), [one, two, three, one], strict=True))
    state, five, nothing, last = with_tensors(lambda each: each + 1, given)
    assert torch.equal(state.features, one + 1) and torch.equal(state.table.written, three + 1)
    assert state.recurrent_units == 1 and five == 5 and nothing is None and torch.equal(last, one + 1)


def test_away_from_a_gpu_nothing_is_captured():
    agent = tiny_agent()
    captured = Captured(agent.world_model.imagine, agent.parameters)
    start, held = agent.world_model.initial(6), torch.ones(6, dtype=torch.long)
    torch.manual_seed(3)
    plain = agent.world_model.imagine(start, torch.arange(6) % 3, agent.policy.choose, 4, held)
    torch.manual_seed(3)
    same = captured(start, torch.arange(6) % 3, agent.policy.choose, 4, held)
    assert torch.equal(plain[0].features, same[0].features) and torch.equal(plain[1], same[1])
    assert not captured.graphs


class OnAGpu:
    """An agent on a GPU, its imagination captured beside the plain one."""

    def __init__(self, count=64):
        torch.manual_seed(0)
        self.agent = tiny_agent().cuda()
        torch.nn.init.normal_(self.agent.target_network.heads.weight)
        self.captured = Captured(self.agent.world_model.imagine, self.agent.parameters)
        self.start = self.agent.world_model.initial(count)
        self.action = torch.arange(count, device="cuda") % 3
        self.held = torch.ones_like(self.action)

    def dream(self, imagine, seed=None, horizon=5):
        if seed is not None:
            torch.manual_seed(seed)
        latent, actions = imagine(self.start, self.action, self.agent.policy.choose, horizon, self.held)
        return latent.features, actions

    def plain(self, seed=None, horizon=5):
        return self.dream(self.agent.world_model.imagine, seed, horizon)

    def graph(self, seed=None, horizon=5):
        return self.dream(self.captured, seed, horizon)

    @torch.no_grad()
    def scale_weights(self, factor):
        for weight in self.agent.parameters():
            weight.mul_(factor)


def alike(one, other):
    return torch.equal(one[1], other[1]) and torch.allclose(one[0], other[0], atol=1e-5)


@needs_a_gpu
def test_dreams_are_those_of_the_plain_way_and_every_call_draws_anew():
    world = OnAGpu()
    first = world.graph(seed=7)
    assert alike(first, world.plain(seed=7)) and alike(first, world.graph(seed=7))
    again = world.graph()
    assert not alike(first, again), "a dream was repeated"
    world.plain(seed=7)
    assert alike(again, world.plain()), "the draws after a dream differ"


@needs_a_gpu
def test_a_dream_is_not_written_over_by_the_next():
    world = OnAGpu()
    first = world.graph(seed=7)
    before = first[0].clone()
    world.graph()
    assert torch.equal(first[0], before)


@needs_a_gpu
def test_weights_that_changed_in_place_are_read_and_weights_that_moved_are_found():
    world = OnAGpu()
    world.graph()
    graphs = dict(world.captured.graphs)
    world.scale_weights(1.5)
    assert alike(world.graph(seed=1), world.plain(seed=1)) and world.captured.graphs == graphs
    for parameter in world.agent.parameters():
        parameter.data = 0.5 * parameter.data
    assert alike(world.graph(seed=2), world.plain(seed=2)) and world.captured.graphs != graphs


@needs_a_gpu
def test_every_length_and_number_format_has_its_graph():
    world = OnAGpu()
    world.graph()
    assert alike(world.graph(seed=1, horizon=3), world.plain(seed=1, horizon=3))
    with torch.autocast("cuda", torch.bfloat16):
        half = world.graph(seed=2)
        assert half[0].dtype == world.plain(seed=2)[0].dtype == torch.bfloat16
    assert alike(world.graph(seed=1), world.plain(seed=1)) and len(world.captured.graphs) == 3


@needs_a_gpu
def test_weights_are_read_anew_though_autocast_keeps_copies():
    world = OnAGpu()
    for factor in (1.0, 3.0):
        world.scale_weights(factor)
        with torch.autocast("cuda", torch.bfloat16):
            world.agent.world_model.observe(random_movie([6, 6], 6).to("cuda"))  # makes autocast keep copies
            captured, plain = world.graph(seed=4), world.plain(seed=4)
        assert (captured[1] == plain[1]).float().mean() > 0.95
