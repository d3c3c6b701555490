import numpy as np
import pytest
from small_replay import gathered, named

from worldmodel.errors import AnalysisError
from worldmodel.studies.direction_part import KINDS, direction_part
from worldmodel.studies.order_part import UNTRAINED


def part(dreams=1, until=None, untrained=None):
    found = gathered(dreams).dreams
    return direction_part(
        "direction", "?", named(dreams), found.until if until is None else until, found.since, 10, untrained
    )


def test_shares_of_forward_dreams_and_of_those_near_rewards():
    told = part(untrained=named(-1))
    streams = told.found["streams"]
    assert streams["dreams"]["forward_of_decided"] > 0.85 and streams[UNTRAINED]["forward_of_decided"] < 0.15
    assert streams["dreams, ≤ 10 before reward"]["events"] == streams["dreams, ≤ 10 after reward"]["events"] == 30
    assert "cannot be told apart" in told.says and "left-out life has" in told.says
    for row in told.figures[0]["rows"]:
        assert sum(row["shares"]) == pytest.approx(1) and len(row["shares"]) == len(KINDS)


def test_reverse_dreams_are_told_as_such():
    assert part(-1).found["streams"]["dreams"]["forward_of_decided"] < 0.15


def test_without_dreams_near_rewards_the_rest_is_told():
    told = part(until=np.full(60, 99))
    assert "Too few dreams began near" in told.says and "dreams, ≤ 10 before reward" in told.found["too_few"]
    assert len(told.rows) == 4


def test_too_few_dreams_are_refused():
    states = named()
    few = states.dreams[1] < 3
    cut = type(states)(**{**vars(states), "dreams": (states.dreams[0][few], states.dreams[1][few])})
    with pytest.raises(AnalysisError, match="only 3 events"):
        direction_part("direction", "?", cut, np.zeros(3), np.zeros(3), 10)
