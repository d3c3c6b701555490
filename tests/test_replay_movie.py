import dataclasses

import pytest
import torch
from small_agent import Scripted, observed_as

from worldmodel.experience import Movie, Trajectory
from worldmodel.replay import MovieReplay


def movie() -> Movie:
    """Four clips of up to five rows, by hand.

    0: a whole episode of five rows that terminates. 1: five rows from the middle, two of them context.
    2: a whole episode of three rows that is truncated, then padding. 3: the last two rows of an episode, terminated.
    """
    rows, no = torch.arange(5), torch.zeros(4, 5, dtype=torch.bool)
    first, terminated, truncated = no.clone(), no.clone(), no.clone()
    first[0, 0] = first[2, 0] = True
    terminated[0, 4] = terminated[3, 1] = True
    truncated[2, 2] = True
    return Movie(
        observation=torch.zeros(4, 5, 1),
        action=torch.tensor([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]),
        reward=torch.tensor([[0.0, 1, 2, 3, 4], [10, 11, 12, 13, 14], [0, 21, 22, 0, 0], [30, 31, 0, 0, 0]]),
        terminated=terminated,
        truncated=truncated,
        first=first,
        mask=rows < torch.tensor([5, 5, 3, 2])[:, None],
        context=torch.tensor([0, 2, 0, 0]),
        episode=torch.arange(4),
        start=torch.tensor([0, 3, 0, 9]),
        age=torch.zeros(4, dtype=torch.long),
        weight=torch.tensor([1.0, 0.5, 1.0, 0.25]),
    )


def replay(clips: Movie, action: int = 1, cut: bool = True, gradient: float = 0.0) -> Trajectory:
    return MovieReplay(cut, gradient)(observed_as(clips), Scripted(action))


def test_actions_rewards_and_continues_belong_to_the_transition_out_of_each_row():
    trajectory = replay(movie())
    assert trajectory.action.tolist() == [[1, 1, 0, 1], [0, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]
    assert trajectory.reward[:2].tolist() == [[1, 2, 3, 4], [11, 12, 13, 14]]
    assert trajectory.reward[2, :2].tolist() == [21, 22] and trajectory.reward[3, :1].tolist() == [31]
    assert trajectory.latent.recurrent.shape == (4, 5, 2)
    assert torch.equal(trajectory.latent.recurrent, observed_as(movie()).latent.recurrent)


def test_life_ends_where_it_terminated_and_goes_on_where_it_was_truncated():
    continues = replay(movie()).continues
    assert continues[0].tolist() == [1, 1, 1, 0]
    assert continues[1].tolist() == [1, 1, 1, 1]
    assert continues[2, :2].tolist() == [1, 1]  # truncated: the value of its last row is believed
    assert continues[3, :1].tolist() == [0]


def test_context_and_padding_are_not_learned_from():
    trajectory = replay(movie())
    assert trajectory.mask.tolist() == [[1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]
    assert trajectory.transitions == 9
    assert trajectory.weight.tolist() == [[1.0] * 4, [0.5] * 4, [1.0] * 4, [0.25] * 4]  # each clip's own
    assert trajectory.origin.tolist() == [[0, 0], [1, 0], [2, 0], [3, 0]]


def test_returns_are_traced_through_actions_of_the_policy_that_lead_to_a_recorded_row():
    """Entry t asks for action t + 1: of the policy (here always 1), and followed by row t + 2."""
    assert replay(movie()).trace.tolist() == [[1, 0, 1, 0], [1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert replay(movie(), action=0).trace.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_uncut_returns_are_traced_to_the_end_of_the_clip():
    assert replay(movie(), cut=False).trace.tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("cut", [True, False])
def test_a_clip_of_two_rows_is_one_transition(cut):
    short = {f.name: getattr(movie(), f.name) for f in dataclasses.fields(Movie)}
    short = {name: value[:, :2] if value.dim() > 1 else value for name, value in short.items()}
    trajectory = replay(Movie(**{**short, "context": torch.zeros(4, dtype=torch.long)}), cut=cut)
    assert trajectory.mask.tolist() == [[1]] * 4 and trajectory.trace.tolist() == [[0]] * 4


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_the_gradient_that_reaches_the_latent_states(share):
    observed = observed_as(movie())
    trajectory = MovieReplay(gradient=share)(observed, Scripted(1))
    assert torch.allclose(trajectory.latent.features, observed.latent.features)
    assert trajectory.latent.features.requires_grad is (share > 0)
    if share > 0:
        (trajectory.latent.recurrent.sum() + 2 * trajectory.latent.stochastic.sum()).backward()
        reached = observed.latent.features.grad
        assert reached is not None
        assert torch.allclose(reached[..., :2], torch.full((4, 5, 2), share))
        assert torch.allclose(reached[..., 2:], torch.full((4, 5, 3), 2 * share))


def test_only_the_latents_carry_a_graph():
    trajectory = replay(movie(), gradient=1.0)
    others = {f.name: getattr(trajectory, f.name) for f in dataclasses.fields(Trajectory) if f.name != "latent"}
    assert not any(value.requires_grad for value in others.values())
    assert all(value.dtype == torch.float32 for name, value in others.items() if name not in ("action", "origin"))
