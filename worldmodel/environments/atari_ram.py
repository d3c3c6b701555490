"""Where things are in an Atari game, read from the console's memory.

The console has 128 bytes of memory, and games keep the places of their objects in single bytes. Addresses are those of
the Atari Annotated RAM Interface (Anand et al. 2019, *Unsupervised state representation learning in Atari*,
arXiv:1906.08226); a test plays each game and compares every byte with the pixels of what it is said to be the place of.
"""

from __future__ import annotations

import numpy as np
from ale_py import ALEInterface, LoggerMode, roms

from worldmodel.environments.atari import AtariWorlds
from worldmodel.environments.naming import atari_games
from worldmodel.environments.places import Axis, Places, Relived
from worldmodel.environments.settings import EnvironmentSettings

ADDRESSES: dict[str, dict[str, dict[str, int]]] = {
    "Pong": {"paddle": {"y": 51}, "ball": {"y": 54, "x": 49}},
    "Breakout": {"paddle": {"x": 72}},
    "MsPacman": {"player": {"y": 16, "x": 10}},
    "Freeway": {"chicken": {"y": 14}},
}
"""By game and object, the byte in which each of its coordinates is."""
ABSENT = 0
"""Byte of an object that is not on the screen, such as the ball of Pong before it is served."""
PIXELS_PER_BIN = 8
"""A byte is a place to within a pixel, which is finer than any map needs."""
BINS = -(-256 // PIXELS_PER_BIN)


def readable(game: str) -> bool:
    """Whether it is known where things of `game` (`naming.atari_games`) are."""
    return game in ADDRESSES


def relive_in_emulator(game: str, settings: EnvironmentSettings, seed: int, actions: np.ndarray) -> Relived:
    """Plays `game` again from `seed` under `actions` `[T]`, the last of which is not taken.

    The vector environment in which agents play shows no memory. So the emulator is played alone by the same protocol,
    beside a world of it: same seed, same opening no-ops, same sticky actions, which both draw from the seed alone.
    """
    beside = AtariWorlds(game, settings, 1, evaluation=True)
    try:
        beside.reset([seed])
        emulator = _opened(game, settings, seed, int(beside.opening_frames[0]))
        meanings = beside.action_set
    finally:
        beside.close()
    rewards, memory = [0.0], [emulator.getRAM()]
    for action in actions[:-1].tolist():
        if emulator.game_over():
            break
        rewards.append(float(sum(emulator.act(meanings[action]) for _ in range(settings.frame_skip))))
        memory.append(emulator.getRAM())
    bytes_ = np.stack(memory)
    places = {name: _places(name, axes, bytes_) for name, axes in ADDRESSES[game].items()}
    return Relived(np.array(rewards, np.float32), places)


def _opened(game: str, settings: EnvironmentSettings, seed: int, opening: int) -> ALEInterface:
    """The emulator at the first row of a game."""
    ALEInterface.setLoggerMode(LoggerMode.Error)
    emulator = ALEInterface()
    emulator.setInt("random_seed", seed)
    emulator.setFloat("repeat_action_probability", settings.sticky_actions)
    emulator.loadROM(str(roms.get_rom_path(atari_games()[game])))
    emulator.reset_game()
    for _ in range(opening):
        emulator.act(0)
    return emulator


def _places(name: str, addresses: dict[str, int], memory: np.ndarray) -> Places:
    """Where an object was, given the memory `[T, 128]`."""
    values = memory[:, list(addresses.values())].astype(np.int64)
    there = (values != ABSENT).all(1, keepdims=True)
    return Places(name, tuple(Axis(axis, BINS) for axis in addresses), np.where(there, values // PIXELS_PER_BIN, -1))
