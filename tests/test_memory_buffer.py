import copy
import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from test_memory_life import PIXELS, VECTOR, FakeWorlds, check_movie

from worldmodel.errors import ConfigurationError, FileError, NumericalError, StorageError
from worldmodel.experience import Movie, Step
from worldmodel.memory.buffer import ReplayBuffer, open_experience
from worldmodel.memory.chunks import ROW
from worldmodel.memory.movies import sample_movies
from worldmodel.memory.orders import Uniform

LANES = 2


def new_buffer(folder=None, capacity=96, compress=False, lanes=LANES, spec=PIXELS):
    return ReplayBuffer(spec, capacity, lanes, chunk_steps=8, compress=compress, folder=folder)


def step_of(first=False, terminated=False, truncated=False, reward=0.0, value=0, spec=PIXELS):
    flags = {"first": first, "terminated": terminated, "truncated": truncated}
    return Step(
        observation=np.full((LANES, *spec.observation_shape), value, spec.observation_dtype),
        reward=np.full(LANES, reward, np.float32),
        game_over=np.full(LANES, terminated),
        **{name: np.full(LANES, flag) for name, flag in flags.items()},
    )


def rows_of(buffer, lane):
    start, stop = int(buffer.index.start[lane]), int(buffer.index.stop[lane])
    rows, frames = np.zeros(stop - start, ROW), np.zeros((stop - start, *PIXELS.observation_shape), np.uint8)
    buffer.store.read(lane, start, rows, frames)
    return rows


def sample(buffer, seed=0):
    return sample_movies(buffer, Uniform(), np.random.default_rng(seed), 8, 10, 3)


def equal(one, other):
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in Movie.__dataclass_fields__)


def test_one_short_episode_row_by_row():
    buffer = new_buffer()
    buffer.record(step_of(first=True))
    buffer.answer([1, 4])
    buffer.record(step_of(reward=2))
    buffer.answer(np.array([3, 0]))
    buffer.record(step_of(reward=3, terminated=True))
    buffer.record(step_of(first=True), only=np.array([False, True]))
    rows = rows_of(buffer, 1)
    assert rows["action"].tolist() == [4, 0, 0, 0]
    assert rows["reward"].tolist() == [0, 2, 3, 0]
    assert rows["episode"].tolist() == [1, 1, 1, 2]
    assert rows["step"].tolist() == [0, 1, 2, 0]
    assert rows["environment_step"].tolist() == [0, 2, 4, 4]
    assert rows["terminated"].tolist() == [False, False, True, False]
    assert rows["first"].tolist() == [True, False, False, True]
    assert not rows["truncated"].any()
    assert rows_of(buffer, 0)["action"].tolist() == [1, 3, 0]
    assert (len(buffer), buffer.episodes, buffer.environment_steps, buffer.episodes_begun) == (7, 3, 4, 3)


def test_a_first_row_truncates_an_episode_that_was_still_open():
    buffer = new_buffer()
    buffer.record(step_of(first=True))
    buffer.answer([1, 1])
    buffer.record(step_of(first=True))
    rows = rows_of(buffer, 0)
    assert rows["truncated"].tolist() == [True, False]
    assert rows["action"].tolist() == [0, 0]
    assert rows["episode"].tolist() == [0, 2]


def test_open_episodes_can_be_closed():
    buffer = new_buffer()
    buffer.record(step_of(first=True))
    buffer.answer([2, 2])
    buffer.record(step_of(terminated=True), only=np.array([True, False]))
    buffer.close_open_episodes()
    assert rows_of(buffer, 0)["truncated"].tolist() == [False, False]
    assert rows_of(buffer, 1)["truncated"].tolist() == [True]
    assert rows_of(buffer, 1)["action"].tolist() == [0]
    with pytest.raises(ValueError, match="lane 0 has no open episode"):
        buffer.record(step_of())
    buffer.record(step_of(first=True))


