"""Every address is compared with the pixels of the object that it is said to be the place of."""

import numpy as np
import pytest
from ale_py import ALEInterface, LoggerMode, roms
from ale_py.vector_env import AtariVectorEnv

from worldmodel.environments import EnvironmentSettings
from worldmodel.environments.atari_ram import ADDRESSES, BINS, PIXELS_PER_BIN, readable, relive_in_emulator
from worldmodel.environments.naming import atari_games

GREEN, WHITE, RED, YELLOW, ORANGE = (92, 186, 92), (236, 236, 236), (200, 72, 72), (252, 252, 84), (210, 164, 74)

SEEN = {
    ("Pong", "paddle"): (GREEN, (34, 194), (140, 144), (50, 64)),
    ("Pong", "ball"): (WHITE, (34, 194), (0, 160), (8, 8)),
    ("Breakout", "paddle"): (RED, (189, 193), (8, 152), (64, 64)),
    ("MsPacman", "player"): (ORANGE, (0, 170), (0, 160), (1, 999)),
    ("Freeway", "chicken"): (YELLOW, (105, 195), (44, 51), (15, 99)),
}
"""Its colour, the rows and columns it moves in, and how many pixels it has where all of it is to be seen."""


def played(game: str, steps: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Memory `[T, 128]` and screens `[T, 210, 160, 3]` of a game under random actions that are held for a while."""
    ALEInterface.setLoggerMode(LoggerMode.Error)
    emulator, generator = ALEInterface(), np.random.default_rng(0)
    emulator.setInt("random_seed", 3)
    emulator.setFloat("repeat_action_probability", 0.0)
    emulator.loadROM(roms.get_rom_path(atari_games()[game]))
    emulator.reset_game()
    actions, memory, screens = emulator.getMinimalActionSet(), [], []
    for t in range(steps):
        if t % 6 == 0:
            action = actions[generator.integers(len(actions))]
        for _ in range(4):
            emulator.act(action)
        if emulator.game_over():
            emulator.reset_game()
        memory.append(emulator.getRAM())
        screens.append(emulator.getScreenRGB())
    return np.stack(memory), np.stack(screens)


@pytest.mark.parametrize(("game", "thing"), SEEN)
def test_bytes_follow_what_moves_on_the_screen(game, thing):
    colour, (top, bottom), (left, right), (least, most) = SEEN[game, thing]
    memory, screens = played(game)
    mask = (screens[:, top:bottom, left:right] == np.array(colour)).all(-1)
    size = mask.sum((1, 2))
    whole = (size >= least) & (size <= most)
    assert whole.sum() > 100
    for axis, address in ADDRESSES[game][thing].items():
        along = mask.sum(2 if axis == "y" else 1) @ np.arange(mask.shape[1 if axis == "y" else 2])
        pixel = along[whole] / size[whole]
        byte = memory[whole, address].astype(float)
        assert np.ptp(byte) > 30, "it moved"
        slope = -1 if (game, thing) == ("Freeway", "chicken") else 1
        follow = [byte for byte in range(128) if strays(memory[whole, byte], pixel, slope) <= 4]
        assert address in follow and len(follow) < 6, "and hardly any other byte would have passed"


def strays(byte: np.ndarray, pixel: np.ndarray, slope: int) -> float:
    """By how many pixels a byte, in the best constant place, is off at worst."""
    offset = pixel - slope * byte.astype(float)
    return float(np.abs(offset - np.median(offset)).max())


def test_every_game_that_can_be_read_was_compared():
    assert {(game, thing) for game, things in ADDRESSES.items() for thing in things} == set(SEEN)
    assert readable("Pong") and not readable("Qbert") and set(ADDRESSES) <= set(atari_games())


@pytest.mark.parametrize("sticky", [0.0, 0.25])
@pytest.mark.parametrize("seed", [5, 11])
def test_the_emulator_alone_plays_the_same_game(sticky, seed):
    """Rewards are those of the vector environment that agents play in, and so are the places, pixel by pixel."""
    settings = EnvironmentSettings(id="ALE/Pong-v5", sticky_actions=sticky)
    actions = np.random.default_rng(seed).integers(6, size=100).repeat(6)
    games = AtariVectorEnv(
        "pong",
        1,
        img_height=210,
        img_width=160,
        grayscale=False,
        stack_num=1,
        use_fire_reset=False,
        reward_clipping=False,
        repeat_action_probability=sticky,
    )
    screen, _ = games.reset(seed=np.array([seed]))
    screens, rewards = [screen[0, 0]], [0.0]
    for action in actions[:-1]:
        screen, reward, *_ = games.step(np.array([action]))
        screens.append(screen[0, 0])
        rewards.append(float(reward[0]))
    games.close()
    found = relive_in_emulator("Pong", settings, seed, actions)
    assert found.reward.tolist() == rewards and sum(reward != 0 for reward in rewards) >= 5
    ball, paddle = found.places["ball"], found.places["paddle"]
    assert len(ball.position) == 600 and 0 < ball.there.mean() < 1 and ball.bins == (BINS, BINS)
    green = (np.stack(screens)[:, 34:194, 140:144] == np.array(GREEN)).all(-1)
    whole = green.sum((1, 2)) >= 60
    centre = (green[whole].sum(2) @ np.arange(34, 194)) / green[whole].sum((1, 2))
    assert whole.sum() >= 60 and np.ptp(centre) > 60
    assert strays(paddle.position[whole, 0] * PIXELS_PER_BIN, centre, 1) <= PIXELS_PER_BIN
