"""YAML as people expect it: 1e-4 is a number, off is a word, and a key given twice is a mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
# the core schema of YAML 1.2; PyYAML follows 1.1, where 1e-4 is text, off is false and 1:30 is ninety
_WORDS: list[tuple[str, str, list[str]]] = [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9_]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
]


class _Loader(yaml.SafeLoader):
    """Plain values only."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  as in the base class


class _Dumper(yaml.SafeDumper):
    """Quotes a text that any reader, of YAML 1.1 or 1.2, might take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _name, _pattern, _starts in _WORDS:
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _starts)
    _Dumper.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _starts)


class YamlProblem(Exception):
    """What is wrong with a text, and the line where it is (counted from 1)."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


def parse_value(text: str) -> Any:
    """Read one value, as on the command line; raises YamlProblem."""
    return _guarded(text, lambda loader: loader.get_single_data())


def parse_mapping(text: str, is_group: Callable[[str], bool]) -> list[tuple[str, Any, int]]:
    """Read the settings in a file as (dotted key, value, line); mappings are entered where `is_group(key)`.

    Raises YamlProblem where the text is no YAML, no mapping, or has a key twice.
    """

    def walk(loader: _Loader) -> list[tuple[str, Any, int]]:
        node = loader.get_single_node()
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode):
            raise YamlProblem("must be a mapping, as in trainer: {steps: 100}", node.start_mark.line + 1)
        return list(_walk(loader, node, "", is_group))

    return _guarded(text, walk)


def dump(data: dict[str, Any]) -> str:
    """Write plain data as YAML that `parse_mapping` reads back equal."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _walk(
    loader: _Loader, node: yaml.MappingNode, prefix: str, is_group: Callable[[str], bool]
) -> Iterator[tuple[str, Any, int]]:
    seen: set[str] = set()
    own = {id(key) for key, _ in node.value}
    loader.flatten_mapping(node)
    # keys merged in by << come first, and a key of the mapping's own replaces them
    for key_node, value_node in node.value:
        name, line = str(loader.construct_object(key_node, deep=True)), key_node.start_mark.line + 1
        key = prefix + name
        if id(key_node) in own:
            if name in seen:
                raise YamlProblem(f"{key} is given twice", line)
            seen.add(name)
        if isinstance(value_node, yaml.MappingNode) and is_group(key):
            yield from _walk(loader, value_node, key + ".", is_group)
        else:
            yield key, loader.construct_object(value_node, deep=True), line


def _guarded(text: str, read: Callable[[_Loader], Any]) -> Any:
    try:
        loader = _Loader(text)
        try:
            return read(loader)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(f"not valid YAML: {error.problem}", mark.line + 1 if mark else 1) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlProblem(f"not valid YAML: {error.reason}", line) from None
    except (RecursionError, ValueError) as error:
        raise YamlProblem(f"not valid YAML: {error}", 1) from None
