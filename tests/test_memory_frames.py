import numpy as np
import pytest
import zstandard

from worldmodel.errors import FileError
from worldmodel.memory.frames import RUN, CompressedFrames, RawFrames, make_frames, pack_run, unpack_run

SHAPE = (6, 5, 3)


def some_frames(count):
    return np.random.default_rng(0).integers(0, 256, (count, *SHAPE), np.uint8)


def read(frames, start, stop, like):
    out = np.full_like(like[start:stop], 77)
    frames.read(start, stop, out)
    return out


@pytest.mark.parametrize("kind", [RawFrames, CompressedFrames])
@pytest.mark.parametrize("capacity", [1, RUN - 1, RUN, RUN + 1, 3 * RUN + 5])
def test_any_stretch_reads_as_it_was_written(kind, capacity):
    source = some_frames(capacity)
    frames = kind(capacity, SHAPE, "uint8")
    for count, frame in enumerate(source, 1):
        reused = frame.copy()
        frames.append(reused)
        reused[:] = 0  # a world may reuse its array
        assert len(frames) == count
        if count % 7 == 0 or count == capacity:
            for start, stop in [(0, count), (count - 1, count), (count // 3, count // 3 + 1), (count // 3, count)]:
                assert np.array_equal(read(frames, start, stop, source), source[start:stop])


@pytest.mark.parametrize("source_kind", [RawFrames, CompressedFrames])
@pytest.mark.parametrize("kind", [RawFrames, CompressedFrames])
@pytest.mark.parametrize("count", [1, RUN, RUN + 9])
def test_runs_carry_frames_to_another_holder_that_can_go_on(source_kind, kind, count):
    frames = some_frames(2 * RUN)
    source, target = source_kind(2 * RUN, SHAPE, "uint8"), kind(2 * RUN, SHAPE, "uint8")
    for frame in frames[:count]:
        source.append(frame)
    for index, run in enumerate(source.runs()):
        target.append_run(run, min(RUN, count - index * RUN))
    for frame in frames[count:]:
        target.append(frame)
    assert np.array_equal(read(target, 0, 2 * RUN, frames), frames)


def test_both_kinds_give_the_same_runs():
    frames = some_frames(RUN + 3)
    kinds = [kind(2 * RUN, SHAPE, "uint8") for kind in (RawFrames, CompressedFrames)]
    for kind in kinds:
        for frame in frames:
            kind.append(frame)
    assert kinds[0].runs() == kinds[1].runs()
    assert len(kinds[0].runs()) == 2


def test_compression_saves_memory_and_frees_the_open_run():
    raw, compressed = RawFrames(64, SHAPE, "uint8"), CompressedFrames(64, SHAPE, "uint8")
    for frames in (raw, compressed):
        for _ in range(64):
            frames.append(np.zeros(SHAPE, np.uint8))
    assert raw.nbytes == 64 * 90
    assert compressed.nbytes < 100


def test_the_last_run_is_compressed_too_when_nothing_more_fits():
    frames = CompressedFrames(RUN + 8, SHAPE, "uint8")
    for _ in range(RUN + 8):
        frames.append(np.zeros(SHAPE, np.uint8))
    assert frames.nbytes < 100


def test_vectors_are_never_compressed():
    assert isinstance(make_frames(8, (5,), "float32", True), RawFrames)
    assert isinstance(make_frames(8, SHAPE, "uint8", True), CompressedFrames)
    assert isinstance(make_frames(8, SHAPE, "uint8", False), RawFrames)


def bad_runs():
    good = pack_run(some_frames(4))
    flipped = bytearray(good)
    flipped[len(flipped) // 2] ^= 1
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(4 * 90))
    return {
        "empty": b"",
        "no zstandard": b"hello, this is not compressed",
        "cut": good[:-1],
        "flipped": bytes(flipped),
        "more behind": good + b"x",
        "too many": pack_run(some_frames(5)),
        "too few": pack_run(some_frames(3)),
        "no size": unsized,
    }


@pytest.mark.parametrize("name", bad_runs())
def test_damaged_runs_are_refused(name):
    with pytest.raises(FileError, match="compressed frames"):
        unpack_run(bad_runs()[name], 4, SHAPE, np.dtype("uint8"))


def test_a_bomb_is_refused_before_it_is_decompressed(monkeypatch):
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(1 << 24))
    assert len(bomb) < 4096
    # replaced only to prove that it is never reached
    monkeypatch.setattr(zstandard, "ZstdDecompressor", lambda: pytest.fail("was decompressed"))
    with pytest.raises(FileError, match="claim 16777216 bytes where 360"):
        unpack_run(bomb, 4, SHAPE, np.dtype("uint8"))
