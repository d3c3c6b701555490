"""One subject that has learned nothing yet: everything is measured, as plain types, and without claims."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.model import WorldModel, WorldModelSettings
from worldmodel.running.stories import tell
from worldmodel.studies.lab_subject import LAGS, Extent, Subject, localise, measure

LITTLE = Extent(rest_steps=6, plans=2, localisers=4, walks=60)


@pytest.fixture
def subject():
    torch.manual_seed(0)
    settings = EnvironmentSettings(id="ReplayStory-v0", kwargs={"subject": 3})
    spec = make_worlds(settings, 1, evaluation=False).spec
    small = WorldModelSettings(recurrent_units=8, variables=16, classes=8, units=32, memory=24, bins=11, bin_limit=2)
    model = WorldModel(spec, small).eval()
    subject = Subject(3, model, {"subject": 3})
    movie = tell(subject.test_day(), 0).movie
    model.get_used_to(replace(movie))
    return subject


def test_everything_is_measured(subject):
    found = json.loads(json.dumps(measure(subject, LITTLE)))
    streams = {f"{rest}, {kind}" for rest in ("before", "rest 1", "rest 2") for kind in ("movie", "imagined")}
    assert set(found["sequenceness"]) == streams | {"rest 2, planned"}
    for orders in found["sequenceness"].values():
        assert set(orders) == {"true", "visual", "rewarded", "neutral"}
        assert all(len(values) == len(LAGS) for values in orders.values())
    assert found["subject"] == 3 and sorted(found["slots"]) == list(range(8))
    assert all(0 <= right <= 1 for right in found["query"].values()) and len(found["query"]) == 3


def test_movies_run_the_order_of_presentation_even_untrained(subject):
    """What is seen is decoded from the frame alone, so that movies need no learning."""
    found = measure(subject, LITTLE)["sequenceness"]["rest 1, movie"]
    assert found["visual"][0] > 0.3 > abs(found["true"][0])


def test_objects_are_told_apart(subject):
    _, accuracy = localise(subject, 4)
    assert accuracy > 0.6 and np.isfinite(accuracy)
