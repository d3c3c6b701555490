import json
import random
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save
from test_memory_life import PIXELS, VECTOR, FakeWorlds

from worldmodel.errors import FileError, StorageError
from worldmodel.memory import chunks
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.chunks import COLUMNS, pack_chunk, read_chunk, unpack_chunk, write_chunk


def some_chunk(spec=PIXELS, compress=False, rows=40):
    buffer = ReplayBuffer(spec, 400, 2, chunk_steps=40, compress=compress)
    FakeWorlds(buffer, 3, longest=12).live(rows)
    chunk = buffer.store.closed[1]
    assert (chunk.lane, len(chunk)) == (1, 40)
    return chunk


def same(one, other):
    frames = [np.empty((len(one), *PIXELS.observation_shape), np.uint8) for _ in range(2)]
    for chunk, out in zip((one, other), frames, strict=True):
        chunk.frames.read(0, len(chunk), out)
    rows = all(np.array_equal(one.rows[name], other.rows[name]) for name in COLUMNS)
    return (one.lane, one.start) == (other.lane, other.start) and rows and np.array_equal(*frames)


@pytest.mark.parametrize("written", [False, True], ids=["raw", "compressed"])
@pytest.mark.parametrize("read", [False, True], ids=["raw", "compressed"])
def test_round_trip(tmp_path, written, read):
    chunk = some_chunk(compress=written)
    file = write_chunk(chunk, tmp_path, PIXELS)
    assert file.rows == 40
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    back = read_chunk(tmp_path / file.name, PIXELS, file.digest, compress=read)
    assert same(chunk, back)
    assert back.file == file
    assert back.full
    assert write_chunk(back, tmp_path, PIXELS) == file


def test_round_trip_of_vectors(tmp_path):
    chunk = some_chunk(VECTOR, rows=60)
    file = write_chunk(chunk, tmp_path, VECTOR)
    back = read_chunk(tmp_path / file.name, VECTOR, file.digest)
    assert np.array_equal(chunk.frames.frames, back.frames.frames)
    assert back.frames.frames.dtype == np.float32


def test_a_chunk_that_is_not_full_can_go_on():
    chunk = some_chunk(compress=True)
    part = {name: array[:35] for name, array in pack_chunk(chunk).items() if name in COLUMNS}
    shorter = chunks.Chunk.empty(PIXELS, 1, 0, 40, True)
    out = np.empty((40, 4, 4, 3), np.uint8)
    chunk.frames.read(0, 40, out)
    for frame, row in zip(out[:35], chunk.rows[:35], strict=True):
        shorter.rows[len(shorter)] = row
        shorter.frames.append(frame)
    arrays = pack_chunk(shorter)
    assert all(np.array_equal(arrays[name], part[name]) for name in part)
    back = unpack_chunk(arrays, PIXELS, 1, 0, capacity=40, compress=True)
    assert (len(back), back.full, back.stop) == (35, False, 35)
    for frame, row in zip(out[35:], chunk.rows[35:], strict=True):
        back.rows[len(back)] = row
        back.frames.append(frame)
    assert same(back, chunk)


def rewrite(path, change=None, metadata=None):
    """The same file with other arrays or metadata and a right digest: what only the checks behind it can catch."""
    arrays = load(path.read_bytes())
    header = json.loads(path.read_bytes()[8 : 8 + int.from_bytes(path.read_bytes()[:8], "little")])
    meta = {**header["__metadata__"], **(metadata or {})}
    if change:
        change(arrays)
    meta.pop("digest")
    meta["digest"] = chunks._digest(arrays, meta)
    path.write_bytes(save(arrays, metadata=meta))


def put(name, value, at=5):
    def change(arrays):
        arrays[name] = arrays[name].copy()
        arrays[name][at] = value

    return change


WRONG_ARRAYS = {
    "array missing": (lambda a: a.pop("reward"), "it holds the arrays"),
    "array too many": (lambda a: a.update(more=np.zeros(3)), "it holds the arrays"),
    "other dtype": (lambda a: a.update(reward=a["reward"].astype("f8")), "array reward is F64"),
    "shorter column": (lambda a: a.update(action=a["action"][:-1].copy()), "array action is <i8 .39."),
    "two-dimensional": (lambda a: a.update(first=a["first"][:, None].copy()), "array first"),
    "no rows": (lambda a: a.update({name: a[name][:0].copy() for name in COLUMNS}), "it holds 0 rows"),
    "scalar": (lambda a: a.update(step=np.array(40)), "it holds 0 rows"),
    "unknown action": (put("action", 5), "none of the 5 actions"),
    "negative action": (put("action", -1), "none of the 5 actions"),
    "endless reward": (put("reward", np.inf), "not finite"),
    "step out of order": (put("step", 1000), "out of order"),
    "episode out of order": (put("episode", 1000), "out of order"),
    "offsets backwards": (put("offsets", 10**9, 1), "offsets"),
    "offsets too short": (put("offsets", 3, 2), "offsets"),
    "cut frames": (lambda a: a.update(frames=a["frames"][:-1].copy()), "offsets"),
    "other frames": (put("frames", 0, 0), "compressed frames"),
}


