"""Scores that others published on the 26 games of the Atari 100k benchmark, with their sources."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

HUMAN_BY = "Wang et al. 2016, arXiv:1511.06581"
"""Where the scores of random play and of people, the two ends of the human-normalised score, were published."""


@dataclass(frozen=True)
class Published:
    """One method.

    source: repository and file that the scores were read from; `note`, what must be known about them.
    scores: of every run that was published, by game; one where only the mean was.
    """

    source: str
    note: str
    scores: dict[str, list[float]]


@cache
def published() -> dict[str, Published]:
    """All methods by name, "Random" and "Human" among them."""
    data = json.loads(resources.files("worldmodel.analysis").joinpath("published_scores.json").read_text("utf-8"))
    return {
        method: Published(
            found["source"],
            found.get("note", ""),
            {game: scores if isinstance(scores, list) else [scores] for game, scores in found["scores"].items()},
        )
        for method, found in data.items()
    }


def game_of(environment: str) -> str | None:
    """The game of an id such as "ALE/Pong-v5" where it is one of the 26, else None."""
    game = environment.removeprefix("ALE/").split("-")[0]
    return game if environment.startswith("ALE/") and game in published()["Human"].scores else None


def human_normalised(score: float, environment: str) -> float | None:
    """0 is the published score of random play, 1 that of a professional tester (`HUMAN_BY`); None for other games."""
    game = game_of(environment)
    if game is None:
        return None
    (random,), (human,) = (published()[player].scores[game] for player in ("Random", "Human"))
    return (score - random) / (human - random)


def normalised_scores(method: str, games: list[str]) -> np.ndarray:
    """Human-normalised scores `[R, G]` of a method on `games`, R being the fewest runs it has on any of them.

    Raises KeyError where it has none on one of them.
    """
    scores = published()[method].scores
    rows = min(len(scores[game]) for game in games)
    columns = [[human_normalised(score, f"ALE/{game}") for score in scores[game][:rows]] for game in games]
    return np.array(columns, float).T
