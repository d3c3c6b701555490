"""By hand, and against what was published of the same runs."""

import numpy as np
import pytest

from worldmodel.analysis.score_statistics import (
    bootstrap,
    interquartile_mean,
    optimality_gap,
    paired_difference,
    probability_of_improvement,
)


def test_the_interquartile_mean_leaves_out_a_quarter_at_each_end():
    scores = np.array([[8.0, 1.0], [3.0, 100.0], [4.0, 5.0], [-50.0, 2.0]])
    assert interquartile_mean(scores) == (2 + 3 + 4 + 5) / 4


def test_what_exceeds_the_target_does_not_close_the_gap():
    assert optimality_gap(np.array([[0.5, 7.0], [0.0, 1.0]])) == pytest.approx(1 - (0.5 + 1 + 0 + 1) / 4)


def test_probability_of_improvement_by_hand():
    """Game 1: 3 beats 1 and 2, 2 beats 1 and ties 2: 3.5 of 4. Game 2: never."""
    ours, theirs = np.array([[3.0, 0.0], [2.0, 0.0]]), np.array([[1.0, 5.0], [2.0, 6.0]])
    assert probability_of_improvement(ours, theirs) == pytest.approx((3.5 / 4 + 0) / 2)
    assert probability_of_improvement(ours, ours) == pytest.approx(0.5)


def test_the_bootstrap_stays_within_its_game():
    """Were runs drawn across games, the mean could be anything from 0 to 10."""
    found = bootstrap(lambda scores: float(scores.mean()), np.array([[0.0, 10.0], [0.0, 10.0]]))
    assert (found.estimate, found.low, found.high) == (5, 5, 5)


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    scores = np.random.default_rng(0).normal(3, 2, (400, 1))
    found = bootstrap(lambda drawn: float(drawn.mean()), scores)
    error = scores.std(ddof=1) / 20
    assert found.low == pytest.approx(found.estimate - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(found.estimate + 1.96 * error, abs=0.15 * error)


def test_pairs_take_away_what_a_seed_does_to_both():
    """Differences 1, 2, 1, 2: mean 1.5, standard error sqrt(1/3) / 2, and t of three degrees of freedom is 3.182."""
    luck = np.array([0.0, 100.0, 200.0, 300.0])
    found = paired_difference(luck + np.array([1, 2, 1, 2]), luck)
    half = 3.182 * (1 / 3) ** 0.5 / 2
    assert (found.estimate, found.low) == (1.5, pytest.approx(1.5 - half, abs=1e-3))
    assert found.high == pytest.approx(1.5 + half, abs=1e-3)


def test_the_interval_of_five_pairs_holds_what_it_promises_where_a_bootstrap_does_not():
    generator = np.random.default_rng(0)
    draws = generator.normal(0, 1, (1000, 5))
    covers = np.mean([(found := paired_difference(draw, 0 * draw)).low <= 0 <= found.high for draw in draws])
    assert 0.93 <= covers <= 0.97
    resampled = [bootstrap(lambda drawn: float(drawn.mean()), draw[:, None], draws=200) for draw in draws[:300]]
    assert np.mean([found.low <= 0 <= found.high for found in resampled]) < 0.9
