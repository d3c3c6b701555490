"""The page on which a dream is played, and what is told to it after every move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from worldmodel.experience import Spec
from worldmodel.running.dream_game import HOTTEST, DreamGame
from worldmodel.viewing.keyboard import actions_by_keys, idle_action, signs
from worldmodel.viewing.pages import fill
from worldmodel.viewing.pictures import as_pictures, as_sprite

TRAIL = 120
"""Steps of the way behind that are drawn."""


@dataclass(frozen=True)
class PlayPage:
    """What the page tells that no move changes.

    facts: (name, text) about run and checkpoint.
    acts: whether there is an agent that learned to act.
    horizons: steps down to which dreams were found to hold, by what is imagined; empty where nobody measured.
    scale: `[entries]`, the size at which a bar of a vector reaches the edge; None for images.
    """

    title: str
    facts: list[tuple[str, str]]
    spec: Spec
    acts: bool
    horizons: dict[str, int]
    scale: np.ndarray | None

    def as_html(self, nonce: str) -> str:
        """The whole page; style and script carry `nonce`, so that nothing else need be allowed to run."""
        actions = self.spec.actions
        data = {
            "actions": list(actions),
            "keys": actions_by_keys(actions),
            "signs": signs(actions),
            "idle": idle_action(actions),
            "acts": self.acts,
            "horizons": self.horizons,
            "scale": None if self.scale is None else numbers(self.scale),
            "hottest": HOTTEST,
        }
        return fill("play.html", nonce=nonce, title=self.title, page=self, data=data)


def tell(game: DreamGame) -> dict[str, Any]:
    """Where a game is, as plain types: numbers are rounded, None where they are not finite."""
    here, behind = game.here, game.path[-TRAIL:]
    told: dict[str, Any] = {
        "mode": game.mode,
        "missing": game.missing,
        "temperature": game.temperature,
        "moment": game.moment,
        "depth": game.depth,
        "action": here.action,
        "values": numbers(here.values),
        "greedy": game.greedy,
        "reward": number(here.reward),
        "sum": number(sum(each.reward for each in game.path[1:])),
        "continues": number(here.continues),
        "ended": here.ended,
        "trail": {
            "reward": [number(each.reward) if each.action is not None else None for each in behind],
            "continues": [number(each.continues) for each in behind],
        },
    }
    if game.agent.spec.pixels:
        return told | {"picture": as_sprite(as_pictures(game.branch.observations()))}
    vectors = [numbers(vector) for vector in game.branch.observations(TRAIL)]
    return told | {"vector": vectors[-1], "trail": {**told["trail"], "vector": vectors}}


def numbers(values: np.ndarray) -> list[float | None]:
    """Every one of `values` `[n]` as `number` has it."""
    return [number(value) for value in values]


def number(value: float) -> float | None:
    """Four decimals, None where it is not finite."""
    return round(float(value), 4) if math.isfinite(value) else None