def test_misuse_is_refused():
    buffer = new_buffer()
    with pytest.raises(ValueError, match="no open episode"):
        buffer.answer([0, 0])
    with pytest.raises(ValueError, match="no open episode"):
        buffer.record(step_of())
    buffer.record(step_of(first=True))
    with pytest.raises(ValueError, match="action 5 is none of 5"):
        buffer.answer([0, 5])
    with pytest.raises(ValueError, match="observations are"):
        buffer.record(step_of(spec=VECTOR))
    buffer.record(step_of(terminated=True))
    with pytest.raises(ValueError, match="no open episode"):
        buffer.answer([0, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_never_stored(bad):
    buffer = new_buffer(spec=VECTOR)
    buffer.record(step_of(first=True, spec=VECTOR))
    step = step_of(spec=VECTOR)
    step.observation[1, 3] = bad
    with pytest.raises(NumericalError, match="environment 1 of fake/Counter gave an observation"):
        buffer.record(step)
    with pytest.raises(NumericalError, match="gave a reward that is not finite after 0 environment steps"):
        buffer.record(step_of(reward=bad, spec=VECTOR))
    assert len(buffer) == 2
    assert buffer.environment_steps == 0


def test_a_bad_number_in_a_lane_that_is_not_recorded_does_no_harm():
    buffer = new_buffer()
    step = step_of(first=True)
    step.reward[1] = np.nan
    buffer.record(step, only=np.array([True, False]))
    assert len(buffer) == 1


def test_capacity_must_hold_the_open_chunks():
    with pytest.raises(ConfigurationError, match=r"capacity is 15, less than one chunk of 8 .*set it to 16"):
        new_buffer(capacity=15)
    with pytest.raises(ConfigurationError, match="chunk_steps is 0"):
        ReplayBuffer(PIXELS, 10, 1, chunk_steps=0)


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("rounds", [1, 11, 16, 17, 200])
def test_a_restored_buffer_samples_and_goes_on_identically(tmp_path, compress, on_disk, rounds):
    folder = tmp_path / "experience" if on_disk else None
    buffer = new_buffer(folder, compress=compress)
    worlds = FakeWorlds(buffer, 5, longest=20).live(rounds)
    state = copy.deepcopy(buffer.state_dict())
    restored = new_buffer(folder, compress=not compress)
    restored.load_state_dict(state)
    assert (len(restored), restored.episodes) == (len(buffer), buffer.episodes)
    twin = copy.copy(worlds)
    twin.episode, twin.step, twin.buffer = worlds.episode.copy(), worlds.step.copy(), restored
    twin.begun, twin.lived = list(worlds.begun), dict(worlds.lived)
    for _ in range(5):
        if len(buffer) >= 10:
            assert equal(sample(buffer), sample(restored))
            check_movie(sample(restored), twin, 10, 3)
        worlds.live(13)
        twin.live(13)
        assert restored.environment_steps == buffer.environment_steps
        assert restored.episodes_begun == buffer.episodes_begun


def test_loading_refuses_another_number_of_environments():
    state = FakeWorlds(new_buffer(), 0).live(20).buffer.state_dict()
    with pytest.raises(FileError, match="has 2 environments, the settings say 3"):
        new_buffer(lanes=3).load_state_dict(state)


def test_loading_refuses_damage_and_leaves_the_buffer_as_it_was(tmp_path):
    state = FakeWorlds(new_buffer(tmp_path), 0).live(40).buffer.state_dict()
    path = tmp_path / state["closed"][3]["file"]
    content = bytearray(path.read_bytes())
    content[-5] ^= 4
    path.write_bytes(bytes(content))
    buffer = FakeWorlds(new_buffer(), 1).live(3).buffer
    buffer.folder = new_buffer(tmp_path).folder
    before = len(buffer)
    with pytest.raises(FileError, match="cannot be used"):
        buffer.load_state_dict(state)
    path.unlink()
    with pytest.raises(FileError, match=f"{path.name} is missing"):
        buffer.load_state_dict(state)
    assert len(buffer) == before


def chunk_names(folder):
    return {name for name in os.listdir(folder) if name.startswith("lane") and "partial" not in name}


def test_evicted_files_are_listed_and_stay_while_a_checkpoint_names_them(tmp_path):
    buffer = new_buffer(tmp_path)
    worlds = FakeWorlds(buffer, 0, longest=20).live(40)
    kept = buffer.state_dict()
    named = {entry["file"] for entry in kept["closed"]}
    worlds.live(200)
    current = {entry["file"] for entry in buffer.state_dict()["closed"]}
    assert set(buffer.evicted) == chunk_names(tmp_path) - current > named - current
    buffer.forget_evicted(named)
    assert chunk_names(tmp_path) == current | named
    new_buffer(tmp_path).load_state_dict(kept)
    buffer.forget_evicted(set())
    assert chunk_names(tmp_path) == current


def test_files_do_not_pile_up(tmp_path):
    buffer = new_buffer(tmp_path)
    worlds = FakeWorlds(buffer, 0, longest=20)
    counts = []
    for _ in range(6):
        worlds.live(60)
        buffer.flush()
        buffer.forget_evicted(set())
        counts.append(len(os.listdir(tmp_path)))
    assert max(counts[2:]) <= 96 // 8 + LANES + 2


def test_rows_lived_after_a_checkpoint_do_not_leak_into_what_resumes_from_it(tmp_path):
    folder = tmp_path / "experience"
    worlds = FakeWorlds(new_buffer(folder, 400), 0, longest=20).live(30)
    state = copy.deepcopy(worlds.buffer.state_dict())
    lived_then = len(worlds.buffer)
    worlds.live(60)
    worlds.buffer.flush()
    resumed = new_buffer(folder, 400)
    resumed.load_state_dict(state)
    assert len(resumed) == lived_then
    opened = open_experience(tmp_path)
    assert len(opened) == lived_then
    assert resumed.evicted
    resumed.forget_evicted(set())
    assert resumed.evicted == []
    assert len(open_experience(tmp_path)) == lived_then


@pytest.mark.parametrize("compress", [False, True])
def test_a_recorded_life_can_be_opened_without_a_world(tmp_path, compress):
    buffer = new_buffer(tmp_path / "experience", 400)
    worlds = FakeWorlds(buffer, 0, longest=20).live(70)
    buffer.flush()
    opened = open_experience(tmp_path, compress=compress)
    assert opened.spec == PIXELS
    assert (len(opened), opened.episodes_begun) == (len(buffer), buffer.episodes_begun)
    assert opened.environment_steps == buffer.environment_steps
    buffer.close_open_episodes()
    for lane in range(LANES):
        assert np.array_equal(rows_of(opened, lane), rows_of(buffer, lane))
    movie = sample_movies(opened, Uniform(), np.random.default_rng(0), 8, 10, 3)
    assert movie.mask.any()
    assert worlds.steps == opened.environment_steps


def test_only_the_newest_rows_are_opened_where_capacity_is_small(tmp_path):
    buffer = FakeWorlds(new_buffer(tmp_path / "experience", 400), 0).live(90).buffer
    buffer.flush()
    opened = open_experience(tmp_path, 50)
    assert 50 - 8 < len(opened) <= 50
    assert np.array_equal(opened.index.stop, buffer.index.stop)


def test_an_opened_life_is_never_changed(tmp_path):
    folder = tmp_path / "experience"
    worlds = FakeWorlds(new_buffer(folder, 400), 0).live(90)
    worlds.buffer.flush()
    (folder / "lane0009-row0000000000-abc.safetensors").write_bytes(b"of somebody else")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    opened = open_experience(tmp_path)
    state = opened.state_dict()
    assert all("file" in entry for entry in state["closed"]) and not state["open"]
    opened.flush()
    opened.forget_evicted(set())
    with pytest.raises(ValueError, match="reading only"):
        opened.record(step_of(first=True))
    again = open_experience(tmp_path)
    again.load_state_dict(state)
    assert equal(sample(again), sample(opened))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_partial_file_gives_way_to_the_full_one(tmp_path):
    folder = tmp_path / "experience"
    buffer = new_buffer(folder, 400)
    worlds = FakeWorlds(buffer, 0).live(5)
    buffer.flush()
    buffer.flush()
    assert len(list(folder.glob("*-partial.safetensors"))) == LANES
    worlds.live(4)
    assert not list(folder.glob("*-partial.safetensors"))
    assert len(open_experience(tmp_path)) == LANES * 8
    assert len(buffer) > LANES * 8


def test_opening_what_is_not_there_is_a_file_error(tmp_path):
    with pytest.raises(FileError, match="is this the folder of a run"):
        open_experience(tmp_path)
    new_buffer(tmp_path / "experience")
    with pytest.raises(FileError, match=r"index\.json"):
        open_experience(tmp_path)


def test_a_full_disk_is_a_storage_error_and_loses_nothing_in_memory(tmp_path, monkeypatch):
    buffer = new_buffer(tmp_path)
    worlds = FakeWorlds(buffer, 0, longest=60, shortest=40).live(6)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        worlds.live(20)
    assert len(buffer) == 16
    restored = new_buffer()
    restored.load_state_dict(buffer.state_dict())
    assert len(restored) == 16
    assert not list(tmp_path.glob("lane*"))


def test_a_folder_of_another_world_is_refused(tmp_path):
    new_buffer(tmp_path)
    with pytest.raises(FileError, match="another environment"):
        new_buffer(tmp_path, spec=replace(PIXELS, environment="fake/Other"))
