"""Reads where things were in a game, by playing it again: from what the world tells beside, or from its memory."""

from __future__ import annotations

from contextlib import closing

import numpy as np

from worldmodel.environments.atari_ram import readable, relive_in_emulator
from worldmodel.environments.gymnasium_worlds import make_gymnasium_worlds
from worldmodel.environments.naming import atari_game, minatar_game
from worldmodel.environments.places import Axis, Places, Relived
from worldmodel.environments.settings import EnvironmentSettings

THING = "agent"
"""Whose place a world tells in `info["position"]`."""
AXES = {1: ("place",), 2: ("row", "column")}


def relive_places(settings: EnvironmentSettings, seed: int, actions: np.ndarray) -> Relived | None:
    """Plays the game of `seed` and `actions` `[T]` again in a fresh world, the last action not being taken.

    None where nothing tells where anything is: MinAtar, Atari games without known addresses, and worlds that give no
    `info["position"]` of one or two whole numbers from 0 up. Raises EnvironmentFailure where the world breaks.
    """
    if game := atari_game(settings.id):
        return relive_in_emulator(game, settings, seed, actions) if readable(game) else None
    if minatar_game(settings.id):
        return None
    with closing(make_gymnasium_worlds(settings, 1)) as world:
        rewards, told = [world.reset([seed]).reward[0]], [world.info.get("position")]
        for action in actions[:-1]:
            step = world.step(np.array([action]))
            rewards.append(step.reward[0])
            told.append(world.info.get("position"))
            if step.ended[0]:
                break
    position = _whole(told)
    if position is None:
        return None
    axes = tuple(Axis(name, int(most) + 1) for name, most in zip(AXES[position.shape[1]], position.max(0), strict=True))
    return Relived(np.array(rewards, np.float32), {THING: Places(THING, axes, position)})


def _whole(told: list[np.ndarray | None]) -> np.ndarray | None:
    """What one world told, `[T, d]` int64; None unless it is one or two whole numbers from 0 up at every moment."""
    if any(each is None for each in told):
        return None
    values = np.stack([np.asarray(each)[0] for each in told])
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] not in AXES or values.dtype.kind not in "iuf":
        return None
    whole = bool(np.isfinite(values).all() and (values == np.floor(values)).all() and (values >= 0).all())
    return values.astype(np.int64) if whole else None
