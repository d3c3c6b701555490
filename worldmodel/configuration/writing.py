"""Settings as plain data and as config.yaml, and what differs between two runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from worldmodel.atomic import write_whole
from worldmodel.configuration.yaml_text import dump


def settings_to_dict(settings: Any) -> dict[str, Any]:
    """Turn settings into nested mappings of plain values: tuples become lists and paths text."""
    return {field.name: _plain(getattr(settings, field.name)) for field in dataclasses.fields(settings) if field.init}


def settings_to_yaml(settings: Any) -> str:
    """Write every setting as text that `--config` reads back to an equal object."""
    return dump(settings_to_dict(settings))


def write_settings(settings: Any, path: Path) -> None:
    """Write every setting to a YAML file; raises StorageError where it cannot be written."""
    write_whole(path, settings_to_yaml(settings).encode())


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """List the dotted keys whose values differ, or that only one of the two has, in the order of `old`."""
    found: list[str] = []
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            found += [f"{key}.{inner}" for inner in differences(before, after)]
        elif key not in old or key not in new or before != after:
            found.append(str(key))
    return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return settings_to_dict(value)
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return str(value) if isinstance(value, Path) else value
