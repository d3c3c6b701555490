import numpy as np
import pytest

from worldmodel.analysis.paired_contrasts import equivalence, paired_contrast
from worldmodel.errors import AnalysisError

LUCK = np.random.default_rng(0).normal(0, 100, 8)


def test_what_a_seed_does_to_both_is_taken_away():
    found = paired_contrast(LUCK + np.tile([1, 2, 3, 4], 2), LUCK, "greater")
    assert found.difference.estimate == pytest.approx(2.5)
    assert 1 <= found.difference.low < 2.5 < found.difference.high <= 4
    assert found.p == found.floor == 2**-8 and (found.positive, found.subjects) == (8, 8)
    assert found.size == pytest.approx(2.5 / np.std([1, 2, 3, 4] * 2, ddof=1))


def test_direction_matters():
    assert paired_contrast(LUCK, LUCK + 1 + np.arange(8), "less").p == 2**-8
    assert paired_contrast(LUCK, LUCK + 1 + np.arange(8), "greater").p == 1
    assert paired_contrast(LUCK, LUCK, "two-sided").p == 1


def test_subjects_must_match_and_suffice():
    with pytest.raises(AnalysisError, match="3 and 4 subjects"):
        paired_contrast(np.zeros(3), np.zeros(4), "less")
    with pytest.raises(AnalysisError, match="not enough seeds"):
        paired_contrast(np.zeros(4), np.ones(4), "less")
    with pytest.raises(AnalysisError, match="bounds: 3 for 8 subjects"):
        equivalence(np.zeros((8, 1)), np.ones(3))
    with pytest.raises(AnalysisError, match="bounds: their mean"):
        equivalence(np.zeros((8, 1)), np.zeros(8))


def test_effects_within_bounds_are_equivalent_to_none():
    effects = np.array([0.02, -0.01, 0.03, 0.0, -0.03, 0.01, -0.02, 0.02])[:, None]
    found = equivalence(effects, np.full(8, 0.1))
    assert found.p == 2**-8


def test_one_lag_beyond_is_enough_to_fail():
    rng = np.random.default_rng(1)
    effects = np.column_stack([rng.normal(0, 0.02, 10), rng.normal(-0.2, 0.02, 10)])
    found = equivalence(effects, np.full(10, 0.1))
    assert found.p > 0.9 and found.lag == 1
    assert equivalence(effects[:, :1], np.full(10, 0.1)).p < 0.01


def test_that_nothing_was_found_is_not_equivalence():
    """Noise as large as the bound: no effect, and no proof that there is none."""
    effects = np.array([0.3, -0.3, 0.2, -0.2, 0.1, -0.1, 0.25, -0.25])[:, None]
    assert equivalence(effects, np.full(8, 0.1)).p > 0.05


def test_a_bound_that_is_unsure_counts_against():
    effects = np.full((8, 1), 0.05)
    assert equivalence(effects, np.full(8, 0.1)).p == 2**-8
    assert equivalence(effects, np.array([0.9, -0.7, 0.5, -0.3, 0.2, -0.1, 0.2, 0.1])).p > 0.05
