"""After which dreams a coin is expected: read from a world model that knows, and from one that does not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.experience import LatentState
from worldmodel.model import WorldModel, WorldModelSettings
from worldmodel.running.stories import tell
from worldmodel.studies import lab_coins
from worldmodel.studies.lab_coins import coins, drawn, dreamt, likeliest, report_coins
from worldmodel.studies.lab_subject import Subject


@pytest.fixture
def subject():
    torch.manual_seed(0)
    spec = make_worlds(EnvironmentSettings(id="ReplayStory-v0", kwargs={"subject": 3}), 1, evaluation=False).spec
    small = WorldModelSettings(recurrent_units=8, variables=16, classes=8, units=32, memory=24, bins=11, bin_limit=2)
    subject = Subject(3, WorldModel(spec, small).eval(), {"subject": 3})
    subject.world_model.get_used_to(replace(tell(subject.test_day(), 0).movie))
    return subject


def knowing(told, codes, where):
    """Steps of dreams that run each sequence to its end, and put 1 into the recurrent state for the coin."""
    place = {"states": None}

    def step(world_model, state, action):
        states = torch.tensor(where) if place["states"] is None else place["states"] + 1
        over = (states % 4 == 0) & (place["states"] is not None)
        place["states"] = states
        seen = torch.nn.functional.one_hot(codes[states.clamp(max=7)], 8).flatten(-2).float()
        recurrent = torch.zeros(8, 8)
        recurrent[:, 0] = (over & ((states - 1) // 4 == told.rewarded)).float()
        return LatentState.join(recurrent, seen)

    return step


def test_a_subject_that_knows_expects_coins_where_they_are(subject, monkeypatch):
    told = tell(subject.test_day(), 5)
    story = subject.test_day()
    story.reset(seed=5)
    where = lab_coins.slots(story.rule)
    codes = lab_coins._codes(told, subject.world_model.observe(told.movie).posterior[0])
    monkeypatch.setattr(subject.world_model, "reward", lambda state: state.recurrent[:, 0])
    with torch.no_grad():
        ends = lab_coins._ends(subject.world_model, told, where, knowing(told, codes, where))
    pays, coin, right, other = ends.T
    assert pays.sum() == 4 and (coin == pays).all() and right.all() and not other.any()
    assert (pays == (np.array(where) // 4 == told.rewarded)).all()


def test_what_was_shown_is_the_likeliest_where_the_prior_is_sure(subject):
    """Both steps agree for a prior that is sure, and differ in the latent alone for one that is not."""
    model = subject.world_model
    with torch.no_grad():
        state = model.observe(tell(subject.test_day(), 0).movie).latent[:, -1]
        action = torch.zeros(1, dtype=torch.long)
        torch.manual_seed(1)
        one, other = drawn(model, state, action), likeliest(model, state, action)
        again = likeliest(model, state, action)
    assert torch.equal(other.features, again.features) and torch.equal(one.recurrent, other.recurrent)
    assert not torch.equal(one.stochastic, other.stochastic)
    assert torch.equal(other.table.entries[:, :-1], one.table.entries[:, :-1])


def test_shares_of_an_untrained_subject(subject):
    found = json.loads(json.dumps(coins(subject, stories=6)))
    assert found["lived"] == {"rewarded": 0.0, "neutral": 0.0} and 0 < found["looks"] < 1
    assert found["cued, drawn"]["rewarded"] == found["cued, drawn"]["neutral"] == 0
    assert found["cued, drawn"]["stories with no neutral coin"] == 1
    assert set(found["uncued, drawn"]) == {"right last object", "other end"}
    assert 0 <= dreamt(subject, 3, 1, drawn)["right last object"] < 0.6


def test_every_run_is_said_and_written(tmp_path, monkeypatch, subject):
    monkeypatch.setattr(lab_coins, "open_subject", lambda run: subject)
    monkeypatch.setattr(lab_coins, "coins", lambda subject: coins(subject, stories=6))
    said = []
    file = report_coins([tmp_path / "a", tmp_path / "b"], tmp_path / "results" / "coins.json", said.append)
    assert [each["run"] for each in json.loads(file.read_text())] == ["a", "b"]
    assert len(said) == 2 and "coin after lived walks: rewarded 0.0%" in said[0]
