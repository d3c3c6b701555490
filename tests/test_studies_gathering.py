from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_replay import STATES, gathered, named

from worldmodel.errors import AnalysisError
from worldmodel.running.players import separate_randomness
from worldmodel.studies.dreaming import lay_down
from worldmodel.studies.gathering import gather, make_states, untrained, usable_lags


@pytest.fixture(scope="module")
def found(counter_run):
    with separate_randomness(0):
        return gather(lay_down(counter_run), 0)


def test_life_is_halved_and_movies_are_those_of_the_ledger(found):
    assert "ledger" in found.source and len(found.life.latents) + len(found.left_out.latents) > 150
    assert abs(int(found.life.event.max()) - int(found.left_out.event.max())) <= 1
    assert len(found.dreams.until) == int(found.dreams.stream.event.max()) + 1 > 100


def test_an_old_run_without_a_ledger_has_movies_drawn_in_its_order(counter_run, monkeypatch):
    monkeypatch.setattr("worldmodel.studies.gathering.load_ledger", lambda run: None)
    with separate_randomness(0):
        old = gather(lay_down(counter_run), 0)
    assert "drawn anew" in old.source and "uniform" in old.source and len(old.movies.latents) > 100


def test_an_untrained_network_is_another_one_and_dreams_to_the_end(counter_run, found):
    dreamer = lay_down(counter_run)
    with separate_randomness(0):
        fresh = gather(untrained(dreamer, 0), 0, reached=0)
    assert not np.array_equal(fresh.life.latents, found.life.latents)
    assert (np.bincount(fresh.dreams.stream.event) == dreamer.settings.agent.horizon + 1).all()


def test_the_ring_is_found_in_the_latents():
    states = named()
    assert states.order.sum() == STATES and (states.order.sum(0) == 1).all() and (states.order.sum(1) == 1).all()
    assert usable_lags(states) == [1, 2, 3, 4, 5, 6]


def test_lags_end_where_movies_do():
    states = named()
    short = (states.movies[0], np.repeat(np.arange(160), 3))
    assert usable_lags(replace(states, movies=short)) == [1, 2]
    with pytest.raises(AnalysisError, match="lower --states"):
        usable_lags(replace(states, movies=(states.movies[0], np.arange(480))))


def test_more_states_than_latents_are_refused():
    with pytest.raises(AnalysisError, match="fewer than 900 clusters"):
        make_states(gathered(), 900, 0)
