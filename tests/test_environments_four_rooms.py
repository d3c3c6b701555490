import numpy as np
import pytest

from worldmodel.environments.four_rooms import AGENT_COLOR, FLOOR_COLOR, GOAL, GOAL_COLOR, MOVES, WALLS, FourRooms
from worldmodel.errors import ConfigurationError

UP, DOWN, LEFT, RIGHT = map(np.int64, range(4))


def at(position):
    """An episode that begins there."""
    rooms = FourRooms(max_steps=2)
    info = rooms.reset(seed=0)[1]
    while tuple(info["position"]) != position:
        info = rooms.reset()[1]
    return rooms


def reachable(start, walls=WALLS):
    found, ahead = {start}, [start]
    while ahead:
        row, column = ahead.pop()
        near = {(row + down, column + right) for down, right in MOVES}
        new = {place for place in near if not walls[place]} - found
        found |= new
        ahead += new
    return found


def test_the_plan_is_the_classical_one():
    assert WALLS.shape == (13, 13) and (~WALLS).sum() == 104
    assert WALLS[[0, -1]].all() and WALLS[:, [0, -1]].all()
    assert len(reachable(GOAL)) == 104
    closed = WALLS.copy()
    closed[[3, 6, 7, 10], [6, 2, 9, 6]] = True  # the four doors
    assert [len(reachable(corner, closed)) for corner in ((1, 1), (1, 11), (11, 1), (11, 11))] == [25, 30, 25, 20]


@pytest.mark.parametrize(("action", "place"), [(UP, (2, 4)), (DOWN, (4, 4)), (LEFT, (3, 3)), (RIGHT, (3, 5))])
def test_each_action_goes_its_way(action, place):
    assert tuple(at((3, 4)).step(action)[-1]["position"]) == place


def test_walls_stop_and_doors_let_through():
    rooms = at((1, 1))
    assert [tuple(rooms.step(action)[-1]["position"]) for action in (UP, LEFT)] == [(1, 1)] * 2
    rooms = at((3, 5))
    assert [tuple(rooms.step(RIGHT)[-1]["position"]) for _ in range(2)] == [(3, 6), (3, 7)]
    assert tuple(at((4, 5)).step(RIGHT)[-1]["position"]) == (4, 5)


def test_the_goal_pays_and_ends_the_episode():
    rooms = at((GOAL[0] - 2, GOAL[1]))
    assert [rooms.step(DOWN)[1:4] for _ in range(2)] == [(0.0, False, False), (1.0, True, False)]


def test_time_runs_out_but_not_at_the_goal():
    rooms = at((1, 1))
    assert [rooms.step(UP)[2:4] for _ in range(2)] == [(False, False), (False, True)]
    rooms = at((GOAL[0] - 2, GOAL[1]))
    assert [rooms.step(DOWN)[2:4] for _ in range(2)] == [(False, False), (True, False)]


@pytest.mark.parametrize(("size", "corner"), [(32, (3, 2)), (64, (6, 4)), (16, (1, 1))])
def test_what_is_drawn_where(size, corner):
    rooms = FourRooms(size=size)
    image, info = rooms.reset(seed=3)
    margin, width = corner
    row, column = info["position"]

    def pixels(place):
        top, left = margin + place[0] * width, margin + place[1] * width
        return image[top : top + width, left : left + width].reshape(-1, 3)

    assert (pixels((row, column)) == AGENT_COLOR).all() and (pixels(GOAL) == GOAL_COLOR).all()
    for color, count in ((AGENT_COLOR, 1), (GOAL_COLOR, 1), (FLOOR_COLOR, 102)):
        assert (image == color).all(-1).sum() == count * width**2


def test_every_place_but_the_goal_is_a_start():
    rooms = FourRooms()
    starts = {tuple(rooms.reset(seed=seed)[1]["position"].tolist()) for seed in range(1500)}
    assert len(starts) == 103 and GOAL not in starts
    rooms.reset(seed=7)
    series = [rooms.reset()[1]["position"].tolist() for _ in range(5)]
    rooms.reset(seed=7)
    assert series == [rooms.reset()[1]["position"].tolist() for _ in range(5)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 33}, "environment.kwargs: size: must be a multiple of 4, not 33"),
        ({"max_steps": 0}, "environment.kwargs: max_steps: must be at least 1, not 0"),
        ({"goal": [1, 1]}, "environment.kwargs: goal: no such setting"),
    ],
)
def test_what_is_impossible_is_said_in_one_line(given, message):
    with pytest.raises(ConfigurationError) as caught:
        FourRooms(**given)
    assert str(caught.value) == message
