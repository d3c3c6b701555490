import gymnasium
import pytest

from worldmodel.environments.naming import (
    atari_game,
    atari_games,
    minatar_game,
    near_names,
    one_line,
    registered_by_emulator,
    unknown,
)


def test_atari_ids():
    assert atari_game("ALE/MsPacman-v5") == atari_game("ALE/MsPacman") == "MsPacman"
    assert atari_games()["MsPacman"] == "ms_pacman" and atari_games()["Atlantis2"] == "atlantis2"
    for other in ("Pong", "ALE/pong", "ALE/Pong-v4", "ALE/Nope-v5", "ALE/Combat-v5", "x:ALE/Pong-v5"):
        assert atari_game(other) is None


def test_every_game_of_gymnasium_s_registry_is_known():
    registered = {spec.id for spec in gymnasium.registry.values() if spec.namespace == "ALE"}
    assert registered == {f"ALE/{game}-v5" for game in atari_games()}


def test_minatar_ids():
    assert minatar_game("MinAtar/SpaceInvaders") == minatar_game("MinAtar/SpaceInvaders-v0") == ("SpaceInvaders", False)
    assert minatar_game("MinAtar/SpaceInvaders-v1") == ("SpaceInvaders", True)
    for other in ("MinAtar/Breakout-v2", "MinAtar/Pong", "Breakout"):
        assert minatar_game(other) is None


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("Pong", "ALE/Pong-v5"),
        ("PongNoFrameskip-v4", "ALE/Pong-v5"),
        ("AEL/Pong-v5", "ALE/Pong-v5"),
        ("ALE/SpaceInvadres", "ALE/SpaceInvaders-v5"),
        ("MinAtar/SpaceInvader", "MinAtar/SpaceInvaders"),
        ("cartpole-v1", "CartPole-v1"),
        ("some_module:CartPole-v3", "CartPole-v1"),
    ],
)
def test_the_nearest_name(typed, nearest):
    assert near_names(typed)[0] == nearest
    assert len(near_names(typed)) <= 3
    assert nearest in unknown(typed)


def test_far_names_are_not_offered():
    assert near_names("xyzzyxyzzy-v0") == []
    assert unknown("xyzzyxyzzy-v0").endswith("give ALE/<Game>, MinAtar/<Game> or any Gymnasium id")


def test_ids_of_the_raw_emulator():
    assert registered_by_emulator(gymnasium.spec("Pong-v4"))
    assert not registered_by_emulator(gymnasium.spec("CartPole-v1"))


def test_one_line():
    assert one_line(ValueError("a\n  b")) == "ValueError: a b"
    assert one_line(ValueError()) == "ValueError"
