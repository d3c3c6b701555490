"""Acting: how much is lived and when, and that what is recorded is what happened, row by row."""

import numpy as np
import pytest
import torch
from tiny_runs import counter_session

from worldmodel.memory import open_experience
from worldmodel.memory.chunks import ROW
from worldmodel.running.signals import StopRequest


@pytest.fixture
def session(tmp_path):
    """Makes a run whose worlds show vectors [episode, step], and gives everything back in the end."""
    made = []

    def make(**changes):
        made.append(counter_session(tmp_path / "run", **changes))
        return made[-1]

    yield make
    for each in made:
        each.close()


VECTORS = {"kwargs": {"length": 10}}


def test_the_prefill_is_lived_before_the_first_gradient_step(session):
    parts = session(environment=VECTORS)
    parts.acting.enter(parts.learner)
    parts.acting.live(parts.learner)
    assert parts.data.buffer.environment_steps == 80
    parts.learner.gradient_steps = 3
    parts.acting.live(parts.learner)
    assert parts.data.buffer.environment_steps == 80 + 3 / 0.5


def test_never_more_steps_than_the_budget(session):
    parts = session(trainer={"awake_steps": 50, "asleep_steps": 3})
    parts.go()
    assert parts.data.buffer.environment_steps == 200
    assert parts.trainer.global_step == parts.learner.gradient_steps == 3 * (1 + 3)


def test_what_is_recorded_is_what_happened(session):
    """In the Counter world, observation t of an episode is t, and every action but that of a last row is random."""
    parts = session(environment=VECTORS)
    parts.acting.enter(parts.learner)
    parts.acting.live(parts.learner)
    movie = parts.data.sample()
    for clip in range(len(movie.episode)):
        rows = int(movie.mask[clip].sum())
        start = int(movie.start[clip])
        assert movie.observation[clip, :rows, 1].tolist() == list(range(start, start + rows))
        assert movie.observation[clip, :rows, 0].unique().numel() == 1
        assert movie.reward[clip, :rows].tolist() == [float(start + t > 0) for t in range(rows)]
        assert movie.first[clip, :rows].tolist() == [start + t == 0 for t in range(rows)]
        assert movie.terminated[clip, :rows].tolist() == [start + t == 10 for t in range(rows)]


def test_the_recorded_action_is_the_one_that_was_answered(session):
    """The blue of a picture is the action that led to it."""
    parts = session()
    parts.acting.enter(parts.learner)
    parts.acting.live(parts.learner)
    movie = parts.data.sample()
    both = movie.mask[:, 1:] & movie.mask[:, :-1]
    led_to = movie.observation[:, 1:, 0, 0, 2].long()
    assert torch.equal(led_to[both], movie.action[:, :-1][both])
    assert set(movie.action[:, :-1][both].tolist()) == {0, 1}


def test_scores_are_those_of_whole_games(session):
    parts = session(environment=VECTORS)
    assert parts.acting.recent_return() is None
    parts.acting.enter(parts.learner)
    parts.acting.live(parts.learner)
    assert set(parts.acting.scores) == {10.0} and parts.acting.games == 8
    assert parts.acting.metrics()["acting/return"] == 10


def test_a_request_to_stop_ends_the_prefill(session):
    parts = session(environment=VECTORS)
    parts.stop.signal_number = 2
    parts.acting.enter(parts.learner)
    parts.acting.live(parts.learner)
    assert parts.data.buffer.environment_steps == 0 and bool(parts.stop) and not StopRequest()


def test_going_on_comes_back_to_the_games_that_were_open(session):
    parts = session(environment={"id": "CartPole-v1", "kwargs": {}})
    parts.acting.enter(parts.learner)
    for _ in range(4):
        parts.acting.live_one_step(parts.learner)
    state, seen = parts.acting.state_dict(), parts.acting.step.observation.copy()
    parts.acting.generator.random()
    parts.acting.load_state_dict(state)
    assert parts.acting.generator.bit_generator.state == state["generator"]
    parts.acting.step, parts.acting.running_scores = None, None
    assert parts.acting.come_back(parts.learner, parts.acting.left)
    assert np.array_equal(parts.acting.step.observation, seen) and parts.acting.running_scores.tolist() == [4, 4]


