import pytest

from worldmodel.studies.together_part import together_part
from worldmodel.viewing.analysis_page import Part


def test_tests_of_all_parts_are_corrected_together():
    """Benjamini and Hochberg by hand: 0.001 x 3 / 1, 0.04 x 3 / 2, 0.6 x 3 / 3."""
    parts = [Part("a", "?", tests={"one": 0.001, "two": 0.04}), Part("b", "?", tests={"three": 0.6}), Part("c", "?")]
    found = together_part("together", "All?", parts)
    assert found.found["corrected"] == pytest.approx({"one": 0.003, "two": 0.06, "three": 0.6})
    assert "1 of 3 tests hold" in found.says and "Lost by it: two." in found.says
    assert found.rows[1] == ("two", "0.04", "0.06")


def test_a_page_without_tests_says_so():
    assert together_part("together", "All?", [Part("a", "?", missing="nothing")]).missing
