"""The game in a dream: going back is exact, switching lives the same actions, a refused move changes nothing."""

import dataclasses

import pytest
import torch
from small_game import LENGTH, ROWS, small_game

from worldmodel.running.branches import NO_RETURN, Refusal
from worldmodel.running.dream_game import look


@pytest.fixture
def game():
    """A game that begins at row 4."""
    game = small_game()
    game.begin(game.games[0], 4)
    return game


def take(game, *actions):
    for action in actions:
        game.step(action)


def actions(path):
    return [each.action for each in path[1:]]


def counts(game):
    """Step of the world and last action, as the last real picture says."""
    return tuple(game.real.observations()[-1][0, 0, 1:].tolist())


def test_it_begins_in_a_dream_at_the_moment(game):
    assert (game.mode, game.depth, game.missing) == ("dream", 0, "")
    assert game.here is game.path[0] is game.dream.path[0] and game.moment == 4


@torch.no_grad()
def test_the_agent_has_looked_at_what_came_before_the_moment_and_at_nothing_after(game):
    agent, played = game.agent, game.games[0]

    def remembered(moment, changed_row=None):
        action = played.action.copy()
        if changed_row is not None:
            action[changed_row] = 1 - action[changed_row]
        torch.manual_seed(0)
        return look(agent, dataclasses.replace(played, action=action), moment).recurrent

    assert torch.equal(remembered(0), torch.tanh(agent.world_model.first_recurrent)[None])
    assert not torch.equal(remembered(4), remembered(4, changed_row=3))
    assert torch.equal(remembered(4), remembered(4, changed_row=4))


def test_going_back_gives_identical_states(game):
    take(game, 1, 0, 1, 1)
    before = list(game.path)
    game.back()
    game.back()
    assert game.depth == 2 and all(now is then for now, then in zip(game.path, before, strict=False))
    take(game, 0)
    assert game.path[:3] == before[:3] and game.here is not before[3]
    for _ in range(3):
        game.back()
    with pytest.raises(Refusal, match="the moment itself"):
        game.back()
    assert game.depth == 0


def test_temperature_zero_leaves_nothing_to_chance_and_one_does(game):
    def dreamt(temperature, seed):
        game.set_temperature(temperature)
        torch.manual_seed(seed)
        take(game, 1, 0, 1, 1, 0, 1)
        features = game.here.latent.features
        for _ in range(6):
            game.back()
        return features

    assert torch.equal(dreamt(0, seed=1), dreamt(0, seed=2))
    assert not torch.equal(dreamt(1, seed=1), dreamt(1, seed=2))
    assert torch.equal(dreamt(1, seed=1), dreamt(1, seed=1))


def test_switching_lives_the_same_actions(game):
    take(game, 1, 0, 1)
    dreamt = list(game.path)
    game.switch()
    assert (game.mode, game.depth, actions(game.path)) == ("real", 3, [1, 0, 1])
    assert counts(game) == (7, 1) and [each.reward for each in game.path[1:]] == [1, 1, 1]
    game.switch()
    assert game.mode == "dream" and all(now is then for now, then in zip(game.path, dreamt, strict=True))


def test_switching_back_dreams_what_was_really_done_since(game):
    take(game, 1)
    first = game.path[1]
    game.switch()
    take(game, 0, 1)
    game.switch()
    assert game.mode == "dream" and actions(game.path) == [1, 0, 1] and game.path[1] is first
    assert all(each.seen is None for each in game.path)


def test_another_action_is_another_way_in_both(game):
    take(game, 1, 1, 1)
    game.switch()
    game.back()
    take(game, 0)
    assert counts(game) == (7, 0)
    game.switch()
    assert actions(game.path) == [1, 1, 0]
    game.back()
    game.back()
    take(game, 0)
    game.switch()
    assert actions(game.path) == [1, 0] and counts(game) == (6, 0)


def test_a_real_game_ends_where_a_dream_goes_on(game):
    left = LENGTH - 4
    take(game, *[1] * (left + 3))
    game.switch()
    assert game.here.ended and game.depth == left
    with pytest.raises(Refusal, match="the game is over"):
        game.step(0)
    with pytest.raises(Refusal, match="the game is over"):
        game.dream_from_here()
    game.switch()
    assert game.depth == left + 3
    game.switch()
    game.back()
    take(game, 0)
    assert game.here.ended and counts(game) == (LENGTH, 0)
    game.switch()
    assert actions(game.path) == [*[1] * (left - 1), 0]


@pytest.mark.parametrize("action", [-1, 2])
@pytest.mark.parametrize("mode", ["dream", "real"])
def test_a_bad_action_is_refused(game, action, mode):
    if mode == "real":
        game.switch()
    take(game, 1)
    before = list(game.path)
    with pytest.raises(Refusal, match=f"action {action} is none of 0 to 1"):
        game.step(action)
    assert game.path == before


@pytest.mark.parametrize("temperature", [-0.1, 2.1, float("nan"), float("inf")])
def test_a_bad_temperature_is_refused(game, temperature):
    with pytest.raises(Refusal, match="is not within 0 and 2"):
        game.set_temperature(temperature)
    assert game.temperature == 1


def test_a_dream_can_begin_where_the_real_game_is(game):
    with pytest.raises(Refusal, match="only a real moment"):
        game.dream_from_here()
    game.switch()
    take(game, 1, 0)
    game.dream_from_here()
    assert (game.mode, game.depth, game.moment, game.missing) == ("dream", 0, 6, "")
    take(game, 1)
    game.switch()
    assert counts(game) == (7, 1)


def test_without_a_world_there_is_no_real_game():
    game = small_game(world=False)
    assert game.missing == "there is no world" and game.real is None
    take(game, 1, 0)
    with pytest.raises(Refusal, match="there is no real game: there is no world"):
        game.switch()
    assert game.mode == "dream" and game.depth == 2


def test_a_world_that_does_not_come_back_is_no_real_game():
    """The counter counts its episodes: only the first reset brings it back."""
    game = small_game("Counter-v0")
    assert game.missing == ""
    game.new_moment()
    assert game.missing == NO_RETURN and game.real is None


def test_moments_are_all_rows_but_the_last_and_the_seed_decides():
    def moments(seed):
        game = small_game(world=False, seed=seed)
        return [game.moment for _ in range(60) if game.new_moment() is None]

    assert set(moments(0)) == set(range(ROWS - 1))
    assert moments(1) == moments(1) != moments(2)


def test_the_agent_would_take_the_best_action(game):
    values = game.here.values
    assert values.shape == (2,) and values[game.greedy] == values.max()
