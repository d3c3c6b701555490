import numpy as np
import pytest

from worldmodel.analysis.beyond_life import MOST_ROWS, beyond_life
from worldmodel.errors import AnalysisError


def cloud(rows, seed, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (rows, 3))


def test_life_itself_is_beyond_in_one_of_twenty():
    found = beyond_life(cloud(1000, 0), cloud(1000, 1), cloud(1000, 2))
    assert 0.03 < found.share < 0.08 and found.median_distance == pytest.approx(found.usual_distance, rel=0.15)


def test_what_is_elsewhere_is_beyond_and_copies_are_not():
    life = cloud(500, 0)
    assert beyond_life(life, cloud(500, 1), cloud(500, 2, shift=9)).share > 0.99
    copies = beyond_life(life, cloud(500, 1), life)
    assert copies.share == 0 and copies.median_distance == pytest.approx(0, abs=1e-6)


def test_many_rows_are_thinned_and_few_are_refused():
    assert beyond_life(cloud(100, 0), cloud(100, 1), cloud(MOST_ROWS + 500, 2)).rows == MOST_ROWS
    with pytest.raises(AnalysisError, match="12 rows are too few"):
        beyond_life(cloud(100, 0), cloud(12, 1), cloud(100, 2))
