"""What the analysis of sequences finds in noise, and what it finds where something was planted."""

import pytest

from worldmodel.analysis.self_checks import _rate, false_positive_rate, power_curve
from worldmodel.analysis.state_permutations import every_relabelling
from worldmodel.errors import AnalysisError


def test_the_interval_of_a_share_by_hand():
    """Wilson 1927, 10 of 100: 0.0552 to 0.1744; nothing out of ten: 0 to 0.2775."""
    found = _rate([True] * 10 + [False] * 90)
    assert (found.share, found.low, found.high) == pytest.approx((0.1, 0.0552, 0.1744), abs=1e-4)
    assert _rate([False] * 10).high == pytest.approx(0.2775, abs=1e-4)
    with pytest.raises(AnalysisError, match="runs"):
        _rate([])


@pytest.mark.parametrize("persistence", [0.0, 0.9])
def test_noise_is_seldom_taken_for_a_sequence(persistence):
    assert false_positive_rate(40, steps=300, persistence=persistence).low < 0.06


def test_what_is_planted_is_found_the_better_the_longer_the_recording():
    found = power_curve([100, 1600], runs=12)
    assert found[1600].share == 1 and found[100].share < 0.9


def test_planted_with_no_strength_is_noise():
    assert power_curve([400], runs=20, strength=0.0)[400].share <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize("persistence", [0.0, 0.9])
@pytest.mark.parametrize("relabellings", [None, every_relabelling(4, 4)], ids=["across", "every"])
def test_the_false_positive_rate_of_500_runs(persistence, relabellings):
    rate = false_positive_rate(500, persistence=persistence, relabellings=relabellings)
    assert 0.03 <= rate.share <= 0.08
