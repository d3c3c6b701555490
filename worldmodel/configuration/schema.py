"""Which settings there are: the fields of nested dataclasses under their dotted names."""

from __future__ import annotations

import dataclasses
import difflib
from typing import Any, get_origin, get_type_hints

from worldmodel.configuration.values import convert, options
from worldmodel.settings import Bounds


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting, or one group of them.

    annotation: its type.
    bounds: the interval of its numbers.
    group: the dataclass of a group, None for a setting.
    """

    annotation: Any
    bounds: Bounds | None
    group: type | None

    @property
    def mapping(self) -> bool:
        """Whether single entries can be set, as in `--environment.options.frame_skip 4`."""
        return any((get_origin(kind) or kind) is dict for kind in options(self.annotation))

    @property
    def optional(self) -> bool:
        """Whether it may be null."""
        return type(None) in options(self.annotation)

    @property
    def may_be_empty(self) -> bool:
        """Whether nothing after its name says nothing, as under a group all of whose lines are commented out."""
        return self.group is not None and not self.optional

    def convert(self, value: Any) -> Any:
        """`value` in the type of this setting; raises ValueError that says what it must be."""
        if self.group is None:
            return convert(self.annotation, value, self.bounds)
        if value is None and self.optional:
            return None
        raise ValueError("must be a group of settings, as in {name: value}")


def schema(root: type, prefix: str = "") -> dict[str, Setting]:
    """List every setting and group beneath a dataclass, by dotted key, in the order of the fields."""
    found: dict[str, Setting] = {}
    hints = get_type_hints(root)
    for field in dataclasses.fields(root):
        if not field.init:
            continue
        key = prefix + field.name
        kinds = [kind for kind in options(hints[field.name]) if isinstance(kind, type)]
        group = next((kind for kind in kinds if dataclasses.is_dataclass(kind)), None)
        found[key] = Setting(hints[field.name], field.metadata.get("bounds"), group)
        if group is not None:
            found.update(schema(group, key + "."))
    return found


def owner(key: str, known: dict[str, Setting]) -> str | None:
    """Name the setting that `key` sets: itself, or the mapping of which it is an entry; None where there is neither."""
    if key in known:
        return key
    parts = key.split(".")
    parents = (".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    return next((parent for parent in parents if parent in known and known[parent].mapping), None)


def near_names(key: str, known: dict[str, Setting]) -> list[str]:
    """List up to three settings that a person who wrote `key` may have meant, the likeliest first."""
    group, _, name = key.rpartition(".")
    siblings = [other for other in known if other.rpartition(".")[0] == group]
    misspelt = difflib.get_close_matches(name, [other.rpartition(".")[2] for other in siblings], 2, 0.7)
    here = [other for other in siblings if other.rpartition(".")[2] in misspelt]
    elsewhere = [other for other in known if other.rpartition(".")[2] == name]
    return list(dict.fromkeys([*here, *elsewhere]))[:3] or difflib.get_close_matches(key, known, 2, 0.75)
