import sys

import gymnasium
import numpy as np
import pytest
from counter_env import Counter, register_counter

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.errors import EnvironmentFailure

register_counter()


def counter(count=1, max_episode_steps=None, **kwargs):
    settings = EnvironmentSettings(id="Counter-v0", max_episode_steps=max_episode_steps, kwargs=kwargs)
    return make_worlds(settings, count, evaluation=False)


@pytest.fixture
def register():
    """Register a class under `Broken-v0` for one test."""

    def as_broken(entry_point):
        gymnasium.register("Broken-v0", entry_point=entry_point, disable_env_checker=True)
        return EnvironmentSettings(id="Broken-v0")

    yield as_broken
    gymnasium.registry.pop("Broken-v0", None)


@pytest.mark.parametrize("truncate", [False, True])
def test_every_row_is_where_it_belongs(truncate):
    worlds = counter(2, length=3, truncate=truncate, reward=2.5)
    assert worlds.spec.actions == ("0", "1") and worlds.spec.protocol["kwargs"]["length"] == 3
    assert worlds.reset([0, 1]).observation.tolist() == [[1, 0], [1, 0]]
    for episode in (1, 2, 3):
        for count in (1, 2, 3):
            step = worlds.step(np.array([0, 1]))
            assert step.observation.tolist() == [[episode, count]] * 2 and step.reward.tolist() == [2.5, 2.5]
            assert step.ended.all() == (count == 3)
        assert step.truncated.all() == truncate and step.terminated.all() != truncate and step.game_over.all()
        assert worlds.restart(step.ended, [7, 8]).observation.tolist() == [[episode + 1, 0]] * 2
    worlds.close()


def test_a_limit_of_steps_truncates():
    worlds = counter(max_episode_steps=2, length=9)
    worlds.reset([0])
    assert not worlds.step(np.array([0])).ended[0]
    step = worlds.step(np.array([0]))
    assert step.truncated[0] and not step.terminated[0] and step.game_over[0]
    assert worlds.spec.protocol["max_episode_steps"] == 2


def test_the_worlds_that_end_are_the_only_ones_to_restart():
    worlds = make_worlds(EnvironmentSettings(id="CartPole-v1"), 2, evaluation=False)
    worlds.reset([1, 2])
    balance = 0
    while True:  # world 0 pushes to one side only and falls first
        step = worlds.step(np.array([0, balance]))
        balance = int(step.observation[1, 2] > 0)
        if step.ended.any():
            break
    assert step.ended.tolist() == [True, False]
    opened = worlds.restart(step.ended, [5, 6])
    np.testing.assert_array_equal(opened.observation[1], step.observation[1])
    fresh = make_worlds(EnvironmentSettings(id="CartPole-v1"), 1, evaluation=False).reset([5])
    np.testing.assert_array_equal(opened.observation[0], fresh.observation[0])


def test_actions_that_do_not_begin_at_0(register):
    class Shifted(Counter):
        def __init__(self):
            super().__init__(pixels=True)
            self.action_space = gymnasium.spaces.Discrete(2, start=5)

    worlds = make_worlds(register(Shifted), 1, evaluation=False)
    worlds.reset([0])
    assert worlds.step(np.array([1])).observation[0, 0, 0].tolist() == [1, 1, 6]


def test_an_environment_of_ones_own_is_imported_by_its_id(tmp_path, monkeypatch):
    (tmp_path / "my_world.py").write_text(
        "import gymnasium\nfrom counter_env import Counter\ngymnasium.register('Mine-v0', entry_point=Counter)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    try:
        worlds = make_worlds(EnvironmentSettings(id="my_world:Mine-v0"), 1, evaluation=False)
        assert worlds.spec.environment == "my_world:Mine-v0"
        assert worlds.reset([0]).observation.tolist() == [[1, 0]]
    finally:
        gymnasium.registry.pop("Mine-v0", None)
        sys.modules.pop("my_world", None)


def test_modules_that_cannot_be_imported(tmp_path, monkeypatch):
    (tmp_path / "half_a_world.py").write_text("import gymnasium\n1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EnvironmentFailure, match="module 'no_such_world' cannot be imported: ModuleNotFoundError"):
        make_worlds(EnvironmentSettings(id="no_such_world:X-v0"), 1, evaluation=False)
    with pytest.raises(EnvironmentFailure, match="module 'half_a_world' cannot be imported: ZeroDivisionError"):
        make_worlds(EnvironmentSettings(id="half_a_world:X-v0"), 1, evaluation=False)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("CartPol-v1", "unknown environment 'CartPol-v1': did you mean CartPole-v1"),
        ("CartPole", "unknown environment 'CartPole': did you mean CartPole-v1"),
        ("Pong-v4", "unknown environment 'Pong-v4': did you mean ALE/Pong-v5?"),
        ("ALE/Pog-v5", "unknown environment 'ALE/Pog-v5': did you mean ALE/Pong-v5?"),
        ("MinAtar/Brekout", "unknown environment 'MinAtar/Brekout': did you mean MinAtar/Breakout"),
        ("Pendulum-v1", "'Pendulum-v1': actions of kind Box are not supported, only Discrete"),
        ("Blackjack-v1", "observations of kind Tuple are not supported; flatten them with gymnasium.wrappers.Fl"),
    ],
)
def test_refusals_are_one_line(environment, message):
    with pytest.raises(EnvironmentFailure) as caught:
        make_worlds(EnvironmentSettings(id=environment), 1, evaluation=False)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_keyword_arguments_the_environment_does_not_know():
    with pytest.raises(EnvironmentFailure, match=r"'Counter-v0' cannot be made: TypeError: .*'size'"):
        counter(size=3)


def test_an_error_inside_the_environment_is_named(register):
    class Breaks(Counter):
        def step(self, action):
            raise OSError("the disk\nis on fire")

    worlds = make_worlds(register(Breaks), 2, evaluation=False)
    worlds.reset([0, 1])
    with pytest.raises(EnvironmentFailure, match="'Broken-v0' broke in step: OSError: the disk is on fire") as caught:
        worlds.step(np.array([0, 0]))
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(("reward", "observation"), [(float("nan"), 0.0), (1.0, float("inf"))])
def test_numbers_that_are_not_finite_are_refused(register, reward, observation):
    class Diverges(Counter):
        def step(self, action):
            _, _, *rest = super().step(action)
            return np.array([observation, 0], np.float32), reward, *rest

    worlds = make_worlds(register(Diverges), 2, evaluation=False)
    worlds.reset([0, 1])
    with pytest.raises(EnvironmentFailure, match="not a finite number"):
        worlds.step(np.array([0, 0]))


def test_what_is_told_beside_observations_is_kept_for_whoever_asks():
    worlds = make_worlds(EnvironmentSettings(id="Corridor-v0", image_size=32), 2, evaluation=True)
    worlds.reset([0, 1])
    before = worlds.info["position"].copy()
    worlds.step(np.array([1, 0]))
    assert (np.abs(worlds.info["position"] - before) <= 1).all() and worlds.info["heading"].tolist() == [1, -1]
    worlds.close()
