"""The settings object from what was given: checked, overlaid on the defaults, and asked for contradictions."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any, TypeVar

from worldmodel.configuration.schema import Setting, near_names, owner, schema
from worldmodel.configuration.sources import Given
from worldmodel.errors import ConfigurationError

T = TypeVar("T")


def build_settings(root: type[T], given: list[Given], problems: list[str]) -> T:
    """Build settings from what was given, later over earlier, and from defaults elsewhere.

    Raises ConfigurationError that lists `problems` and every mistake in `given`, one line each, or else what
    the method `problems`, of the root or of a group that has one, says about values that contradict each other.
    """
    known = schema(root)
    values: dict[str, Any] = {}
    problems = list(problems)
    for entry in given:
        if entry.value is None and entry.key in known and known[entry.key].may_be_empty:
            continue
        try:
            _overlay(values, entry.key, _checked(entry, known))
        except ValueError as error:
            problems.append(f"{entry.where}: {error}")
    settings = _built(root, None, "", values, known, problems)
    if settings is not None and not problems:
        problems = _contradictions(settings)
    if settings is None or problems:
        raise ConfigurationError("\n".join(dict.fromkeys(problems)))
    return settings


def _contradictions(settings: Any) -> list[str]:
    """What the settings and their groups, each with a method `problems` or without, say of themselves."""
    inner = [getattr(settings, field.name) for field in dataclasses.fields(settings)]
    found = [problem for group in inner if dataclasses.is_dataclass(group) for problem in _contradictions(group)]
    return [*found, *settings.problems()] if hasattr(settings, "problems") else found


def _checked(entry: Given, known: dict[str, Setting]) -> Any:
    """Convert the value to the type of its setting; raises ValueError that says what is wrong with it."""
    name = owner(entry.key, known)
    if name is None:
        near = near_names(entry.key, known)
        raise ValueError("no such setting" + (f"; did you mean {' or '.join(near)}?" if near else ""))
    setting, inner = known[name], entry.key[len(name) + 1 :]

    def fitted(value: Any) -> Any:
        return setting.convert({inner: value})[inner] if inner else setting.convert(value)

    try:
        return fitted(entry.value)
    except ValueError as error:
        complaint = str(error)
    if entry.text is not None:
        with contextlib.suppress(ValueError):
            return fitted(entry.text)
    raise ValueError(f"{complaint}, not {_shown(entry.value)}")


def _shown(value: Any) -> str:
    words = {None: "null", True: "true", False: "false"}
    text = words[value] if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _overlay(values: dict[str, Any], key: str, value: Any) -> None:
    """Set one key; what was said earlier about its parts no longer holds."""
    for other in [other for other in values if other.startswith(key + ".")]:
        del values[other]
    values[key] = value


def _built(
    kind: type[T], base: T | None, prefix: str, values: dict[str, Any], known: dict[str, Setting], problems: list[str]
) -> T | None:
    """One dataclass: given values over `base`, or over the defaults of its fields where there is none."""
    arguments: dict[str, Any] = {}
    count = len(problems)
    for field in (field for field in dataclasses.fields(kind) if field.init):  # type: ignore[arg-type]
        key = prefix + field.name
        default = _default(field) if base is None else getattr(base, field.name)
        value = values.get(key, default)
        parts = {inner.removeprefix(key + "."): values[inner] for inner in values if inner.startswith(key + ".")}
        group = known[key].group
        if group is not None and (parts or value is dataclasses.MISSING):
            below = value if dataclasses.is_dataclass(value) else None
            value = _built(group, below, key + ".", values, known, problems)
        elif parts:
            value = {**(value or {}), **parts}
        if value is dataclasses.MISSING:
            problems.append(f"{key}: has no default and must be given")
        arguments[field.name] = value
    if len(problems) > count:
        return None
    try:
        return kind(**arguments)
    except ValueError as error:
        problems.append(f"{prefix.removesuffix('.') or 'settings'}: {error}")
        return None


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
