import json

import numpy as np
import pytest
from counter_env import register_counter

from worldmodel.environments import EnvironmentSettings, make_worlds, protocol_in_words
from worldmodel.experience import Spec, Step

register_counter()

WORLDS = [
    EnvironmentSettings(id="ALE/Breakout", image_size=32, sticky_actions=0.25),
    EnvironmentSettings(id="MinAtar/Asterix", sticky_actions=0.25),
    EnvironmentSettings(id="CartPole-v1"),
    EnvironmentSettings(id="Counter-v0", kwargs={"length": 7, "pixels": True}),
]
each_kind = pytest.mark.parametrize("settings", WORLDS, ids=lambda settings: settings.id)
of_chance = pytest.mark.parametrize("settings", WORLDS[:3], ids=lambda settings: settings.id)  # the last one counts


def snapshot(step: Step) -> tuple[np.ndarray, ...]:
    return tuple(np.array(getattr(step, name)) for name in ("observation", "reward", "terminated", "truncated"))


@each_kind
def test_rows_have_the_shapes_and_types_of_the_spec(settings):
    worlds = make_worlds(settings, 2, evaluation=False)
    first = worlds.reset([1, 2])
    second = worlds.step(np.array([0, 1]))
    for row in (first, second):
        assert row.observation.shape == (2, *worlds.spec.observation_shape)
        assert row.observation.dtype == worlds.spec.observation_dtype
        assert (row.reward.dtype, row.reward.shape) == (np.float32, (2,))
        for flag in (row.terminated, row.truncated, row.first, row.game_over):
            assert (flag.dtype, flag.shape) == (bool, (2,))
    assert first.first.all() and not first.reward.any() and not first.ended.any()
    assert not second.first.any()
    assert Spec.from_json(json.loads(json.dumps(worlds.spec.to_json()))) == worlds.spec
    worlds.close()


@of_chance
def test_a_seed_decides_a_game_whatever_is_played_beside_it(settings):
    worlds = make_worlds(settings, 3, evaluation=True)
    actions = np.random.default_rng(0).integers(0, len(worlds.spec.actions), (60, 3))
    seeds, opened = [5, 6, 7], [0, 0, 0]  # of the game each world is in, and the step before which it began
    rows = [snapshot(worlds.reset(seeds))]
    for t in range(60):
        step = worlds.step(actions[t])
        if step.ended.any():
            for world in np.flatnonzero(step.ended):
                seeds[world], opened[world] = 100 * t + int(world), t + 1
            step = worlds.restart(step.ended, seeds)
        rows.append(snapshot(step))
    for world in range(3):
        alone = make_worlds(settings, 1, evaluation=True)
        again = [snapshot(alone.reset([seeds[world]]))]
        again += [snapshot(alone.step(actions[t, [world]])) for t in range(opened[world], 60)]
        for before, now in zip(rows[opened[world] :], again, strict=True):
            for recorded, replayed in zip(before, now, strict=True):
                np.testing.assert_array_equal(recorded[world], replayed[0])


@of_chance
def test_another_seed_is_another_game(settings):
    worlds = make_worlds(settings, 2, evaluation=False)
    step = worlds.reset([3, 4])
    different = (step.observation[0] != step.observation[1]).any()
    for _ in range(40):
        if step.ended.any():
            break
        step = worlds.step(np.array([1, 1]))
        different |= (step.observation[0] != step.observation[1]).any()
    assert different


@each_kind
def test_returned_arrays_are_never_written_to_again(settings):
    worlds = make_worlds(settings, 1, evaluation=True)
    steps = [worlds.reset([1])]
    kept = [snapshot(steps[0])]
    for t in range(30):
        steps.append(worlds.step(np.array([t % 2])))
        kept.append(snapshot(steps[-1]))
        if steps[-1].ended.any():
            steps.append(worlds.restart(steps[-1].ended, [t]))
            kept.append(snapshot(steps[-1]))
    for step, before in zip(steps, kept, strict=True):
        for now, then in zip(snapshot(step), before, strict=True):
            np.testing.assert_array_equal(now, then)


def test_protocol_in_words():
    atari = Spec("ALE/Pong-v5", (64, 64, 3), "uint8", ("NOOP", "FIRE"), {
        "frame_skip": 4, "max_pool": True, "sticky_actions": 0.25, "noop_max": 30, "fire_reset": False,
        "life_loss_terminates": True, "full_action_space": False, "image_size": 64, "grayscale": False,
        "max_frames": 108_000, "reward_clipping": False,
    })  # fmt: skip
    assert protocol_in_words(atari) == (
        "ALE/Pong-v5 with the minimal 2 actions, frame skip 4 (the last two frames max-pooled), sticky actions 0.25, "
        "fewer than 30 no-ops and no FIRE at the start, a lost life ends the episode, rewards not clipped, "
        "games cut after 108,000 frames, 64 x 64 pixels in 3 channels."
    )
    own = Spec("Counter-v0", (2,), "float32", ("0", "1"), {"max_episode_steps": None, "kwargs": {"length": 3}})
    assert protocol_in_words(own) == "Counter-v0 with 2 actions, length 3, no limit of episode length but its own."
