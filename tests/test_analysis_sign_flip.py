"""Patterns of signs by hand, against scipy, and the floors that few seeds have."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from worldmodel.analysis.sign_flip import least_p, sign_flip_test
from worldmodel.errors import AnalysisError, NumericalError


def test_one_lag_by_hand():
    """1 + 2 + 3 + 4 + 5 - 1 = 14: of 64 patterns of signs, three give as much."""
    effects = np.array([1.0, 2, 3, 4, 5, -1])
    sums = [np.dot(signs, effects) for signs in product((1, -1), repeat=6)]
    reached = sum(each >= 14 for each in sums)
    assert reached == 3  # itself, the last sign turned (16), and the first and the last (14)
    found = sign_flip_test(effects[:, None], "greater")
    assert found.p == found.corrected[0] == reached / 64 and found.floor == 1 / 64
    assert sign_flip_test(effects[:, None], "two-sided").p == 6 / 64
    assert sign_flip_test(effects[:, None], "less").p == sum(each <= 14 for each in sums) / 64


def test_t_is_students():
    effects = np.random.default_rng(0).normal(0.3, 1, (9, 3))
    found = sign_flip_test(effects, "greater")
    assert found.t == pytest.approx(stats.ttest_1samp(effects, 0).statistic)
    assert found.mean == pytest.approx(effects.mean(0))


def test_lags_are_corrected_for_by_the_largest_t():
    """Against a slow loop over all patterns; a lag whose numbers are a thousand times larger weighs no more."""
    effects = np.random.default_rng(1).normal(0.4, 1, (7, 3)) * [1, 1000, 0.001]
    ts = stats.ttest_1samp(effects, 0).statistic
    largest = [
        stats.ttest_1samp(effects * np.array(signs)[:, None], 0).statistic.max() for signs in product((1, -1), repeat=7)
    ]
    wanted = [(np.array(largest) >= t - 1e-9).mean() for t in ts]
    found = sign_flip_test(effects, "greater")
    assert found.corrected == pytest.approx(wanted) and found.p == pytest.approx(min(wanted))
    alone = sign_flip_test(effects[:, [int(np.argmax(ts))]], "greater").p
    assert alone < found.p


def test_subjects_that_agree_reach_the_floor():
    found = sign_flip_test(np.full((8, 1), 0.2), "greater")
    assert found.p == found.floor == 2**-8 and found.t[0] > 1e6
    assert sign_flip_test(np.full((8, 1), 0.2), "less").p == 1
    assert sign_flip_test(np.full((8, 1), 0.2), "two-sided").floor == 2**-7


def test_no_effect_at_all_is_no_effect():
    found = sign_flip_test(np.zeros((6, 2)), "two-sided")
    assert found.p == 1 and found.t.tolist() == [0, 0]


def test_many_subjects_are_drawn_with_a_seed_and_agree_with_all_patterns():
    effects = np.random.default_rng(2).normal(0.45, 1, (15, 2))
    found = sign_flip_test(effects, "greater", seed=1)
    assert found.p == sign_flip_test(effects, "greater", seed=1).p
    signs = np.array(list(product((1, -1), repeat=15)))
    rms = np.sqrt((effects**2).mean(0))
    exact = ((signs @ effects / rms).max(1) >= (effects.sum(0) / rms).max() - 1e-9).mean()
    assert found.p == pytest.approx(exact, abs=0.006)
    assert found.floor == pytest.approx(1 / 20_001)


@pytest.mark.parametrize(("alternative", "least"), [("greater", 5), ("less", 5), ("two-sided", 6)])
def test_too_few_seeds_are_refused_in_one_line(alternative, least):
    sign_flip_test(np.ones((least, 1)), alternative)
    assert least_p(least, alternative) < 0.05 < least_p(least - 1, alternative)
    with pytest.raises(AnalysisError, match=f"not enough seeds: {least - 1} give p = 0.0625") as caught:
        sign_flip_test(np.ones((least - 1, 1)), alternative)
    assert "\n" not in str(caught.value)


def test_numbers_are_finite():
    with pytest.raises(NumericalError, match=r"effects\[1, 0\]"):
        sign_flip_test(np.array([[1.0], [np.nan]]), "greater")


def test_chance_reaches_a_level_as_often_as_it_says():
    """Heavy tails and another size for every subject; 400 tests of 8 subjects at 5 lags."""
    rng = np.random.default_rng(3)
    ps = [
        sign_flip_test(rng.standard_t(3, (8, 5)) * rng.uniform(0.1, 10, (8, 1)), "two-sided").p <= 0.05
        for _ in range(400)
    ]
    assert 0.02 < np.mean(ps) < 0.08
