import builtins
import sys

import gymnasium
import numpy as np
import pytest
from some_life import SPECS, same, some_episodes

from worldmodel.errors import ConfigurationError, FileError
from worldmodel.studies.minari_datasets import SPEC, read_dataset, write_dataset


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "minari"]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def missing(name, *arguments, **keywords):
        if name.split(".")[0] == "minari":
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", missing)
    monkeypatch.setitem(sys.modules, "minari", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'worldmodel\[minari\]'"):
        write_dataset(tmp_path / "set", SPECS["vectors"], [])


class TestWithMinari:
    """What needs the package."""

    @pytest.fixture(autouse=True)
    def minari(self):
        return pytest.importorskip("minari")

    @pytest.mark.parametrize("kind", SPECS)
    def test_what_is_written_comes_back(self, kind, tmp_path):
        spec, episodes = SPECS[kind], some_episodes(SPECS[kind])
        assert write_dataset(tmp_path / "set", spec, episodes) == 47
        found, read = read_dataset(tmp_path / "set")
        assert found == spec and same([episode for _, episode in read], episodes)

    def test_minari_itself_reads_it(self, minari, tmp_path):
        spec = SPECS["vectors"]
        episodes = some_episodes(spec)
        write_dataset(tmp_path / "set", spec, episodes)
        dataset = minari.MinariDataset(tmp_path / "set")
        assert (dataset.total_episodes, dataset.total_steps) == (3, 44)
        for ours, theirs in zip(episodes, dataset.iterate_episodes(), strict=True):
            assert np.array_equal(theirs.observations, ours.observation)
            assert np.array_equal(theirs.actions, ours.action[:-1])
            assert np.allclose(theirs.rewards, ours.reward[1:])
            assert theirs.terminations[-1] == ours.terminated == (not theirs.truncations[-1])
            assert not theirs.terminations[:-1].any() and not theirs.truncations[:-1].any()

    def foreign(self, path, shown, choice, **episode):
        from minari.data_collector import EpisodeBuffer
        from minari.dataset.minari_storage import MinariStorage

        storage = MinariStorage.new(path, shown, choice, None, "hdf5")
        usual = {"rewards": [1.0, 2.0], "terminations": [False, True], "truncations": [False, False]}
        storage.update_episodes([EpisodeBuffer(id=0, **(usual | episode))])
        return path

    def test_a_data_set_of_somebody_else(self, tmp_path):
        shown, actions = gymnasium.spaces.Box(-1, 1, (2, 3), np.float64), gymnasium.spaces.Discrete(2, start=5)
        rows = [np.full((2, 3), 0.25 * t) for t in range(3)]
        path = self.foreign(tmp_path / "set", shown, actions, observations=rows, actions=[np.int64(6), np.int64(5)])
        spec, episodes = read_dataset(path)
        ((place, episode),) = episodes
        assert (spec.observation_shape, spec.observation_dtype, spec.actions) == ((6,), "float32", ("0", "1"))
        assert episode.action.tolist() == [1, 0, 0] and episode.reward.tolist() == [0, 1, 2]
        assert episode.observation[:, 0].tolist() == [0, 0.25, 0.5] and episode.terminated and "episode 0" in place

    def test_actions_that_are_no_choice_are_refused(self, tmp_path):
        box = gymnasium.spaces.Box(-1, 1, (1,), np.float32)
        rows = [np.zeros(1, np.float32)] * 3
        path = self.foreign(tmp_path / "set", box, box, observations=rows, actions=rows[:2])
        with pytest.raises(FileError, match="only Box and Discrete are supported"):
            read_dataset(path)

    def test_a_damaged_one(self, tmp_path):
        write_dataset(tmp_path / "set", SPECS["vectors"], some_episodes(SPECS["vectors"]))
        file = next((tmp_path / "set").rglob("*.hdf5"))
        file.write_bytes(file.read_bytes()[:3000])
        with pytest.raises(FileError, match="no Minari data set that can be read") as raised:
            list(read_dataset(tmp_path / "set")[1])
        assert "\n" not in str(raised.value)

    def test_what_is_there_is_never_overwritten(self, tmp_path):
        with pytest.raises(FileError, match="exists already"):
            write_dataset(tmp_path, SPECS["vectors"], [])
        with pytest.raises(FileError, match="no whole episode"):
            write_dataset(tmp_path / "set", SPECS["vectors"], [])
        with pytest.raises(FileError, match="is not the folder"):
            read_dataset(tmp_path / "nowhere")

    def test_the_world_travels_along(self, minari, tmp_path):
        write_dataset(tmp_path / "set", SPECS["pictures"], some_episodes(SPECS["pictures"]))
        assert "frame_skip" in minari.MinariDataset(tmp_path / "set").storage.metadata[SPEC]
