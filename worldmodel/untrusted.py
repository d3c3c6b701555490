"""Files from elsewhere are read with limits, so that what they claim is refused before anything is allocated."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from worldmodel.errors import FileError
from worldmodel.experience import Spec

MOST_JSON = 2**28
"""Bytes of a JSON file."""
MOST_NUMBERS = 2**26
"""Numbers of an observation."""
MOST_HEADER = 2**24
"""Bytes of the header of a safetensors file; one with 4,000 tensors has half a million."""


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises FileError, in one line, where it cannot be read, is too large, no JSON, nested too deeply, or no object.
    """
    try:
        if (size := path.stat().st_size) > MOST_JSON:
            raise FileError(f"{path} is no file of this program: it has {size:,} bytes, possible are {MOST_JSON:,}")
        data = parse_json(path.read_bytes())
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror}): is this the folder of a run?") from error
    except ValueError as error:
        raise FileError(f"{path} is not JSON ({error}): it is damaged") from error
    if not isinstance(data, dict):
        raise FileError(f"{path} does not hold an object: it is damaged")
    return data


def read_spec(path: Path) -> Spec:
    """The description of a world in a JSON file; FileError where it describes none."""
    try:
        return check_spec(read_json(path))
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"{path} does not describe a world ({error!r}): it is damaged, restore it") from error


def check_spec(data: dict[str, Any]) -> Spec:
    """A world from plain data; KeyError, TypeError or ValueError where it is none, or too large to be shown."""
    spec = Spec.from_json(data)
    shape, names = spec.observation_shape, (spec.environment, *spec.actions)
    possible = all(type(size) is int and 0 < size <= MOST_NUMBERS for size in shape)
    kinds = {("uint8", 3), ("float32", 1)}
    if not possible or (spec.observation_dtype, len(shape)) not in kinds or math.prod(shape) > MOST_NUMBERS:
        raise ValueError(f"observations of {spec.observation_dtype} {list(shape)}")
    if not spec.actions or not all(isinstance(name, str) for name in names) or not isinstance(spec.protocol, dict):
        raise ValueError("names or protocol of another type")
    return spec


def parse_json(content: bytes | str) -> Any:
    """What a JSON text says; ValueError, and nothing else, where it cannot be read."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def check_header(path: Path) -> None:
    """Raise FileError where the header of a safetensors file is larger than any of ours, before it is parsed.

    Raises OSError where it cannot be read.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > MOST_HEADER:
        raise FileError(f"{path} is no file of this program: its header claims {length:,} bytes")
