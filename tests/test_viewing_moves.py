"""Moves as they come from the page; what is not one is refused in words."""

import json

import pytest
from small_game import LENGTH, small_game

from worldmodel.running.branches import Refusal
from worldmodel.viewing.moves import make_move


@pytest.fixture
def game():
    game = small_game()
    game.begin(game.games[0], 4)
    return game


def ask(game, do, **words):
    return make_move(game, json.dumps({"do": do, **words}))


def test_every_move(game):
    assert ask(game, "step", action=1) == "" and game.here.action == 1
    greedy = game.greedy
    assert ask(game, "step") == "" and game.here.action == greedy
    assert ask(game, "back") == "" and game.depth == 1
    assert ask(game, "switch").startswith("Real game: same moment, same actions, really played. 1 step from")
    assert ask(game, "from here").startswith("It dreams from here") and game.moment == 5
    assert ask(game, "temperature", value=0) == "" and game.temperature == 0
    assert ask(game, "new") == f"Another moment: row {game.moment} of a game."
    assert ask(game, "look") == ""


def test_the_end_is_told(game):
    for _ in range(LENGTH - 4):
        ask(game, "step", action=0)
    assert ask(game, "switch").endswith("The game ended there.")
    assert ask(game, "switch").startswith("Dream: same moment") and ask(game, "back") == ""
    ask(game, "switch")
    assert ask(game, "step", action=1) == "The game is over."


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "7", "null", '{"do": "fly"}', '{"do": ["step"]}', '{"action": 1}']
)
def test_what_is_no_move(game, text):
    with pytest.raises(Refusal, match="a move is one of look, step"):
        make_move(game, text)


@pytest.mark.parametrize("action", [True, 0.5, "1", [1], 9, -1])
def test_what_is_no_action(game, action):
    with pytest.raises(Refusal, match="action"):
        ask(game, "step", action=action)
    assert game.depth == 0


@pytest.mark.parametrize("value", [None, "hot", True, 5])
def test_what_is_no_temperature(game, value):
    with pytest.raises(Refusal, match="temperature"):
        ask(game, "temperature", value=value)
