"""Damaged and hostile files of every kind end in an error of our own, in one line, and run nothing."""

import io
import json
import os
import pickle
import random
import resource
import shutil
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from child import in_child
from safetensors.numpy import save

from worldmodel.errors import ConfigurationError, FileError, WorldModelError
from worldmodel.memory import chunks, open_experience
from worldmodel.memory.chunks import read_chunk
from worldmodel.memory.folder import ExperienceFolder
from worldmodel.running import checkpoints
from worldmodel.running.checkpoints import MANIFEST, STATE, TENSORS, load_checkpoint
from worldmodel.running.loading import load_agent
from worldmodel.running.metrics_file import MetricsFile, read_metrics, truncate_metrics
from worldmodel.running.reached import reached_by
from worldmodel.running.run_directory import RunDirectory
from worldmodel.studies.cell_results import read_result
from worldmodel.studies.replay_lab import gather
from worldmodel.untrusted import read_json

GOLDEN = Path(__file__).parent / "golden" / "0.1.0"
MUTATIONS = 300
WEIRD = [None, True, "x", "NaN", -1, 0, 10**30, 1e308, float("nan"), [], {}, [[]], {"$tensor": "x"}, {"$mapping": 3}]


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(GOLDEN, tmp_path / "golden")


def a_chunk(folder: Path) -> Path:
    return next((folder / "run" / "experience").glob("lane0000-row0000000000-*"))


def last(folder: Path) -> Path:
    return folder / "run" / "checkpoints" / "last"


def reseal(checkpoint: Path) -> None:
    """Makes the manifest fit what lies beside it, as somebody who means harm would."""
    manifest = json.loads((checkpoint / MANIFEST).read_text())
    manifest["files"] = {name: checkpoints._fingerprint(checkpoint / name) for name in (TENSORS, STATE)}
    del manifest["blake2b"]
    manifest["blake2b"] = checkpoints._digest_of(manifest)
    (checkpoint / MANIFEST).write_text(json.dumps(manifest))


def sealed(load):
    def after_sealing(folder):
        reseal(last(folder))
        load(folder)

    return after_sealing


def read_the_metrics(folder: Path) -> None:
    path = folder / "run" / "metrics.jsonl"
    rows = read_metrics(path)
    assert all(isinstance(row, dict) for row in rows)
    truncate_metrics(path, 10)
    MetricsFile(folder / "run").log_metrics({"a": 1.0})


def read_the_chunk(folder: Path) -> None:
    spec = ExperienceFolder.open(folder / "run" / "experience").spec
    read_chunk(a_chunk(folder), spec)


def read_the_checkpoint(folder: Path) -> None:
    load_checkpoint(last(folder))
    reached_by(last(folder))


