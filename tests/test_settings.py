import dataclasses

import pytest

from worldmodel.settings import Bounds, bounded


@pytest.mark.parametrize(
    ("bounds", "fine", "impossible", "message"),
    [
        (Bounds(low=1), (1, 5), 0, "must be at least 1"),
        (Bounds(high=0.5), (0.5, -3), 0.6, "must be at most 0.5"),
        (Bounds(above=0), (1e-9,), 0, "must be above 0"),
        (Bounds(below=1), (0.999,), 1, "must be below 1"),
        (Bounds(low=0, high=1), (0, 0.3, 1), 1.3, "must be at most 1"),
        (Bounds(low=0), (0,), float("nan"), "must be a number"),
        (Bounds(low=0), (float("inf"),), float("-inf"), "must be at least 0"),
        (Bounds(), (-1e300, 0), float("nan"), "must be a number"),
    ],
)
def test_bounds(bounds, fine, impossible, message):
    assert all(bounds.problem(value) is None for value in fine)
    assert bounds.problem(impossible) == message


def test_a_bounded_field_has_its_default_and_its_bounds():
    @dataclasses.dataclass
    class Example:
        share: float = bounded(0.5, low=0, high=1)
        rate: float = bounded(0.1, above=0, below=1)
        count: int | None = bounded(None, low=1)

    assert (Example().share, Example().rate, Example().count, Example(0.7).share) == (0.5, 0.1, None, 0.7)
    share, rate, _ = dataclasses.fields(Example)
    assert share.metadata["bounds"] == Bounds(low=0, high=1)
    assert rate.metadata["bounds"] == Bounds(above=0, below=1)
