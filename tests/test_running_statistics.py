from __future__ import annotations

import json
import math

import pytest

from worldmodel.running.statistics import summarise


def test_hand_computed_score() -> None:
    score = summarise([1, 2, 3, 4], "CartPole-v1")
    # squared deviations 2.25 + .25 + .25 + 2.25 = 5, variance 5 / 3, of the mean 5 / 12
    assert score.mean == 2.5 and score.games == 4
    assert score.standard_error == pytest.approx(math.sqrt(5 / 12))
    assert 1 <= score.low < 2.5 < score.high <= 4
    assert score.human_normalised is None
    assert json.loads(json.dumps(score.to_json()))["mean"] == 2.5


def test_one_game_has_no_standard_error() -> None:
    score = summarise([7.0], "CartPole-v1")
    assert math.isnan(score.standard_error) and (score.mean, score.low, score.high) == (7, 7, 7)


def test_interval_of_two_games_reaches_both() -> None:
    # resampled means are 0, 1/2 and 1 with probabilities 1/4, 1/2 and 1/4
    score = summarise([0.0, 1.0], "CartPole-v1")
    assert (score.low, score.high) == (0, 1)


def test_interval_of_many_games_is_two_standard_errors_wide() -> None:
    score = summarise([0.0, 1.0] * 200, "CartPole-v1")
    # standard error 1/2 / sqrt(400) = 1/40, and 1.96 of them is .049
    assert score.low == pytest.approx(0.451, abs=0.005) and score.high == pytest.approx(0.549, abs=0.005)


def test_interval_is_reproducible() -> None:
    values = [float(value) for value in range(10)]
    assert summarise(values, "CartPole-v1", seed=1) == summarise(values, "CartPole-v1", seed=1)
