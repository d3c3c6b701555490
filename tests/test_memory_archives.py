import io
import json
import random
import zipfile

import numpy as np
import pytest
from some_life import SPECS, same, some_episodes

from worldmodel.errors import FileError
from worldmodel.memory.archives import read_archive, write_archive
from worldmodel.memory.whole_episodes import write_life


def read(path):
    spec, episodes = read_archive(path)
    return spec, [episode for _, episode in episodes]


@pytest.fixture(params=SPECS)
def archive(request, tmp_path):
    spec = SPECS[request.param]
    assert write_archive(tmp_path / "life.npz", spec, some_episodes(spec)) == 47
    return tmp_path / "life.npz", spec


def test_what_is_written_comes_back(archive):
    path, spec = archive
    found, episodes = read(path)
    assert found == spec and same(episodes, some_episodes(spec))


def test_any_numpy_reads_it(archive):
    with np.load(archive[0]) as arrays:
        assert {name: arrays[name].shape[:1] for name in arrays} == {
            "spec": (),
            **dict.fromkeys(("observation", "episode", "action", "reward", "terminated"), (47,)),
        }


def rewritten(path, **changes):
    with np.load(path) as loaded:
        arrays = {name: loaded[name].copy() for name in loaded}
    for name, change in changes.items():
        arrays[name] = change(arrays[name]) if callable(change) else change
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def put(place, value):
    def change(array):
        array[place] = value
        return array

    return change


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reward": None}, "must hold the arrays"),
        ({"more": np.zeros(3)}, "must hold the arrays"),
        ({"reward": lambda a: a.astype("f8")}, r"array reward is <f8 \[47\], expected <f4 \[47\]"),
        ({"action": lambda a: a[:-1]}, r"array action is <i8 \[46\], expected <i8 \[47\]"),
        ({"observation": np.float32(3)}, r"expected <i8 \[0\]"),
        ({"episode": put(3, 9)}, "do not all follow each other"),
        ({"terminated": put(2, True)}, r"episode 0 \(from row 0\), row 2: the episode terminated and goes on"),
        ({"action": put(10, 77)}, r"episode 2 \(from row 7\), row 3: an action that is none"),
        ({"spec": np.array("{}")}, "does not describe a world"),
        ({"spec": np.array("[" * 5000)}, "does not describe a world"),
        ({"spec": np.zeros(3)}, "does not describe a world"),
        ({"reward": np.array([None] * 47, object)}, "no npz file of plain arrays"),
    ],
)
def test_what_does_not_fit_is_named(changes, words, archive, tmp_path):
    rewritten(archive[0], **changes)
    with pytest.raises(FileError, match=words) as raised:
        spec, episodes = read_archive(archive[0])
        write_life(episodes, spec, tmp_path / "run")
    assert "\n" not in str(raised.value)


def test_compressed_files_are_refused_unread(archive):
    with np.load(archive[0]) as loaded:
        arrays = {name: loaded[name] for name in loaded}
    np.savez_compressed(archive[0], **{**arrays, "observation": np.zeros((2**12, 64, 64, 3), "u1")})
    assert archive[0].stat().st_size < 200_000
    with pytest.raises(FileError, match=r"is compressed; write it again with numpy\.savez"):
        read_archive(archive[0])


def test_a_header_that_claims_a_terabyte(archive):
    header = io.BytesIO()
    claim = {"descr": "|u1", "fortran_order": False, "shape": (2**40,)}
    np.lib.format.write_array_header_1_0(header, claim)
    with np.load(archive[0]) as loaded:
        arrays = {name: loaded[name] for name in loaded}
    with zipfile.ZipFile(archive[0], "w") as out:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array)
            out.writestr(f"{name}.npy", header.getvalue() if name == "reward" else content.getvalue())
    with pytest.raises(FileError):
        read_archive(archive[0])


def test_names_that_lead_elsewhere(archive):
    with zipfile.ZipFile(archive[0], "a") as out:
        out.writestr("../../evil.npy", b"x")
    with pytest.raises(FileError, match="and nothing else"):
        read_archive(archive[0])


def test_any_damage_is_a_file_error(archive, tmp_path):
    path, _ = archive
    whole, chance, refused = path.read_bytes(), random.Random(0), 0
    for number in range(300):
        damaged = bytearray(whole)
        at = chance.randrange(len(whole))
        if number % 3 == 0:
            damaged[at] ^= 1 << chance.randrange(8)
        elif number % 3 == 1:
            del damaged[at:]
        else:
            damaged[at : at + 20] = chance.randbytes(20)
        path.write_bytes(damaged)
        try:
            _, episodes = read_archive(path)
            list(episodes)
        except FileError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 200


def test_nothing_to_write(tmp_path):
    with pytest.raises(FileError, match="no whole episode"):
        write_archive(tmp_path / "x.npz", SPECS["vectors"], [])
    with pytest.raises(FileError, match="cannot be read"):
        read_archive(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_text(json.dumps({}))
    with pytest.raises(FileError, match="is damaged or no npz file"):
        read_archive(tmp_path / "y.npz")
