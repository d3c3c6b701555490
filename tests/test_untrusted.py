import json
import struct

import pytest

from worldmodel import untrusted
from worldmodel.errors import FileError
from worldmodel.experience import Spec
from worldmodel.untrusted import check_header, parse_json, read_json, read_spec

GOOD = Spec("ALE/Pong-v5", (64, 64, 3), "uint8", ("NOOP", "UP"), {"frame_skip": 4})


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"1" * 10_000, "is not JSON"),
        (b"[1]", "does not hold an object"),
    ],
)
def test_what_is_no_object_is_a_file_error(content, words, tmp_path):
    with pytest.raises(FileError, match=words) as raised:
        read_json(written(tmp_path / "x.json", content))
    assert "\n" not in str(raised.value)


def test_too_large_a_file_is_not_even_read(tmp_path, monkeypatch):
    monkeypatch.setattr(untrusted, "MOST_JSON", 10)
    path = written(tmp_path / "x.json", {"a": "b" * 20})
    path.chmod(0o644)
    with pytest.raises(FileError, match="possible are 10"):
        read_json(path)


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        read_json(tmp_path / "x.json")


def test_texts():
    assert parse_json(b'{"a": [1]}') == {"a": [1]}
    with pytest.raises(ValueError, match="deeply"):
        parse_json("[" * 100_000)


def test_a_header_that_claims_too_much(tmp_path):
    with pytest.raises(FileError, match=r"claims 1,099,511,627,776 bytes"):
        check_header(written(tmp_path / "x", struct.pack("<Q", 2**40) + b"{}"))
    check_header(written(tmp_path / "x", struct.pack("<Q", 2) + b"{}"))
    with pytest.raises(FileNotFoundError):
        check_header(tmp_path / "y")


def test_a_world_comes_back(tmp_path):
    assert read_spec(written(tmp_path / "spec.json", GOOD.to_json())) == GOOD


@pytest.mark.parametrize(
    "change",
    [
        {"observation_shape": [10**6, 10**6, 3]},
        {"observation_shape": [64, 64]},
        {"observation_shape": [64.5, 64, 3]},
        {"observation_shape": [-64, -64, 3]},
        {"observation_shape": []},
        {"observation_shape": "abc"},
        {"observation_shape": [[], [], []]},
        {"observation_dtype": "float64"},
        {"observation_dtype": "float32"},
        {"observation_dtype": ["uint8"]},
        {"actions": []},
        {"actions": [1, 2]},
        {"actions": None},
        {"environment": 3},
        {"protocol": []},
        {"unknown": 1},
    ],
    ids=str,
)
def test_impossible_worlds_are_file_errors(change, tmp_path):
    with pytest.raises(FileError, match="does not describe a world"):
        read_spec(written(tmp_path / "spec.json", GOOD.to_json() | change))
