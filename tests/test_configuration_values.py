from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from worldmodel.configuration.values import convert
from worldmodel.settings import Bounds


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (int, 3, 3),
        (int, 1e5, 100_000),
        (float, 3, 3.0),
        (bool, True, True),
        (str, "5", "5"),
        (Path, "a", Path("a")),
        (int | None, None, None),
        (int | float, 1.0, 1.0),
        (float | int, 1, 1),
        (Literal["a", 1], 1, 1),
        (list[int], [1, 2.0], [1, 2]),
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[list[int], ...], [[1], []], ([1], [])),
        (dict[str, float], {"a": 1}, {"a": 1.0}),
        (Annotated[int, "steps"], 1, 1),
        (Any, {"a": [None]}, {"a": [None]}),
        (list, [1, "a"], [1, "a"]),
    ],
)
def test_fits(annotation: Any, value: Any, expected: Any) -> None:
    converted = convert(annotation, value)
    assert converted == expected
    assert type(converted) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "value", "complaint"),
    [
        (int, True, "must be a whole number"),
        (int, 1.5, "must be a whole number"),
        (int, float("inf"), "must be a whole number"),
        (int, "1", "must be a whole number"),
        (float, True, "must be a number"),
        (float, "1e-4", "must be a number"),
        (bool, 1, "must be true or false"),
        (str, 1, r"must be text \(in quotes\)"),
        (Path, 1, "must be a path"),
        (int | None, "x", "must be a whole number or null"),
        (Literal["a", 1], True, "must be one of a, 1"),
        (list[int], "a", r"must be a list, as in \[1, 2\]"),
        (list[int], [1, "a"], "entry 2 must be a whole number"),
        (tuple[int, int], [1], "must be a list of 2"),
        (dict[str, int], [1], "must be a mapping"),
        (dict[str, int], {"a": "b"}, "entry a must be a whole number"),
        (dict[str, int], {1: 1}, "key 1 must be text"),
    ],
)
def test_does_not_fit(annotation: Any, value: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{complaint}"):
        convert(annotation, value)


def test_bounds_hold_for_every_number_inside() -> None:
    assert convert(dict[str, tuple[float, ...]], {"a": [0.5]}, Bounds(low=0, below=1)) == {"a": (0.5,)}
    with pytest.raises(ValueError, match="entry a entry 2 must be below 1"):
        convert(dict[str, tuple[float, ...]], {"a": [0.5, 1]}, Bounds(low=0, below=1))
    with pytest.raises(ValueError, match="must be a number"):
        convert(float, float("nan"), Bounds(low=0))
    assert convert(int | None, None, Bounds(low=0)) is None
