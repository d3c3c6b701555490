"""Worlds that break are made anew one by one, their games begun from other seeds; the others do not notice."""

import numpy as np
import pytest

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.errors import EnvironmentFailure

FLAKY = "faulty_worlds:Flaky-v0"
STAY = np.array([0, 0])


def flaky(restarts, **options):
    settings = EnvironmentSettings(id=FLAKY, kwargs={"length": 8, "at": 2, **options})
    return make_worlds(settings, 2, evaluation=False, restarts=restarts)


def test_without_restarts_an_error_is_the_end():
    worlds = flaky(0)
    worlds.reset([1, 3])
    worlds.step(STAY), worlds.step(STAY)
    with pytest.raises(EnvironmentFailure, match=f"'{FLAKY}' broke in step: ConnectionResetError: the simulator"):
        worlds.step(STAY)


def test_the_one_that_broke_begins_another_game(capsys):
    worlds = flaky(3)
    worlds.reset([1, 3])
    for _ in range(2):
        assert not worlds.step(STAY).first.any()
    step = worlds.step(STAY)
    assert step.first.tolist() == [False, True] and step.reward.tolist() == [1, 0]
    assert step.observation.tolist() == [[1, 3], [1, 0]]
    assert not step.ended.any() and not step.game_over.any()
    assert worlds.restarts == 1 and worlds.seeds[0] == 1 and worlds.seeds[1] != 3
    (line,) = capsys.readouterr().err.splitlines()
    assert f"environment '{FLAKY}' broke (ConnectionResetError: the simulator crashed)" in line
    assert "(1 of at most 3 times in a row)" in line
    assert worlds.step(STAY).observation.tolist() == [[1, 4], [1, 1]]


def test_the_seed_of_the_other_game_follows_from_that_of_the_broken_one():
    found = []
    for _ in range(2):
        worlds = flaky(9)
        worlds.reset([3, 6])
        for _ in range(3):
            step = worlds.step(STAY)
        assert step.first.all()
        found.append(worlds.seeds)
    assert found[0] == found[1] and found[0][0] != found[0][1]
    # begun with it, a game is the same one
    again = flaky(9)
    again.reset(found[0])
    assert np.array_equal(again.step(STAY).observation, worlds.step(STAY).observation)


def test_too_often_in_a_row_is_the_end(monkeypatch):
    monkeypatch.setattr("faulty_worlds.Flaky.step", lambda self, action: 1 / 0)
    worlds = flaky(2)
    worlds.reset([1, 2])
    assert worlds.step(STAY).first.all() and worlds.step(STAY).first.all()
    with pytest.raises(EnvironmentFailure, match="broke in step: ZeroDivisionError"):
        worlds.step(STAY)


def test_a_game_that_came_to_its_end_begins_the_count_anew():
    worlds = flaky(1)
    worlds.reset([1, 3])
    for expected in (1, 2):
        for _ in range(3):
            worlds.step(STAY)
        assert worlds.restarts == expected
        # a seed of which neither this game nor the next breaks
        worlds.reset([1, 1])
        for _ in range(8):
            step = worlds.step(STAY)
        assert step.terminated.all()
        worlds.restart(step.ended, [1, 3])


def test_one_that_breaks_in_its_reset_is_made_anew_too(monkeypatch):
    import faulty_worlds

    reset, broken = faulty_worlds.Flaky.reset, []

    def once(self, *, seed=None, options=None):
        if not broken:
            broken.append(1)
            raise BrokenPipeError("not yet")
        return reset(self, seed=seed, options=options)

    monkeypatch.setattr(faulty_worlds.Flaky, "reset", once)
    worlds = flaky(1)
    step = worlds.reset([1, 2])
    assert step.first.all() and worlds.seeds[0] != 1 and worlds.seeds[1] == 2 and worlds.restarts == 1


def test_errors_of_ours_and_interruptions_pass(monkeypatch):
    def ours(self, action):
        raise EnvironmentFailure("as it is")

    monkeypatch.setattr("faulty_worlds.Flaky.step", ours)
    worlds = flaky(5)
    worlds.reset([1, 2])
    with pytest.raises(EnvironmentFailure, match=r"^as it is$"):
        worlds.step(STAY)
    assert worlds.restarts == 0
