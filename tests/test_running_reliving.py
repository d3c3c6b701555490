"""Games lived again: with the same actions the same happens, sticky actions and all; with others it may not."""

import numpy as np
import pytest

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.running.players import RandomPlayer
from worldmodel.running.reliving import Game, play_games, relive

WORLDS = {
    "atari": EnvironmentSettings(id="ALE/Breakout-v5", sticky_actions=0.25),
    "minatar": EnvironmentSettings(id="MinAtar/SpaceInvaders", sticky_actions=0.1),
    "vectors": EnvironmentSettings(id="CartPole-v1"),
}


@pytest.fixture(params=WORLDS.values(), ids=WORLDS)
def settings(request):
    return request.param


def played(settings, count=2, steps=60) -> list[Game]:
    worlds = make_worlds(settings, count, evaluation=True)
    try:
        return play_games(worlds, RandomPlayer(len(worlds.spec.actions), 0), list(range(5, 5 + count)), steps)
    finally:
        worlds.close()


@pytest.fixture
def alone(settings):
    worlds = make_worlds(settings, 1, evaluation=True)
    yield worlds
    worlds.close()


def test_the_same_actions_lead_to_the_same_again(settings, alone):
    for game in played(settings):
        moment = (len(game.action) - 1) // 2
        again = relive(alone, game, moment, game.action[moment:-1])
        assert again is not None and len(again.action) == len(game.action) - moment
        assert np.array_equal(again.observation, game.observation[moment:])
        assert np.array_equal(again.reward[1:], game.reward[moment + 1 :])
        assert np.array_equal(again.terminated, game.terminated[moment:])


def test_other_actions_lead_elsewhere(settings, alone):
    game = played(settings, steps=30)[0]
    moment = (len(game.action) - 1) // 2
    ends = [relive(alone, game, moment, np.full(6, action)) for action in range(len(alone.spec.actions))]
    assert all(np.array_equal(end.observation[0], game.observation[moment]) for end in ends)
    assert any(not np.array_equal(ends[0].observation[-1], end.observation[-1]) for end in ends[1:])


def test_a_world_that_does_not_come_back_is_found_out(settings, alone):
    game = played(settings, steps=20)[0]
    moment = len(game.action) // 2
    changed = game.observation.copy()
    changed[moment] += 1
    other = Game(game.seed, changed, game.action, game.reward, game.terminated)
    assert relive(alone, other, moment, np.zeros(3, np.int64)) is None


def test_a_game_ends_with_its_last_row(settings):
    for game in played(settings, steps=3000 if settings.id != "ALE/Breakout-v5" else 50):
        assert len(game.action) == len(game.observation) == len(game.reward) == len(game.terminated)
        assert not game.terminated[:-1].any() and game.reward[0] == 0
        if settings.id == "CartPole-v1":
            assert game.terminated[-1]


def test_a_game_is_one_movie_from_its_first_row(settings):
    game = played(settings, count=1, steps=10)[0]
    movie = game.movie()
    assert movie.observation.shape == (1, *game.observation.shape) and movie.first[0].tolist()[:2] == [True, False]
    assert movie.mask.all() and movie.context.tolist() == [0]
