"""Keys and the actions they mean, by hand."""

import pytest

from worldmodel.viewing.keyboard import actions_by_keys, idle_action, signs

MINATAR = ("NOOP", "LEFT", "UP", "RIGHT", "DOWN", "FIRE")
PONG = ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE")


def test_keys_mean_the_action_whose_name_has_most_of_them():
    keys = actions_by_keys(("NOOP", "UP", "RIGHT", "UPRIGHT", "UPRIGHTFIRE", "DOWN"))
    assert [keys[held] for held in ("UP", "RIGHT", "UP+RIGHT", "UP+RIGHT+FIRE", "DOWN")] == [1, 2, 3, 4, 5]
    assert keys["RIGHT+FIRE"] == 2 and keys["UP+LEFT"] == 1
    assert "LEFT" not in keys and "FIRE" not in keys and "UP+DOWN" not in keys


def test_of_keys_that_cannot_be_meant_together_fire_counts_and_then_sideways():
    keys = actions_by_keys(MINATAR)
    assert keys["LEFT+FIRE"] == 5 and keys["UP+LEFT"] == 1 and keys["DOWN+RIGHT"] == 3


def test_in_a_world_of_one_axis_all_arrows_go_along_it():
    pong, freeway = actions_by_keys(PONG), actions_by_keys(("NOOP", "UP", "DOWN"))
    assert [pong[held] for held in ("UP", "DOWN", "UP+FIRE", "LEFT")] == [2, 3, 4, 3]
    assert [freeway[held] for held in ("UP", "DOWN", "RIGHT", "LEFT")] == [1, 2, 1, 2]


def test_where_no_name_has_a_direction_arrows_are_the_first_and_the_last():
    assert actions_by_keys(("0", "1", "2"))["LEFT"] == 0 and actions_by_keys(("0", "1", "2"))["RIGHT"] == 2
    keys = actions_by_keys(("push", "fire", "pull"))
    assert (keys["LEFT"], keys["FIRE"], keys["RIGHT"]) == (0, 1, 2)


@pytest.mark.parametrize("name", ["up_right", "Up-Right", "up right", "UPRIGHT"])
def test_names_may_be_written_in_other_ways(name):
    assert actions_by_keys((name, "DOWN"))["UP+RIGHT"] == 0


def test_of_actions_of_one_name_the_first_is_meant():
    assert actions_by_keys(("UP", "DOWN", "UP"))["UP"] == 0


def test_the_action_that_does_nothing():
    assert idle_action(PONG) == 0 and idle_action(("left", "stay")) == 1 and idle_action(("0", "1")) is None


def test_signs_on_buttons():
    assert signs(PONG) == ["", "space", "→", "←", "→ space", "← space"]
    assert signs(("0", "1")) == ["←", "→"] and signs(("UP", "UP")) == ["↑", ""]
