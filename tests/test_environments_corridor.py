import numpy as np
import pytest

from worldmodel.environments.corridor import BODY, NOSE, WATER, Corridor
from worldmodel.errors import ConfigurationError

LEFT, RIGHT = np.int64(0), np.int64(1)


def run(corridor, action, steps):
    """Positions and rewards of some steps to one side."""
    walked = [corridor.step(action) for _ in range(steps)]
    return [info["position"] for *_, info in walked], [reward for _, reward, *_ in walked]


def test_water_is_at_one_end_and_then_at_the_other():
    corridor = Corridor(bins=6)
    corridor.reset(seed=0)
    run(corridor, LEFT, 6)  # if the water was there, it no longer is
    assert run(corridor, RIGHT, 7) == ([1, 2, 3, 4, 5, 5, 5], [0, 0, 0, 0, 1, 0, 0])
    assert run(corridor, LEFT, 6) == ([4, 3, 2, 1, 0, 0], [0, 0, 0, 0, 1, 0])
    assert run(corridor, RIGHT, 5)[1] == [0, 0, 0, 0, 1]


def test_an_episode_begins_between_the_ends_looking_at_the_water():
    corridor = Corridor(bins=5)
    seen = set()
    for seed in range(60):
        _, info = corridor.reset(seed=seed)
        assert info["water"] == (4 if info["heading"] == 1 else 0)
        seen.add((info["position"], info["heading"]))
    assert seen == {(position, heading) for position in (1, 2, 3) for heading in (-1, 1)}


@pytest.mark.parametrize("size", [16, 32, 36, 64])
def test_every_place_looks_different_and_always_the_same(size):
    corridor = Corridor(bins=20, size=size)
    corridor.reset(seed=1)
    run(corridor, LEFT, 20)
    there = [corridor.step(RIGHT)[0] for _ in range(18)]
    corridor.step(RIGHT)
    back = [corridor.step(LEFT)[0] for _ in range(18)][::-1]
    assert len({view.tobytes() for view in there}) == 18
    walls = slice(0, 3 * size // 4)
    for one, other in zip(there, back, strict=True):
        np.testing.assert_array_equal(one[walls], other[walls])
        assert (one != other).any()  # the animal looks the other way


def test_the_wall_moves_by_one_place_a_step():
    corridor = Corridor(bins=30)
    corridor.reset(seed=0)
    before, after = corridor.step(RIGHT)[0], corridor.step(RIGHT)[0]
    np.testing.assert_array_equal(before[:24, 4:], after[:24, :-4])


def test_the_animal_and_the_spouts_are_drawn():
    corridor = Corridor(bins=8)
    corridor.reset(seed=0)
    for action, nose in ((LEFT, 14), (RIGHT, 16)):
        run(corridor, action, 8)
        view = corridor.step(action)[0]
        assert (view[28:, nose : nose + 2] == NOSE).all() and (view[28:, 30 - nose : 32 - nose] == BODY).all()
        assert (view[24:28, 14:18] == WATER).all()


def test_walls_are_painted_by_their_own_seed_and_starts_by_the_episode_s():
    first, again, other = (Corridor(walls=walls).reset(seed=4) for walls in (0, 0, 1))
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1] == other[1] and (first[0] != other[0]).any()


def test_time_runs_out():
    corridor = Corridor(max_steps=3)
    for seed in (0, 1):
        corridor.reset(seed=seed)
        assert [corridor.step(LEFT)[2:4] for _ in range(3)] == [(False, False), (False, False), (False, True)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 30}, "environment.kwargs: size: must be a multiple of 4, not 30"),
        ({"bins": 2}, "environment.kwargs: bins: must be at least 3, not 2"),
        ({"bin": 9}, "environment.kwargs: bin: no such setting; did you mean bins?"),
    ],
)
def test_what_is_impossible_is_said_in_one_line(given, message):
    with pytest.raises(ConfigurationError) as caught:
        Corridor(**given)
    assert str(caught.value) == message
