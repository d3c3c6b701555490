import dataclasses

import numpy as np
import pytest
from some_life import SPECS, same, some_episodes

from worldmodel.errors import FileError
from worldmodel.memory import open_experience
from worldmodel.memory.whole_episodes import check_episode, whole_episodes, write_life

SPEC = SPECS["vectors"]


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("chunk_steps", [3, 1000])
def test_what_is_written_comes_back(kind, chunk_steps, tmp_path):
    episodes = some_episodes(SPECS[kind])
    rows = write_life([(str(i), each) for i, each in enumerate(episodes)], SPECS[kind], tmp_path, chunk_steps)
    life = open_experience(tmp_path)
    assert (rows, len(life), life.environment_steps, life.episodes_begun) == (47, 47, 44, 3)
    assert same(list(whole_episodes(life)), episodes)


def test_episodes_of_which_the_first_rows_were_forgotten_are_left_out(tmp_path):
    episodes = some_episodes(SPEC, (5, 6, 40))
    write_life([("", each) for each in episodes], SPEC, tmp_path, chunk_steps=4)
    assert same(list(whole_episodes(open_experience(tmp_path, capacity=47))), episodes[1:])


def test_episodes_of_one_row_are_left_out(counter_run):
    found = list(whole_episodes(open_experience(counter_run)))
    assert [len(each.action) for each in found] == [11] * 20
    assert [each.terminated for each in found] == [True] * 20


WRONG = {
    "action": (lambda e: e.action.__setitem__(3, 2), r"here, row 3: an action that is none of 2"),
    "negative action": (lambda e: e.action.__setitem__(2, -1), r"here, row 2: an action"),
    "reward": (lambda e: e.reward.__setitem__(slice(4, 6), np.nan), r"here, row 4: a reward that is not finite|row 4"),
    "first reward": (lambda e: e.reward.__setitem__(0, 1.0), r"here, row 0: a reward before anything was done"),
    "observation": (lambda e: e.observation.__setitem__((7, 1), np.inf), r"here, row 7: an observation"),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_first_wrong_row_is_named(name):
    spoil, words = WRONG[name]
    (episode,) = some_episodes(SPEC, (10,))
    check_episode(episode, SPEC, "here")
    spoil(episode)
    with pytest.raises(FileError, match=words):
        check_episode(episode, SPEC, "here")


@pytest.mark.parametrize(
    "changes",
    [
        {"observation": np.zeros((10, 5), np.float32)},
        {"observation": np.zeros((10, 4), np.float64)},
        {"observation": np.zeros((9, 4), np.float32)},
        {"reward": np.zeros(9, np.float32)},
        {"action": np.zeros(1, np.int64), "observation": np.zeros((1, 4), np.float32), "reward": np.zeros(1)},
    ],
)
def test_shapes_that_do_not_fit(changes):
    (episode,) = some_episodes(SPEC, (10,))
    with pytest.raises(FileError, match=r"^here: "):
        check_episode(dataclasses.replace(episode, **changes), SPEC, "here")


def test_after_a_wrong_row_nothing_counts(tmp_path):
    good, bad = some_episodes(SPEC, (20, 20))
    bad.action[3] = 9
    with pytest.raises(FileError, match="second, row 3"):
        write_life([("first", good), ("second", bad)], SPEC, tmp_path, chunk_steps=4)
    with pytest.raises(FileError):
        open_experience(tmp_path)


def test_a_life_is_never_overwritten(tmp_path):
    episodes = [("", each) for each in some_episodes(SPEC)]
    write_life(episodes, SPEC, tmp_path)
    with pytest.raises(FileError, match="holds recorded life already"):
        write_life(episodes, SPEC, tmp_path)
    with pytest.raises(FileError, match="no episode"):
        write_life([], SPEC, tmp_path / "other")
