"""The moves of a person at the page: what they ask for, as text, and what is said to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from worldmodel.running.branches import Refusal
from worldmodel.running.dream_game import DreamGame


def make_move(game: DreamGame, text: str | None) -> str:
    """Does what a JSON text such as {"do": "step", "action": 2} asks for; returns what is to be said about it, or "".

    Raises Refusal where it cannot be read or done; nothing has changed then.
    """
    try:
        asked = json.loads(text or "")
        move = MOVES[asked["do"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"a move is one of {', '.join(MOVES)}, as JSON") from error
    return move(game, asked)


def _step(game: DreamGame, asked: dict[str, Any]) -> str:
    """The agent chooses where no action is given."""
    action = asked.get("action")
    if action is None:
        action = game.greedy
    if isinstance(action, bool) or not isinstance(action, int):
        raise Refusal(f"an action is a whole number, not {action!r}")
    game.step(action)
    return "The game is over." if game.here.ended else ""


def _back(game: DreamGame, asked: dict[str, Any]) -> str:
    game.back()
    return ""


def _switch(game: DreamGame, asked: dict[str, Any]) -> str:
    game.switch()
    steps = f"{game.depth} step{'' if game.depth == 1 else 's'}"
    if game.mode == "dream":
        return f"Dream: same moment, same actions, imagined. {steps} deep."
    over = " The game ended there." if game.here.ended else ""
    return f"Real game: same moment, same actions, really played. {steps} from the moment.{over}"


def _new(game: DreamGame, asked: dict[str, Any]) -> str:
    game.new_moment()
    return f"Another moment: row {game.moment} of a game."


def _from_here(game: DreamGame, asked: dict[str, Any]) -> str:
    game.dream_from_here()
    return "It dreams from here: this is the moment now."


def _temperature(game: DreamGame, asked: dict[str, Any]) -> str:
    value = asked.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(f"a temperature is a number, not {value!r}")
    game.set_temperature(float(value))
    return ""


MOVES: dict[str, Callable[[DreamGame, dict[str, Any]], str]] = {
    "look": lambda game, asked: "",
    "step": _step,
    "back": _back,
    "switch": _switch,
    "new": _new,
    "from here": _from_here,
    "temperature": _temperature,
}
