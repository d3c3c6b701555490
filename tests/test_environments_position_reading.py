import gymnasium
import numpy as np
import pytest

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.environments.position_reading import THING, relive_places


class Telling(gymnasium.Env):
    """Tells `position` beside, whatever it was given."""

    def __init__(self, position=None):
        self.position = position
        self.observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {} if self.position is None else {"position": self.position}

    def step(self, action):
        return np.zeros(2, np.float32), 0.0, False, False, {} if self.position is None else {"position": self.position}


def told(position):
    if "Telling-v0" not in gymnasium.registry:
        gymnasium.register("Telling-v0", entry_point=Telling)
    settings = EnvironmentSettings(id="Telling-v0", kwargs={"position": position}, max_episode_steps=9)
    return relive_places(settings, 0, np.zeros(4, np.int64))


def test_a_corridor_is_walked_again_place_by_place():
    settings = EnvironmentSettings(id="Corridor-v0", kwargs={"bins": 9, "max_steps": 40}, image_size=32)
    actions = np.r_[np.ones(20, np.int64), np.zeros(21, np.int64)]
    world = make_worlds(settings, 1, evaluation=True)
    rewards = [world.reset([3]).reward[0], *(world.step(actions[t : t + 1]).reward[0] for t in range(40))]
    found = relive_places(settings, 3, actions)
    assert found is not None and np.array_equal(found.reward, rewards)
    place = found.places[THING].position[:, 0]
    assert len(place) == 41 and place[20] == 8 and place[-1] == 0
    assert np.array_equal(np.diff(place[:20]), (place[:19] < 8).astype(int))
    assert found.places[THING].axes[0].name == "place" and found.places[THING].bins == (9,)


def test_four_rooms_have_rows_and_columns():
    found = relive_places(EnvironmentSettings(id="FourRooms-v0", image_size=32), 0, np.ones(30, np.int64))
    assert [axis.name for axis in found.places[THING].axes] == ["row", "column"]
    position = found.places[THING].position
    assert (np.diff(position[:, 0]) >= 0).all() and (np.diff(position[:, 1]) == 0).all()


@pytest.mark.parametrize("name", ["MinAtar/Breakout", "ALE/Qbert-v5", "CartPole-v1"])
def test_other_worlds_do_not_tell(name):
    assert relive_places(EnvironmentSettings(id=name), 0, np.zeros(3, np.int64)) is None


@pytest.mark.parametrize("position", [None, 0.5, -1, [1, 2, 3], "here", float("nan")])
def test_what_is_no_place_is_not_taken_for_one(position):
    assert told(position) is None


def test_any_world_that_tells_a_place_is_read():
    assert told([2, 5]).places[THING].position.tolist() == [[2, 5]] * 4


def test_a_game_ends_where_it_ended():
    settings = EnvironmentSettings(id="Corridor-v0", kwargs={"max_steps": 5}, image_size=32)
    assert len(relive_places(settings, 0, np.zeros(20, np.int64)).reward) == 6
