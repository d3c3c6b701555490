import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from worldmodel.environments import EnvironmentSettings, make_worlds, protocol_in_words
from worldmodel.environments.naming import near_names
from worldmodel.environments.own_worlds import OWN_WORLDS
from worldmodel.errors import ConfigurationError

VARIANTS = [
    *((name, {}) for name in OWN_WORLDS),
    *(("ReplayStory-v0", kwargs) for kwargs in ({"image": True}, {"day": "test"}, {"study": 1}, {"length": 3})),
    ("Corridor-v0", {"size": 64}),
    ("FourRooms-v0", {"size": 64}),
]


@pytest.mark.parametrize(("name", "kwargs"), VARIANTS)
def test_gymnasium_finds_nothing_to_complain_about(name, kwargs):
    check_env(gymnasium.make(name, **kwargs).unwrapped)  # its warnings are errors here


@pytest.mark.parametrize(("name", "kwargs"), VARIANTS)
def test_hundreds_of_steps_side_by_side(name, kwargs):
    settings = EnvironmentSettings(id=name, image_size=kwargs.get("size", 16), kwargs=kwargs)
    worlds, again = (make_worlds(settings, count, evaluation=False) for count in (3, 1))
    actions = np.random.default_rng(0).integers(0, len(worlds.spec.actions), (400, 3))
    step, alone = worlds.reset([4, 5, 6]), again.reset([5])
    assert step.observation.shape == (3, *worlds.spec.observation_shape)
    episodes, rewards = 0, 0.0
    for at, action in enumerate(actions):
        step, alone = worlds.step(action), again.step(action[1:2])
        np.testing.assert_array_equal(step.observation[1], alone.observation[0])
        assert step.reward[1] == alone.reward[0] and step.ended[1] == alone.ended[0]
        episodes, rewards = episodes + step.ended.sum(), rewards + step.reward.sum()
        step = worlds.restart(step.ended, [3 * at, 3 * at + 1, 3 * at + 2])
        alone = again.restart(alone.ended, [3 * at + 1])
    assert episodes >= 3
    assert rewards > 0


def test_actions_have_names():
    named = {name: make_worlds(EnvironmentSettings(id=name), 1, evaluation=False).spec.actions for name in OWN_WORLDS}
    assert named["Corridor-v0"] == ("LEFT", "RIGHT") and named["FourRooms-v0"] == ("UP", "DOWN", "LEFT", "RIGHT")
    assert named["ReplayStory-v0"][-1] == "leave"


def test_keyword_arguments_that_do_not_fit():
    settings = EnvironmentSettings(id="ReplayStory-v0", kwargs={"subjekt": 1})
    with pytest.raises(
        ConfigurationError, match=r"^environment.kwargs: subjekt: no such setting; did you mean subject"
    ):
        make_worlds(settings, 1, evaluation=False)


def test_the_protocol_names_what_was_set():
    settings = EnvironmentSettings(id="ReplayStory-v0", kwargs={"subject": 3, "day": "test"})
    words = protocol_in_words(make_worlds(settings, 1, evaluation=False).spec)
    assert words.startswith("ReplayStory-v0 with 9 actions, subject 3, day test, no limit")


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("ReplayStry-v0", "ReplayStory-v0"), ("corridor", "Corridor-v0"), ("FourRoom", "FourRooms-v0")],
)
def test_near_names(typed, nearest):
    assert near_names(typed)[0] == nearest
