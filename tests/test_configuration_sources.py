from __future__ import annotations

from pathlib import Path

from configuration_example import Settings

from worldmodel.configuration.schema import schema
from worldmodel.configuration.sources import Given, flatten, read_file, read_flag, split_arguments

KNOWN = schema(Settings)


def test_split_arguments() -> None:
    problems: list[str] = []
    line = split_arguments(["--a.b", "-1", "--config", "x", "--c=d=e", "--config=y", "--print_config"], problems)
    assert line.files == ["x", "y"]
    assert line.flags == [("--a.b", "-1"), ("--c", "d=e")]
    assert line.print_config and problems == []
    assert split_arguments(["-x", "--a", "--b="], problems).flags == [("--b", "")]
    assert [problem.partition(":")[0] for problem in problems] == ["-x", "--a"]


def test_a_group_as_a_mapping_or_a_file(tmp_path: Path) -> None:
    problems: list[str] = []
    file = tmp_path / "vision.yaml"
    file.write_text("depth: 4\n")
    group = "--world_model.vision"
    assert read_flag(group, "{depth: 4}", KNOWN, problems) == [Given(f"{group[2:]}.depth", 4, f"{group}.depth")]
    (given,) = read_flag(group, str(file), KNOWN, problems)
    assert given == Given("world_model.vision.depth", 4, f"{file}, line 1: world_model.vision.depth")
    assert problems == []
    assert read_flag("--environment.id", "[a", KNOWN, problems) == [
        Given("environment.id", "[a", "--environment.id", "[a")
    ]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    problems: list[str] = []
    assert read_file(str(tmp_path), KNOWN, problems) == []
    assert problems == [f"{tmp_path}: cannot be read: Is a directory"]


def test_flatten_enters_groups_only() -> None:
    data = {"environment": {"options": {"a": 1}, "seed": 2}, "extra": None}
    expected = [("environment.options", {"a": 1}), ("environment.seed", 2), ("extra", None)]
    assert flatten(data, KNOWN) == expected
