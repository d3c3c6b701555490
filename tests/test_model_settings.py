"""What can be set about the world model."""

import dataclasses

from small_agent import tiny_settings

from worldmodel.model import WorldModelSettings


def test_an_even_number_of_bins_has_no_zero():
    assert tiny_settings(bins=11).problems() == []
    assert tiny_settings(bins=10).problems() == ["world_model.bins must be odd, so that one bin is zero (got 10)"]


def test_a_memory_and_places_do_not_go_together():
    assert tiny_settings(local_units=2).problems() == []
    assert "do not go together" in tiny_settings(local_units=2, memory=3).problems()[0]


def test_defaults_are_possible():
    given = [f for f in dataclasses.fields(WorldModelSettings) if f.metadata and f.default is not None]
    assert all(f.metadata["bounds"].problem(f.default) is None for f in given)
    assert WorldModelSettings().problems() == []
