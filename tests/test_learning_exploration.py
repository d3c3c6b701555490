import pytest

from worldmodel.learning.exploration import EpsilonSchedule


def test_from_start_to_end_in_a_line():
    epsilon = EpsilonSchedule(1.0, 0.2, 400)
    assert [epsilon(step) for step in (0, 100, 200, 400, 401, 10**9)] == pytest.approx([1, 0.8, 0.6, 0.2, 0.2, 0.2])


def test_without_steps_it_is_at_its_end():
    assert EpsilonSchedule(1.0, 0.2, 0)(0) == pytest.approx(0.2)


def test_it_may_also_grow():
    assert EpsilonSchedule(0.0, 1.0, 10)(5) == pytest.approx(0.5)
