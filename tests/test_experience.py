import dataclasses
import json

import numpy as np
import pytest
import torch

from worldmodel.experience import LatentState, Movie, Observed, Spec, Step, Trajectory

PIXELS = Spec("ALE/Pong-v5", (64, 48, 3), "uint8", ("NOOP", "FIRE"), {"frame_skip": 4})
VECTOR = Spec("CartPole-v1", (4,), "float32", ("0", "1"), {})


def latent(*shape: int) -> LatentState:
    return LatentState.join(torch.randn(*shape, 3, requires_grad=True), torch.randn(*shape, 2, requires_grad=True))


@pytest.mark.parametrize("spec", [PIXELS, VECTOR])
def test_a_spec_survives_json(spec):
    assert Spec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_what_a_spec_knows():
    assert PIXELS.pixels and not VECTOR.pixels
    assert (PIXELS.bytes_per_observation, VECTOR.bytes_per_observation) == (64 * 48 * 3, 16)


def test_a_step_ended_for_either_reason():
    flags = [np.array([True, False, False, True]), np.array([False, True, False, True])]
    nothing = np.zeros(4, bool)
    step = Step(np.zeros((4, 4), np.float32), np.zeros(4, np.float32), *flags, nothing, nothing)
    assert step.ended.tolist() == [True, True, False, True]


def movie() -> Movie:
    flags = {name: torch.zeros(3, 4, dtype=torch.bool) for name in ("terminated", "truncated", "first")}
    numbers = {name: torch.zeros(3, dtype=torch.long) for name in ("episode", "start", "age")}
    mask = torch.arange(4) < torch.tensor([[4], [4], [2]])
    action, reward = torch.zeros(3, 4, dtype=torch.long), torch.zeros(3, 4)
    known = {"mask": mask, "context": torch.tensor([0, 3, 1]), "weight": torch.ones(3)}
    return Movie(torch.zeros(3, 4, 5), action, reward, **known, **flags, **numbers)


def test_rows_that_are_learned_from_are_recorded_and_no_context():
    assert movie().learnable.tolist() == [[1, 1, 1, 1], [0, 0, 0, 1], [0, 1, 0, 0]]


def test_a_movie_moves_as_a_whole():
    moved = movie().to("meta")
    assert all(getattr(moved, field.name).device.type == "meta" for field in dataclasses.fields(Movie))
    same = movie().to("cpu")
    assert all(torch.equal(getattr(same, f.name), getattr(movie(), f.name)) for f in dataclasses.fields(Movie))


def test_features_are_both_parts_of_a_latent_state():
    state = latent(2, 4)
    assert state.features.shape == (2, 4, 5)
    assert torch.equal(state.features[..., :3], state.recurrent)
    assert torch.equal(state.features[..., 3:], state.stochastic)


def test_slices_take_both_parts():
    state = latent(2, 4)
    assert torch.equal(state[:, 1:].features, state.features[:, 1:])
    assert torch.equal(state[1].features, state.features[1])


def test_moments_are_stacked_along_a_new_axis():
    state = latent(2, 4)
    again = LatentState.stack([state[:, t] for t in range(4)], 1)
    assert torch.equal(again.features, state.features)
    assert LatentState.stack([state[0], state[1]], 0).features.shape == (2, 4, 5)


def test_detached_states_have_no_graph():
    state = latent(2)
    assert state.features.requires_grad and not state.detach().features.requires_grad
    assert torch.equal(state.detach().features, state.features)


def test_transitions_are_counted_by_the_mask():
    plain = {name: torch.zeros(2, 3) for name in ("reward", "continues", "trace", "weight")}
    mask = torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    assert Trajectory(latent(2, 4), torch.zeros(2, 3, dtype=torch.long), mask=mask, **plain).transitions == 3


@pytest.mark.parametrize("kind", [Spec, Step, Movie, LatentState, Observed, Trajectory])
def test_what_was_lived_cannot_be_changed(kind):
    assert dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen
