"""Calibration: expectations against returns that were computed by hand."""

import json

import numpy as np
import pytest
from tiny_runs import counter_session

from worldmodel.experience import Step
from worldmodel.running.calibration import Calibration, discounted_returns
from worldmodel.running.tensor_trees import join_tensors, split_tensors


def step(reward, terminated=(False,), truncated=(False,)):
    nothing = np.zeros(len(reward), bool)
    ended = (np.array(terminated), np.array(truncated))
    return Step(np.zeros((len(reward), 1), np.float32), np.array(reward), *ended, first=nothing, game_over=nothing)


def test_returns_by_hand():
    """From the end: 4, then 2 + 4 / 2 = 4, then 1 + 4 / 2 = 3."""
    assert discounted_returns(np.array([1.0, 2.0, 4.0]), 0.5).tolist() == [3, 4, 4]


def test_bias_error_and_correlation_by_hand():
    """Expected 4, 4, 2 where 3, 4, 4 came: differences 1, 0, -2; deviations (2, 2, -4) / 3 against (-2, 1, 1) / 3."""
    calibration = Calibration(1, 0.5)
    for expected, reward, ends in ((4, 1, False), (4, 2, False), (2, 4, True)):
        assert calibration.metrics() == {}
        calibration.record(np.array([float(expected)]), step([reward], [ends]))
    found = calibration.metrics()
    assert found["q/calibration_bias"] == pytest.approx(-1 / 3)
    assert found["q/calibration_error"] == pytest.approx(1)
    assert found["q/calibration_correlation"] == pytest.approx(-6 / np.sqrt(24 * 6))


def test_episodes_that_did_not_end_by_themselves_do_not_count():
    calibration = Calibration(2, 0.5)
    calibration.record(np.array([9.0, 1.0]), step([1, 1], [False, False], [True, False]))
    assert calibration.metrics() == {}
    calibration.record(np.array([9.0, 3.0]), step([1, 2], [False, True], [False, False]))
    # only the second world's episode: expected 1 and 3, came 1 + 2 / 2 and 2
    assert calibration.metrics()["q/calibration_bias"] == pytest.approx(0)
    assert calibration.metrics()["q/calibration_error"] == pytest.approx(1)


def test_what_does_not_vary_has_no_correlation():
    calibration = Calibration(1, 0.5)
    calibration.record(np.array([1.0]), step([1], [True]))
    assert "q/calibration_correlation" not in calibration.metrics()


def test_state_is_plain_and_goes_on():
    calibration, other = Calibration(1, 0.5), Calibration(1, 0.5)
    calibration.record(np.array([1.0]), step([3], [True]))
    calibration.record(np.array([2.0]), step([1]))  # an episode that is open
    plain, tensors = split_tensors(calibration.state_dict())
    other.load_state_dict(join_tensors(json.loads(json.dumps(plain)), tensors))
    assert other.metrics() == calibration.metrics()
    for each in (calibration, other):
        each.record(np.array([0.5]), step([2], [True]))
    assert other.metrics() == calibration.metrics() and other.episodes == calibration.episodes


def test_a_run_expects_what_its_network_says(tmp_path):
    """Ten rewards of 1 and a network that knows nothing: the mean return of the moments is missed in full."""
    session = counter_session(tmp_path / "run", environment={"kwargs": {"length": 10}})
    try:
        session.acting.enter(session.learner)
        session.acting.live(session.learner)
        came = discounted_returns(np.ones(10), session.learner.settings.discount).mean()
        assert session.acting.metrics()["q/calibration_bias"] == pytest.approx(-came)
    finally:
        session.close()
