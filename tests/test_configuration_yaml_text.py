from __future__ import annotations

from typing import Any

import pytest
import yaml

from worldmodel.configuration.yaml_text import YamlProblem, dump, parse_mapping, parse_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1E5", 1e5),
        ("-.5", -0.5),
        ("1_000_000", 1_000_000),
        (".inf", float("inf")),
        ("-3", -3),
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("null", None),
        ("", None),
        ("[1, a]", [1, "a"]),
        ("'5'", "5"),
        ("07", 7.0),
        ("1.2.3", "1.2.3"),
    ],
)
def test_scalars(text: str, value: Any) -> None:
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)


def test_groups_are_entered_and_lines_counted() -> None:
    text = "a:\n  b: 1\n  c:\n    d: 2\ne: {f: 3}\n"
    assert parse_mapping(text, lambda key: key == "a") == [("a.b", 1, 2), ("a.c", {"d": 2}, 3), ("e", {"f": 3}, 5)]
    assert parse_mapping("# nothing\n", lambda key: True) == []


def test_merge_keys() -> None:
    text = "x: &x {b: 1, c: 2}\na:\n  <<: *x\n  c: 3\n"
    assert {key: value for key, value, _ in parse_mapping(text, lambda key: key == "a")} == {
        "x": {"b": 1, "c": 2},
        "a.b": 1,
        "a.c": 3,
    }


@pytest.mark.parametrize(
    ("text", "complaint", "line"),
    [
        ("a: 1\nb: [", "not valid YAML", 2),
        ("a:\n  b: 1\n  b: 2\n", "a.b is given twice", 3),
        ("- 1\n- 2\n", "must be a mapping", 1),
        ("a: 1\n---\nb: 1\n", "not valid YAML", 2),
        ("a: 1\nb: \x01\n", "not valid YAML", 2),
        ("a: !!python/name:os.system ''\n", "not valid YAML", 1),
        ("a: *nowhere\n", "not valid YAML", 1),
    ],
)
def test_problems_have_a_line(text: str, complaint: str, line: int) -> None:
    with pytest.raises(YamlProblem, match=complaint) as caught:
        parse_mapping(text, lambda key: True)
    assert caught.value.line == line


def test_dump_reads_back_under_both_versions_of_yaml() -> None:
    shared = [1, 2]
    data = {
        "texts": ["1e-4", "off", "no", "5", "null", "", "1:30", "2024-01-01", "~", "ä", "a: b", "- c", "0x1"],
        "numbers": [1e-4, 1e-12, 1e22, 5, -0.0, float("inf"), True, None],
        "same": [shared, shared],
        "empty": {"a": {}, "b": []},
    }
    text = dump(data)
    assert parse_value(text) == data
    assert yaml.safe_load(text) == data
    assert "&" not in text
