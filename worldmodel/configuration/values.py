"""Whether a value fits the type of a setting, and what it becomes."""

from __future__ import annotations

import collections.abc
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from worldmodel.settings import Bounds

_LISTS = (list, collections.abc.Sequence)
_MAPPINGS = (dict, collections.abc.Mapping)


def convert(annotation: Any, value: Any, bounds: Bounds | None = None) -> Any:
    """Convert `value`, as read from YAML, to the type of its setting.

    A whole float becomes an int where an int is wanted (1e5 steps) and an int becomes a float; nothing else is
    changed, so true is no number and "5" is none either. `bounds` hold for every number inside.

    Raises ValueError whose text says what the value must be.
    """
    if annotation is Any:
        return value
    origin = get_origin(annotation) or annotation
    if origin is Annotated:
        return convert(get_args(annotation)[0], value, bounds)
    if origin in (Union, types.UnionType):
        return _convert_union(get_args(annotation), value, bounds)
    if origin is Literal:
        return _convert_choice(get_args(annotation), value)
    if origin in _LISTS:
        return _convert_list((get_args(annotation) or (Any,))[0], value, bounds)
    if origin is tuple:
        return _convert_tuple(get_args(annotation) or (Any, ...), value, bounds)
    if origin in _MAPPINGS:
        return _convert_mapping(get_args(annotation) or (Any, Any), value, bounds)
    return _convert_plain(origin, value, bounds)


def options(annotation: Any) -> tuple[Any, ...]:
    """List the members of a union, or the type itself."""
    union = get_origin(annotation) in (Union, types.UnionType)
    return get_args(annotation) if union else (annotation,)


def _convert_plain(kind: Any, value: Any, bounds: Bounds | None) -> Any:
    if kind in (int, float):
        return _convert_number(kind, value, bounds)
    if kind in (None, types.NoneType):
        if value is not None:
            raise ValueError("must be null")
        return None
    if kind is bool and not isinstance(value, bool):
        raise ValueError("must be true or false")
    if kind is str and not isinstance(value, str):
        raise ValueError("must be text (in quotes)")
    if kind is Path:
        if not isinstance(value, str | Path):
            raise ValueError("must be a path")
        return Path(value)
    if not isinstance(value, kind):
        raise ValueError(f"must be a {kind.__name__}")
    return value


def _convert_number(kind: type, value: Any, bounds: Bounds | None) -> int | float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int and not (number and (isinstance(value, int) or value.is_integer())):
        raise ValueError("must be a whole number")
    if not number:
        raise ValueError("must be a number")
    problem = bounds.problem(value) if bounds else None
    if problem:
        raise ValueError(problem)
    return kind(value)


def _convert_choice(choices: tuple[Any, ...], value: Any) -> Any:
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    names = ", ".join("null" if choice is None else str(choice) for choice in choices)
    raise ValueError(f"must be one of {names}")


def _convert_union(members: tuple[Any, ...], value: Any, bounds: Bounds | None) -> Any:
    complaints = []
    # a member of exactly this type first, so that 1.0 stays a float where int | float is allowed
    for member in sorted(members, key=lambda kind: kind is not type(value)):
        try:
            return convert(member, value, bounds)
        except ValueError as error:
            complaints.append(str(error))
    raise ValueError(" or ".join([complaints[0], *(text.removeprefix("must be ") for text in complaints[1:])]))


def _convert_list(kind: Any, value: Any, bounds: Bounds | None) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list, as in [1, 2]")
    return [_convert_entry(kind, entry, f"entry {number}", bounds) for number, entry in enumerate(value, 1)]


def _convert_tuple(kinds: tuple[Any, ...], value: Any, bounds: Bounds | None) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_convert_list(kinds[0], value, bounds))
    if not isinstance(value, list | tuple) or len(value) != len(kinds):
        raise ValueError(f"must be a list of {len(kinds)}")
    pairs = enumerate(zip(kinds, value, strict=True), 1)
    return tuple(_convert_entry(kind, entry, f"entry {number}", bounds) for number, (kind, entry) in pairs)


def _convert_mapping(kinds: tuple[Any, ...], value: Any, bounds: Bounds | None) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a mapping, as in {name: value}")
    return {
        _convert_entry(kinds[0], key, f"key {key}", None): _convert_entry(kinds[1], entry, f"entry {key}", bounds)
        for key, entry in value.items()
    }


def _convert_entry(kind: Any, value: Any, name: str, bounds: Bounds | None) -> Any:
    try:
        return convert(kind, value, bounds)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
