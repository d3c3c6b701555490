"""What somebody wrote, in files and on the command line, before anybody asks whether it makes sense."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from worldmodel.configuration.schema import Setting
from worldmodel.configuration.yaml_text import YamlProblem, parse_mapping, parse_value


@dataclasses.dataclass(frozen=True)
class Given:
    """A value that somebody wrote.

    key: dotted key of the setting.
    value: what it was set to.
    where: the file, line and key, or the flag, for people.
    text: the unread text on the command line, which a setting that holds text may prefer to `value`.
    """

    key: str
    value: Any
    where: str
    text: str | None = None


@dataclasses.dataclass(frozen=True)
class CommandLine:
    """Arguments sorted by what they are for.

    files: what `--config` named.
    flags: (flag, text) of every setting.
    print_config: whether the settings are to be printed.
    """

    files: list[str]
    flags: list[tuple[str, str]]
    print_config: bool


def split_arguments(arguments: list[str], problems: list[str]) -> CommandLine:
    """Sort the arguments; what cannot be sorted is added to `problems`."""
    files: list[str] = []
    flags: list[tuple[str, str]] = []
    print_config = False
    rest = list(arguments)
    while rest:
        flag, equals, text = rest.pop(0).partition("=")
        if not flag.startswith("--") or flag == "--":
            problems.append(f"{flag}: settings are given as --group.key value")
        elif flag == "--print_config":
            print_config = True
        elif not equals and (not rest or rest[0].startswith("--")):
            problems.append(f"{flag}: needs a value, as in {flag} true")
        else:
            text = text if equals else rest.pop(0)
            if flag == "--config":
                files.append(text)
            else:
                flags.append((flag, text))
    return CommandLine(files, flags, print_config)


def read_file(file: str, known: dict[str, Setting], problems: list[str], group: str = "") -> list[Given]:
    """Read everything set in a YAML file, whose keys are relative to `group`; trouble is added to `problems`."""
    prefix = f"{group}." if group else ""
    try:
        entries = parse_mapping(Path(file).read_text("utf-8"), lambda key: _is_group(prefix + key, known))
    except OSError as error:
        problems.append(f"{file}: cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.append(f"{file}: is not a text file in UTF-8")
    except YamlProblem as error:
        problems.append(f"{file}, line {error.line}: {error}")
    else:
        return [Given(prefix + key, value, f"{file}, line {line}: {prefix}{key}") for key, value, line in entries]
    return []


def read_flag(flag: str, text: str, known: dict[str, Setting], problems: list[str]) -> list[Given]:
    """Read what one flag sets; a group may be given as a mapping or as the name of a YAML file."""
    key = flag.removeprefix("--")
    try:
        value = parse_value(text)
    except YamlProblem:
        value = text
    if _is_group(key, known) and isinstance(value, dict):
        return [Given(inner, entry, f"--{inner}") for inner, entry in flatten({key: value}, known)]
    if _is_group(key, known) and isinstance(value, str):
        return read_file(value, known, problems, key)
    return [Given(key, value, flag, text)]


def flatten(data: dict[str, Any], known: dict[str, Setting], prefix: str = "") -> list[tuple[str, Any]]:
    """List the (dotted key, value) pairs of nested mappings, which are entered where the schema has a group."""
    found: list[tuple[str, Any]] = []
    for name, value in data.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and _is_group(key, known):
            found += flatten(value, known, key + ".")
        else:
            found.append((key, value))
    return found


def _is_group(key: str, known: dict[str, Setting]) -> bool:
    return key in known and known[key].group is not None