def test_where_worlds_do_not_come_back_the_open_games_are_closed(session):
    """The counter counts its games, so that a new one looks different."""
    parts = session(environment=VECTORS)
    parts.acting.enter(parts.learner)
    for _ in range(4):
        parts.acting.live_one_step(parts.learner)
    said = []
    parts.acting.say = said.append
    assert not parts.acting.come_back(parts.learner, parts.acting.state_dict()["open"])
    newest = [parts.data.buffer.store.newest(lane) for lane in range(2)]
    assert all(row["truncated"] and not row["terminated"] for row in newest)
    assert parts.acting.calibration.expected == [[], []]
    assert len(said) == 1 and "does not come back" in said[0]


def test_epsilon_follows_its_schedule(session):
    parts = session(environment=VECTORS)
    parts.acting.enter(parts.learner)
    parts.acting.live(parts.learner)
    parts.learner.gradient_steps = 10
    parts.acting.live(parts.learner)
    lived = parts.data.buffer.environment_steps
    assert parts.acting.first_reward == 2  # of two worlds, each of whose steps pays
    assert np.isclose(parts.acting.player.epsilon, parts.learner.epsilon(lived - 2))


def test_epsilon_waits_for_the_first_reward(session):
    parts = session(environment={"kwargs": {"length": 10, "reward": 0.0}})
    parts.acting.enter(parts.learner)
    parts.learner.gradient_steps = 10
    parts.acting.live(parts.learner)
    assert parts.acting.first_reward is None
    assert parts.acting.epsilon(parts.learner, 10**6) == parts.learner.epsilon(80) > 0.5  # 80 steps of prefill
    parts.acting.first_reward = 1000
    assert parts.acting.epsilon(parts.learner, 1030) == parts.learner.epsilon(80 + 30)


def test_the_first_reward_is_remembered_on_going_on(session):
    acting = session(environment=VECTORS).acting
    acting.first_reward = 40
    left = acting.state_dict()
    acting.first_reward = None
    acting.load_state_dict(left)
    assert acting.first_reward == 40
    del left["first_reward"]  # as in checkpoints before it was kept, whose schedules began at once
    acting.load_state_dict(left)
    assert acting.first_reward == 0


def test_a_whole_run_is_recorded_row_by_row(counter_run):
    """Prefill, the agent's own play and every restart: red is the game, green the step, blue the action before."""
    life = open_experience(counter_run)
    # 100 steps in each of two worlds: ten games of 11 rows, and the first row of the next
    steps = [*range(11)] * 10 + [0]
    games = [game for game in range(1, 11) for _ in range(11)] + [11]
    assert life.index.stop.tolist() == [111, 111]
    for lane in range(2):
        rows, frames = np.zeros(111, ROW), np.zeros((111, 16, 16, 3), np.uint8)
        life.store.read(lane, 0, rows, frames)
        red, green, blue = frames[:, 0, 0].T.astype(int)
        assert (red.tolist(), green.tolist()) == (games, steps) and rows["step"].tolist() == steps
        assert rows["first"].tolist() == [step == 0 for step in steps]
        assert rows["terminated"].tolist() == [step == 10 for step in steps]
        assert rows["reward"].tolist() == [float(step > 0) for step in steps]
        follows = np.flatnonzero(~rows["first"])
        assert blue[follows].tolist() == rows["action"][follows - 1].tolist()
        assert set(blue[follows].tolist()) == {0, 1} and not rows["action"][rows["terminated"]].any()


def test_all_worlds_move_together_but_never_beyond_the_budget(session):
    parts = session(environment=VECTORS | {"count": 3}, trainer={"max_steps": 200, "prefill": 80})
    parts.go()
    assert parts.data.buffer.environment_steps == 198
