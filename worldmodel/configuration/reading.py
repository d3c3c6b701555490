"""Settings from YAML files, from the command line, or from the plain data of an earlier run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from worldmodel.configuration.building import build_settings
from worldmodel.configuration.help import print_help
from worldmodel.configuration.schema import schema
from worldmodel.configuration.sources import Given, flatten, read_file, read_flag, split_arguments
from worldmodel.configuration.writing import settings_to_yaml

T = TypeVar("T")


def read_settings(root: type[T], arguments: list[str], *, default_config: Path | None = None) -> T:
    """Read the settings that command line arguments ask for.

    `--config FILE` may be repeated, later files overlay earlier ones; `--group.key value` and `--group.key=value` win
    over files wherever they stand; `--help` and `--print_config` print and end the program. `default_config` is read
    where no `--config` is given.

    Raises ConfigurationError that lists every mistake, one line each.
    """
    if "--help" in arguments or "-h" in arguments:
        print_help(root)
        raise SystemExit(0)
    known = schema(root)
    problems: list[str] = []
    line = split_arguments(arguments, problems)
    default_files = [] if default_config is None else [str(default_config)]
    given = [entry for file in line.files or default_files for entry in read_file(file, known, problems)]
    given += [entry for flag, text in line.flags for entry in read_flag(flag, text, known, problems)]
    settings = build_settings(root, given, problems)
    if line.print_config:
        print(settings_to_yaml(settings), end="")
        raise SystemExit(0)
    return settings


def settings_from_dict(root: type[T], data: dict[str, Any], source: str = "settings") -> T:
    """Undo `settings_to_dict`; what is absent has its default, and `source` is named in errors.

    Raises ConfigurationError that lists every mistake, one line each.
    """
    given = [Given(key, value, f"{source}: {key}") for key, value in flatten(data, schema(root))]
    return build_settings(root, given, [])
