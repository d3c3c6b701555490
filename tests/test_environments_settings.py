import dataclasses

import pytest

from worldmodel.environments import EnvironmentSettings


def test_defaults_are_those_of_the_100k_benchmark():
    settings = EnvironmentSettings()
    assert (settings.id, settings.count, settings.image_size, settings.frame_skip) == ("ALE/Pong-v5", 8, 64, 4)
    assert (settings.sticky_actions, settings.noop_max, settings.life_loss_terminates) == (0.0, 30, True)
    assert settings.max_episode_steps is None and settings.kwargs == {} and not settings.grayscale


@pytest.mark.parametrize(
    ("name", "possible", "impossible"),
    [
        ("count", 1, 0),
        ("image_size", 8, 7),
        ("frame_skip", 1, 0),
        ("sticky_actions", 0.25, 1.0),
        ("noop_max", 0, -1),
        ("max_episode_steps", 1, 0),
        ("step_timeout", 0, -1),
        ("restarts", 0, -1),
    ],
)
def test_bounds(name, possible, impossible):
    field = next(field for field in dataclasses.fields(EnvironmentSettings) if field.name == name)
    assert field.metadata["bounds"].problem(possible) is None
    assert field.metadata["bounds"].problem(impossible) is not None