KINDS = {
    "chunk": (a_chunk, read_the_chunk),
    "weights": (lambda folder: last(folder) / TENSORS, read_the_checkpoint),
    "weights, sealed": (lambda folder: last(folder) / TENSORS, sealed(read_the_checkpoint)),
    "weights of an agent": (lambda folder: last(folder) / TENSORS, sealed(lambda folder: load_agent(folder / "run"))),
    "state": (lambda folder: last(folder) / STATE, read_the_checkpoint),
    "state, sealed": (lambda folder: last(folder) / STATE, sealed(read_the_checkpoint)),
    "manifest": (lambda folder: last(folder) / MANIFEST, read_the_checkpoint),
    "index": (lambda folder: folder / "run/experience/index.json", lambda folder: open_experience(folder / "run")),
    "spec of the life": (lambda folder: folder / "run/experience/spec.json", read_the_chunk),
    "spec": (lambda folder: folder / "run/spec.json", lambda folder: RunDirectory.open(folder / "run").spec()),
    "settings": (
        lambda folder: folder / "run/config.yaml",
        lambda folder: RunDirectory.open(folder / "run").settings(),
    ),
    "metrics": (lambda folder: folder / "run/metrics.jsonl", read_the_metrics),
    "result": (lambda folder: folder / "seed-0.json", lambda folder: read_result(folder / "seed-0.json")),
    "measurements": (
        lambda folder: folder / "subject.json",
        lambda folder: gather([read_json(folder / "subject.json")]),
    ),
}


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with one thing wrong: bits, a lost or doubled or foreign stretch, another end, another value."""
    damaged = bytearray(content)
    at, length = chance.randrange(len(content)), chance.choice([1, 4, 50, 1000])
    way = chance.randrange(7)
    if way == 0:
        damaged[at] ^= 1 << chance.randrange(8)
    elif way == 1:
        del damaged[at:]
    elif way == 2:
        del damaged[at : at + length]
    elif way == 3:
        damaged[at:at] = chance.randbytes(length)
    elif way == 4:
        damaged[at:at] = damaged[at : at + length]
    elif way == 5:
        damaged[at : at + length] = bytes([chance.choice([0, 9, 10, 255])]) * length
    else:
        return other_value(content, chance)
    return bytes(damaged)


def other_value(content: bytes, chance: random.Random) -> bytes:
    """A JSON text, one of JSON lines, or the header of a safetensors file, with something weird somewhere in it."""
    header = content[8 : 8 + int.from_bytes(content[:8], "little")]
    if header[:1] == b"{" and len(header) < len(content) - 8:
        changed = _other(json.loads(header), chance)
        text = json.dumps(changed).encode()
        return struct.pack("<Q", len(text)) + text + content[8 + len(header) :]
    lines = content.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    try:
        if len(lines) > 1 and lines[at].startswith(b"{") and len(lines[at]) > 3:
            lines[at] = json.dumps(_other(json.loads(lines[at]), chance)).encode() + b"\n"
            return b"".join(lines)
        return json.dumps(_other(json.loads(content), chance)).encode()
    except ValueError:  # YAML
        key, colon, _ = lines[at].partition(b":")
        lines[at] = key + colon + b" " + json.dumps(chance.choice(WEIRD)).encode() + b"\n"
        return b"".join(lines)


def _other(tree, chance: random.Random):
    """The tree with one node replaced, lost, or wrapped."""
    if not isinstance(tree, dict | list) or not tree or chance.random() < 0.1:
        return chance.choice([*WEIRD, [tree], {"a": tree}])
    key = chance.choice(sorted(tree)) if isinstance(tree, dict) else chance.randrange(len(tree))
    if chance.random() < 0.1:
        del tree[key]
    else:
        tree[key] = _other(tree[key], chance)
    return tree


@pytest.mark.parametrize("kind", KINDS)
def test_any_damage_ends_in_an_error_of_our_own(kind, folder):
    find, load = KINDS[kind]
    load(folder)
    path, chance, refused = find(folder), random.Random(kind), 0
    whole = {each: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(MUTATIONS):
        path.write_bytes(mutated(whole[path], chance))
        try:
            load(folder)
        except WorldModelError as error:
            refused += 1
            assert isinstance(error, FileError | ConfigurationError), (number, error)
            assert isinstance(error, ConfigurationError) or "\n" not in str(error), (number, error)
        for each, content in whole.items():
            each.write_bytes(content)
    assert refused > MUTATIONS / 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
    load(folder)


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self):
        return os.mkdir, (str(self.proof),)


def bombs(proof: Path) -> dict[str, bytes]:
    saved, array, archive = io.BytesIO(), io.BytesIO(), io.BytesIO()
    torch.save({"state_dict": Bomb(proof)}, saved)
    np.save(array, np.array([Bomb(proof)], object), allow_pickle=True)
    np.savez(archive, a=np.array([Bomb(proof)], object))
    yaml = f"!!python/object/apply:os.mkdir ['{proof}']\n".encode()
    return {
        "pickle": pickle.dumps(Bomb(proof)),
        "torch": saved.getvalue(),
        "npy": array.getvalue(),
        "npz": archive.getvalue(),
        "yaml": yaml,
        "yaml value": b"trainer:\n  seed: " + yaml,
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bomb", ["pickle", "torch", "npy", "npz", "yaml", "yaml value"])
def test_bombs_do_not_go_off(kind, bomb, folder, tmp_path):
    find, load = KINDS[kind]
    proof = tmp_path / "proof"
    find(folder).write_bytes(bombs(proof)[bomb])
    # a last line of metrics that has no end is one that a killed process wrote
    with suppress(WorldModelError) if kind == "metrics" else pytest.raises(WorldModelError):
        load(folder)
    assert not proof.exists()


def test_the_bombs_are_real(tmp_path):
    pickle.loads(pickle.dumps(Bomb(tmp_path / "proof")))
    assert (tmp_path / "proof").exists()


def tensors(header: dict, length: int | None = None) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text


TERABYTE = {"dtype": "U8", "shape": [2**40], "data_offsets": [0, 2**40]}
NOTHING = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
ABSURD = {
    "a header of a terabyte": lambda header: tensors(header, 2**40),
    "an array of a terabyte": lambda header: tensors({"frames": TERABYTE}),
    "columns of a terabyte": lambda header: tensors(
        {name: each if name == "__metadata__" else TERABYTE for name, each in header.items()}
    ),
    "hundreds of thousands of arrays": lambda header: tensors(dict.fromkeys(map(str, range(300_000)), NOTHING)),
}


@pytest.mark.parametrize("name", ABSURD)
@pytest.mark.parametrize("kind", ["chunk", "weights, sealed"])
def test_absurd_claims_are_refused_before_anything_is_allocated(name, kind, folder):
    find, load = KINDS[kind]
    whole = find(folder).read_bytes()
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    find(folder).write_bytes(ABSURD[name](header))
    assert in_child(lambda: within_limit(lambda: load(folder))) == FileError.exit_code


@pytest.mark.parametrize("shape", [[10**6, 10**6, 3], [8192, 8192, 3]])
def test_a_world_too_large_to_be_shown(shape, folder):
    path = folder / "run" / "experience" / "spec.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"observation_shape": shape}))
    assert in_child(lambda: within_limit(lambda: open_experience(folder / "run"))) == FileError.exit_code


def test_frames_that_would_fill_the_memory(folder):
    """Eight kB of zstandard that unpack to a quarter of a GB, with digests that fit."""
    import zstandard

    spec = ExperienceFolder.open(folder / "run" / "experience").spec
    chunk = read_chunk(a_chunk(folder), spec)
    arrays = chunks.pack_chunk(chunk)
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(2**28))
    assert len(bomb) < 10_000
    arrays["frames"] = np.frombuffer(bomb * 2, "u1")
    arrays["offsets"] = np.array([0, len(bomb), 2 * len(bomb)])
    with chunks.safe_open(a_chunk(folder), framework="numpy") as file:
        metadata = {name: text for name, text in file.metadata().items() if name != "digest"}
    digest = chunks._digest(arrays, metadata)
    a_chunk(folder).write_bytes(save(arrays, metadata={**metadata, "digest": digest}))
    with pytest.raises(FileError, match=r"claim 268435456 bytes where 24576 were expected"):
        read_chunk(a_chunk(folder), spec)
    assert in_child(lambda: within_limit(lambda: read_chunk(a_chunk(folder), spec))) == FileError.exit_code


def within_limit(load) -> None:
    """Loads with no more than 200 MB of addresses left."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 200_000_000, resource.RLIM_INFINITY))
    load()
