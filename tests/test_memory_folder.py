import json
from dataclasses import replace

import pytest
from test_memory_life import PIXELS, FakeWorlds

from worldmodel.errors import FileError, StorageError
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.chunks import ChunkFile
from worldmodel.memory.folder import ExperienceFolder, Listing


def some_chunks(count):
    buffer = ReplayBuffer(PIXELS, 400, 1, chunk_steps=8)
    return list(FakeWorlds(buffer, 0, longest=20).live(8 * count).buffer.store.closed)[:count]


def test_says_which_world_it_is_from(tmp_path):
    path = tmp_path / "run" / "experience"
    assert ExperienceFolder.create(path, PIXELS).spec == PIXELS
    assert ExperienceFolder.open(path).spec == PIXELS
    ExperienceFolder.create(path, replace(PIXELS, protocol={"frame_skip": 1}))
    with pytest.raises(FileError, match="another environment or protocol"):
        ExperienceFolder.create(path, replace(PIXELS, protocol={"frame_skip": 4}))


def test_a_protocol_with_tuples_is_the_same_protocol_when_it_comes_back(tmp_path):
    spec = replace(PIXELS, protocol={"size": (64, 64)})
    ExperienceFolder.create(tmp_path, spec)
    ExperienceFolder.create(tmp_path, spec)


def test_listing_round_trip(tmp_path):
    folder = ExperienceFolder.create(tmp_path, PIXELS)
    files = [folder.write(chunk) for chunk in some_chunks(3)]
    listing = Listing(1, 8, files[:2], [files[2]])
    folder.write_listing(listing)
    assert folder.read_listing() == listing
    assert folder.read(files[1], compress=True).start == 8


def test_partial_files_are_replaced_and_never_evicted(tmp_path):
    folder = ExperienceFolder.create(tmp_path, PIXELS)
    chunks = some_chunks(2)
    partial = folder.write(chunks[1], partial=True)
    full = folder.write(chunks[0])
    folder.write_listing(Listing(1, 8, [full], [partial]))
    assert folder.unlisted({full.name}) == []
    assert folder.read(partial, compress=False).start == 8
    folder.write_listing(Listing(1, 8, [full], []))
    assert not (tmp_path / partial.name).exists()


def test_forgets_what_it_is_told_and_what_a_killed_process_left(tmp_path):
    folder = ExperienceFolder.create(tmp_path, PIXELS)
    files = [folder.write(chunk) for chunk in some_chunks(3)]
    (tmp_path / ".tmp-killed").write_bytes(b"half a file")
    (tmp_path / "notes.txt").write_text("mine")
    names = [file.name for file in files]
    assert folder.unlisted({names[2]}) == names[:2]
    folder.forget([names[0], "lane0000-gone.safetensors"])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[1:], "spec.json", "notes.txt"])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"observation_shape": 3}', b"\xff\xfe"])
def test_a_damaged_spec_or_index_is_a_file_error(tmp_path, content):
    (tmp_path / "spec.json").write_bytes(content)
    with pytest.raises(FileError, match=r"spec\.json"):
        ExperienceFolder.open(tmp_path)
    folder = ExperienceFolder(tmp_path, PIXELS)
    (tmp_path / "index.json").write_bytes(content)
    with pytest.raises(FileError, match=r"index\.json"):
        folder.read_listing()


def test_missing_files_are_file_errors(tmp_path):
    with pytest.raises(FileError, match=r"spec\.json cannot be read .*is this the folder of a run"):
        ExperienceFolder.open(tmp_path)
    with pytest.raises(FileError, match=r"index\.json cannot be read"):
        ExperienceFolder(tmp_path, PIXELS).read_listing()


def test_a_name_that_leads_out_of_the_folder_is_refused_even_where_a_good_file_lies(tmp_path):
    folder = ExperienceFolder.create(tmp_path / "experience", PIXELS)
    file = folder.write(some_chunks(1)[0])
    (tmp_path / file.name).write_bytes((folder.path / file.name).read_bytes())
    for name in (f"../{file.name}", str(tmp_path / file.name), f"./{file.name}"):
        with pytest.raises(FileError, match="is not the name of a chunk file"):
            folder.read(ChunkFile(name, file.digest, file.rows), compress=False)


def test_an_index_with_other_keys_is_damaged(tmp_path):
    folder = ExperienceFolder.create(tmp_path, PIXELS)
    entry = {"name": "x", "digest": "y", "rows": 1, "more": 2}
    (tmp_path / "index.json").write_text(json.dumps({"lanes": 1, "chunk_steps": 8, "chunks": [entry], "partial": []}))
    with pytest.raises(FileError, match="does not list chunk files"):
        folder.read_listing()


def test_a_file_in_the_way_of_the_folder_is_a_storage_error(tmp_path):
    (tmp_path / "experience").write_text("a file")
    with pytest.raises(StorageError, match="cannot be made"):
        ExperienceFolder.create(tmp_path / "experience", PIXELS)
