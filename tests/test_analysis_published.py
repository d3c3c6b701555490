"""Published scores, and the aggregates that were published of the same runs."""

from __future__ import annotations

import numpy as np
import pytest

from worldmodel.analysis.published import human_normalised, normalised_scores, published
from worldmodel.analysis.score_statistics import interquartile_mean, optimality_gap
from worldmodel.running.statistics import summarise

GAMES = list(published()["Human"].scores)


def test_there_are_26_games_and_every_method_names_its_source() -> None:
    assert len(GAMES) == 26
    assert all(found.source and set(found.scores) <= set(GAMES) for found in published().values())


@pytest.mark.parametrize(
    ("method", "mean", "median", "middle", "gap"),
    [
        # Micheli et al. 2023, arXiv:2209.00588, table 1
        ("IRIS", 1.046, 0.289, 0.501, 0.512),
        ("SPR", 0.616, 0.396, 0.337, 0.577),
        ("SimPLe", 0.332, 0.134, 0.130, 0.729),
    ],
)
def test_aggregates_are_those_of_the_paper(method: str, mean: float, median: float, middle: float, gap: float) -> None:
    """The paper averages the runs of a game for mean and median."""
    scores = normalised_scores(method, GAMES)
    assert scores.mean() == pytest.approx(mean, abs=0.002)
    assert np.median(scores.mean(0)) == pytest.approx(median, abs=0.002)
    assert interquartile_mean(scores) == pytest.approx(middle, abs=0.005)
    assert optimality_gap(scores) == pytest.approx(gap, abs=0.005)


@pytest.mark.parametrize("environment", ["ALE/Pong-v5", "ALE/Pong"])
def test_between_chance_and_people(environment: str) -> None:
    assert human_normalised(-20.7, environment) == 0
    assert human_normalised(14.6, environment) == 1
    assert human_normalised((14.6 - 20.7) / 2, environment) == pytest.approx(0.5)
    assert summarise([14.6], environment).human_normalised == 1


@pytest.mark.parametrize("environment", ["CartPole-v1", "MinAtar/Breakout", "ALE/Tetris-v5", "ALE/NoGame-v5"])
def test_games_nobody_published(environment: str) -> None:
    assert human_normalised(1.0, environment) is None
