"""Small lives to be written and read: pictures or vectors, episodes that terminated and one that was cut."""

from __future__ import annotations

import numpy as np

from worldmodel.experience import Spec
from worldmodel.memory.whole_episodes import Episode

SPECS = {
    "pictures": Spec("Some/Game-v0", (6, 5, 3), "uint8", ("NOOP", "UP", "DOWN"), {"frame_skip": 4, "kwargs": {"a": 1}}),
    "vectors": Spec("Cart-v1", (4,), "float32", ("0", "1"), {"max_episode_steps": 500}),
}


def some_episodes(spec: Spec, lengths=(5, 2, 40)) -> list[Episode]:
    generator, found = np.random.default_rng(0), []
    for number, rows in enumerate(lengths):
        observation = generator.integers(0, 255, (rows, *spec.observation_shape)).astype(spec.observation_dtype)
        action = np.append(generator.integers(len(spec.actions), size=rows - 1), 0)
        reward = np.append(0, generator.normal(size=rows - 1)).astype(np.float32)
        found.append(Episode(observation, action, reward, terminated=number != 1))
    return found


def same(one: list[Episode], other: list[Episode]) -> bool:
    return len(one) == len(other) and all(
        a.terminated == b.terminated
        and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("observation", "action", "reward"))
        and a.observation.dtype == b.observation.dtype
        for a, b in zip(one, other, strict=True)
    )