@pytest.mark.parametrize("name", WRONG_ARRAYS)
def test_arrays_that_do_not_fit_are_refused_even_with_a_right_digest(tmp_path, name):
    change, message = WRONG_ARRAYS[name]
    path = tmp_path / write_chunk(some_chunk(), tmp_path, PIXELS).name
    rewrite(path, change)
    with pytest.raises(FileError, match=message) as caught:
        read_chunk(path, PIXELS)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


WRONG_METADATA = {
    "other format": ({"format": "another"}, "it is another version 1"),
    "newer version": ({"version": "2"}, "this program reads worldmodel.chunk version 1"),
    "other environment": ({"environment": "fake/Other"}, "its environment is fake/Other, expected was fake/Counter"),
    "other run length": ({"frames_per_run": "64"}, "frames_per_run"),
    "no lane": ({"lane": "x"}, "not a number"),
    "negative row": ({"start": "-8"}, "not a number"),
    "other range": ({"stop": "4000"}, "rows and holds 40"),
}


@pytest.mark.parametrize("name", WRONG_METADATA)
def test_metadata_that_does_not_fit_is_refused(tmp_path, name):
    metadata, message = WRONG_METADATA[name]
    path = tmp_path / write_chunk(some_chunk(), tmp_path, PIXELS).name
    rewrite(path, metadata=metadata)
    with pytest.raises(FileError, match=message):
        read_chunk(path, PIXELS)


def test_a_file_of_another_world_is_refused(tmp_path):
    path = tmp_path / write_chunk(some_chunk(), tmp_path, PIXELS).name
    with pytest.raises(FileError, match="observation_shape"):
        read_chunk(path, replace(PIXELS, observation_shape=(8, 4, 3)))
    with pytest.raises(FileError, match="observation_dtype"):
        read_chunk(path, replace(PIXELS, observation_dtype="float32"))
    with pytest.raises(FileError, match="none of the 2 actions"):
        read_chunk(path, replace(PIXELS, actions=("a", "b")))
    with pytest.raises(FileError, match="it is another recording"):
        read_chunk(path, PIXELS, "0" * 32)
    with pytest.raises(FileError, match="is missing"):
        read_chunk(tmp_path / "lane0000.safetensors", PIXELS)


def test_the_digest_covers_the_metadata(tmp_path):
    path = tmp_path / write_chunk(some_chunk(), tmp_path, PIXELS).name
    content = path.read_bytes()
    assert content.count(b'"lane":"1"') == 1
    path.write_bytes(content.replace(b'"lane":"1"', b'"lane":"0"'))
    with pytest.raises(FileError, match="does not match its digest"):
        read_chunk(path, PIXELS)


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    path = tmp_path / write_chunk(some_chunk(), tmp_path, PIXELS).name
    monkeypatch.setattr(chunks, "MAX_ROWS", 39)
    with pytest.raises(FileError, match="40 rows"):
        read_chunk(path, PIXELS)


def test_any_flipped_bit_and_any_truncation_is_a_file_error(tmp_path):
    file = write_chunk(some_chunk(), tmp_path, PIXELS)
    path, good = tmp_path / file.name, (tmp_path / file.name).read_bytes()
    rng = random.Random(0)
    for _ in range(200):
        bad = bytearray(good)
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(bad))
        with pytest.raises(FileError):
            read_chunk(path, PIXELS, file.digest)
    for size in [0, 1, 7, 8, 9, *(rng.randrange(len(good)) for _ in range(50)), len(good) - 1]:
        path.write_bytes(good[:size])
        with pytest.raises(FileError):
            read_chunk(path, PIXELS)
    path.write_bytes(good)
    assert len(read_chunk(path, PIXELS, file.digest)) == 40


def test_a_folder_that_is_gone_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        write_chunk(some_chunk(), tmp_path / "gone", PIXELS)


def test_the_name_says_what_it_is_and_changes_with_the_content(tmp_path):
    chunk = some_chunk()
    one = write_chunk(chunk, tmp_path, PIXELS)
    assert one.name.startswith("lane0001-row0000000000-")
    before = chunk.rows["reward"][3]
    chunk.rows["reward"][3] += 1
    other = write_chunk(chunk, tmp_path, PIXELS, partial=True)
    assert other.name.endswith("-partial.safetensors")
    assert one.digest != other.digest
    assert read_chunk(tmp_path / one.name, PIXELS).rows["reward"][3] == before
