import numpy as np
import pytest

from worldmodel.analysis.place_fields import place_fields
from worldmodel.errors import AnalysisError


def test_fields_of_a_line_by_hand():
    """Peak 8: more than 4 counts, so bins 1 and 2, bin 5 and bin 7; at 6 no one has been."""
    fields = place_fields(np.array([4.0, 6, 8, 4, 0, 5, np.nan, 7]))
    assert [field.bins[:, 0].tolist() for field in fields] == [[1, 2], [7], [5]]
    assert [field.peak.tolist() for field in fields] == [[2], [7], [5]]
    assert [field.peak_rate for field in fields] == [8, 7, 5]


def test_corners_do_not_join_fields():
    fields = place_fields(np.array([[9.0, 0, 0], [0, 8, 8], [0, 0, 8]]))
    assert [len(field.bins) for field in fields] == [1, 3] and fields[0].peak.tolist() == [0, 0]


def test_silent_units_have_none_and_flat_ones_the_whole_world():
    assert place_fields(np.zeros(5)) == place_fields(np.full(5, np.nan)) == []
    assert len(place_fields(np.full(5, 0.1))[0].bins) == 5


def test_rates_below_zero_are_refused():
    with pytest.raises(AnalysisError, match="subtract"):
        place_fields(np.array([1.0, -1.0]))
