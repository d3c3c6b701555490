"""Where dreams begin: the moments each rule may take, and that gain finds the one at which something is learned."""

import pytest
import torch
from small_agent import observed_as, random_movie, tiny_world_model

from worldmodel.experience import LatentState
from worldmodel.replay import AtTheEnd, ByGain, Everywhere
from worldmodel.replay.starts import look_ahead


def places(starts, movie, count=60):
    """Clip and row of the moments that are taken."""
    return sorted({(clip, row) for clip, row in starts(observed_as(movie, features=24), count).tolist()})


def test_everywhere_is_where_life_went_on():
    movie = random_movie([4, 3], 4, first=[0], terminated=[0], truncated=[1], context=1)
    assert places(Everywhere(), movie) == [(0, 0), (0, 1), (0, 2), (1, 1)]


def test_the_end_is_the_newest_moment_unless_life_ended_there():
    movie = random_movie([4, 3, 2], 4, terminated=[0], truncated=[1])
    assert places(AtTheEnd(), movie) == [(1, 2), (2, 1)]


def test_looking_one_step_ahead_by_hand(monkeypatch):
    """Action a leads to a state worth a; arriving pays 10, and life goes on with probability 1/2."""
    model = tiny_world_model()
    monkeypatch.setattr(model, "glimpse", lambda state, action: LatentState(action[:, None].float(), 0))
    monkeypatch.setattr(model, "reward", lambda state: torch.full((len(state.features),), 10.0))
    monkeypatch.setattr(model, "continues", lambda state: torch.full((len(state.features),), 0.5))
    ahead = look_ahead(model, LatentState(torch.zeros(2, 24), 12), lambda state: state.features.expand(-1, 3), 0.8)
    assert torch.allclose(ahead, torch.tensor([[10.0, 10.4, 10.8]]).expand(2, 3))


def test_gain_takes_the_moment_at_which_one_action_proves_better(monkeypatch):
    """Only in the state whose mark is 6, that of row 3, does action 1 pay."""
    model, movie = tiny_world_model(), random_movie([6], 6)

    def glimpse(state, action):
        return LatentState(((state.features[:, :1] == 6) & (action[:, None] == 1)).float(), 0)

    monkeypatch.setattr(model, "glimpse", glimpse)
    monkeypatch.setattr(model, "reward", lambda state: state.features[:, 0])
    monkeypatch.setattr(model, "continues", lambda state: torch.ones(len(state.features)))
    starts = ByGain(model, lambda state: torch.zeros(len(state.features), 3), 0.9)
    chosen = starts(observed_as(movie, features=24), 2)
    assert chosen.shape == (2, 2) and chosen[0].tolist() == [0, 3]


def test_the_mean_of_several_draws_is_not_the_luckiest_one():
    """Whatever is done, 1 is paid in one case of four: the best of ten draws says 1, of ten means no more than half."""

    class Lottery:
        actions = 10

        def glimpse(self, state, action):
            return LatentState((torch.rand(len(action), 1) < 0.25).float(), 0)

        def reward(self, state):
            return state.features[:, 0]

        def continues(self, state):
            return torch.zeros(len(state.features))

    torch.manual_seed(0)
    states = LatentState(torch.zeros(50, 1), 0)
    once, often = (
        look_ahead(Lottery(), states, lambda state: torch.zeros(len(state.features), 10), 0.9, draws)
        for draws in (1, 200)
    )
    assert once.shape == often.shape == (50, 10)
    assert once.amax(-1).mean() > 0.9 and often.amax(-1).max() < 0.5
    assert often.mean() == pytest.approx(0.25, abs=0.01)
