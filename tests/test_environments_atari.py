import numpy as np
import pytest

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.errors import ConfigurationError


def breakout(count=1, evaluation=False, **settings):
    return make_worlds(
        EnvironmentSettings(id="ALE/Breakout-v5", image_size=32, **settings), count, evaluation=evaluation
    )


RANDOM_PLAY = np.random.default_rng(0).integers(0, 4, (2000, 1))  # serves, hits some balls and loses its lives


@pytest.fixture(scope="module")
def whole_game():
    """One evaluation game of Breakout: its rows, without any interruption."""
    worlds = breakout(evaluation=True)
    rows = [worlds.reset([3])]
    while not rows[-1].ended[0]:
        rows.append(worlds.step(RANDOM_PLAY[len(rows) - 1]))
    return rows


@pytest.fixture(scope="module")
def lives(whole_game):
    """The same game in training, as (row, what restart said) pairs; restart is None inside an episode."""
    worlds = breakout()
    rows = [(worlds.reset([3]), None)]
    for t in range(len(whole_game) - 1):
        row = worlds.step(RANDOM_PLAY[t])
        rows.append((row, worlds.restart(row.ended, [99]) if row.ended[0] else None))
    return rows


def test_evaluation_plays_the_whole_game(whole_game):
    assert whole_game[-1].terminated[0] and whole_game[-1].game_over[0]
    assert not any(row.game_over[0] for row in whole_game[:-1])


def test_each_of_five_lives_ends_a_training_episode_but_only_the_last_one_the_game(lives):
    ends = [row for row, _ in lives if row.ended[0]]
    assert [bool(row.terminated[0]) for row in ends] == [True] * 5
    assert [bool(row.game_over[0]) for row in ends] == [False] * 4 + [True]
    assert lives[-1][0] is ends[-1]


def test_after_a_lost_life_nothing_is_reset_and_the_next_action_counts(whole_game, lives):
    # same actions, same frames and rewards at every step: no row was put in, no action ignored
    for whole, (row, _) in zip(whole_game, lives, strict=True):
        np.testing.assert_array_equal(whole.observation, row.observation)
        np.testing.assert_array_equal(whole.reward, row.reward)
    assert sum(float(row.reward[0]) for row, _ in lives) > 0
    for row, opened in lives[:-1]:
        if opened is not None:
            assert opened.first[0] and opened.reward[0] == 0 and not opened.ended[0]
            np.testing.assert_array_equal(opened.observation, row.observation)


def test_after_a_game_the_seed_given_to_restart_opens_the_next_one(lives):
    opened = lives[-1][1]
    np.testing.assert_array_equal(opened.observation, breakout().reset([99]).observation)
    assert opened.first[0] and not opened.ended[0] and not opened.game_over[0]


def test_a_game_is_truncated_after_its_agent_steps():
    worlds = breakout(max_episode_steps=5)
    first = worlds.reset([3])
    rows = [worlds.step(np.array([1])) for _ in range(5)]
    assert [bool(row.truncated[0]) for row in rows] == [False] * 4 + [True]
    assert rows[-1].game_over[0] and not rows[-1].terminated[0]
    assert (worlds.restart(rows[-1].ended, [3]).observation == first.observation).all()
    assert not worlds.step(np.array([1])).ended[0]


def test_a_life_lost_as_time_runs_out_is_the_end_of_the_game(lives):
    lost = next(t for t, (row, _) in enumerate(lives) if row.ended[0])
    worlds = breakout(max_episode_steps=lost)
    first = worlds.reset([3])
    for t in range(lost):
        row = worlds.step(RANDOM_PLAY[t])
    assert row.terminated[0] and not row.truncated[0] and row.game_over[0]
    assert (worlds.restart(row.ended, [3]).observation == first.observation).all()
    # an automatic reset that nobody asked for would show the first row here once more, with the action ignored
    np.testing.assert_array_equal(worlds.step(RANDOM_PLAY[0]).observation, lives[1][0].observation)


def test_restarting_one_world_leaves_the_other_alone(whole_game):
    length = len(whole_game) - 1
    worlds = breakout(2, evaluation=True)
    worlds.reset([3, 8])
    undisturbed, fresh = breakout(evaluation=True), breakout(evaluation=True)
    undisturbed.reset([8])
    for t in range(length):
        row, alone = worlds.step(np.append(RANDOM_PLAY[t], 0)), undisturbed.step(np.array([0]))
    assert row.ended.tolist() == [True, False]
    opened = worlds.restart(row.ended, [5, 6])
    np.testing.assert_array_equal(opened.observation, np.concatenate([fresh.reset([5]).observation, alone.observation]))
    for t in range(10):
        row = worlds.step(np.append(RANDOM_PLAY[t], 0))
        expected = [fresh.step(RANDOM_PLAY[t]).observation, undisturbed.step(np.array([0])).observation]
        np.testing.assert_array_equal(row.observation, np.concatenate(expected))


def test_the_protocol_is_that_of_the_settings():
    worlds = make_worlds(
        EnvironmentSettings(id="ALE/MsPacman", grayscale=True, full_action_space=True, frame_skip=1, image_size=40),
        1,
        evaluation=False,
    )
    assert worlds.spec.environment == "ALE/MsPacman-v5" and worlds.spec.observation_shape == (40, 40, 1)
    assert len(worlds.spec.actions) == 18 and worlds.spec.actions[:2] == ("NOOP", "FIRE")
    assert worlds.spec.protocol["max_pool"] is False and worlds.spec.protocol["life_loss_terminates"] is True
    assert worlds.reset([0]).observation.shape == (1, 40, 40, 1)
    evaluation = breakout(evaluation=True, max_episode_steps=100)
    assert evaluation.spec.protocol["life_loss_terminates"] is False
    assert evaluation.spec.protocol["max_frames"] == 400 and breakout().spec.protocol["max_frames"] == 108_000
    assert evaluation.spec.actions == ("NOOP", "FIRE", "RIGHT", "LEFT")


def test_keyword_arguments_are_refused():
    with pytest.raises(ConfigurationError, match=r"environment\.kwargs: Atari games take none, remove mode"):
        breakout(kwargs={"mode": 3})


def test_it_tells_with_how_many_no_ops_games_began():
    worlds, quiet = breakout(count=2), breakout(noop_max=0)
    worlds.reset([3, 4])
    quiet.reset([3])
    assert (worlds.opening_frames < 30).all() and quiet.opening_frames.tolist() == [0]
    assert [action.name for action in worlds.action_set] == list(worlds.spec.actions)
