"""After which dreams a coin is expected: read from a world model that knows, and from one that does not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.environments.scrambles import slots
from worldmodel.experience import LatentState
from worldmodel.model import WorldModel, WorldModelSettings
from worldmodel.running.stories import tell
from worldmodel.studies import lab_coins
from worldmodel.studies.lab_coins import coins, dreamt, report_coins
from worldmodel.studies.lab_subject import Subject


@pytest.fixture
def subject():
    torch.manual_seed(0)
    spec = make_worlds(EnvironmentSettings(id="ReplayStory-v0", kwargs={"subject": 3}), 1, evaluation=False).spec
    small = WorldModelSettings(recurrent_units=8, variables=16, classes=8, units=32, memory=24, bins=11, bin_limit=2)
    subject = Subject(3, WorldModel(spec, small).eval(), {"subject": 3})
    subject.world_model.get_used_to(replace(tell(subject.test_day(), 0).movie))
    return subject


@pytest.fixture
def told(subject):
    return tell(subject.test_day(), 5)


@pytest.fixture
def where(subject):
    story = subject.test_day()
    story.reset(seed=5)
    return slots(story.rule)


class Knowing:
    """Foresees each sequence to its end, and puts 1 into the recurrent state where what is seen last pays.

    blurred: whether no object is seen clearly, so that the sequence that pays is mistaken for the other.
    """

    def __init__(self, told, posterior, where, blurred=False):
        self.told, self.posterior, self.states, self.blurred = told, posterior, torch.tensor(where) - 1, blurred

    def __call__(self, state, action):
        self.states = self.states + 1
        was = self.posterior[(self.states - 1).clamp(0, 7)]
        clear = (state.stochastic.unflatten(-1, (16, 8)).argmax(-1) == was.argmax(-1)).all(-1)
        pays = (self.states - 1) // 4 == self.told.rewarded
        recurrent = torch.zeros(8, 8)
        recurrent[:, 0] = ((self.states % 4 == 0) & (pays == clear)).float()
        codes = self.posterior[self.states.clamp(max=7)].clone()
        if self.blurred:
            codes[:, 0] = codes[:, 0].flip(-1)
        return LatentState.join(recurrent, torch.zeros(8, 128)), 50 * codes


@pytest.mark.parametrize(
    ("blurred", "last", "right"),
    [(False, "dreamt", True), (True, "dreamt", False), (True, "shown", True), (True, "copied", True)],
)
def test_coins_are_expected_where_they_are_if_the_last_object_is_clear(
    subject, told, where, monkeypatch, blurred, last, right
):
    model, rows = subject.world_model, lab_coins._when_shown(told)
    with torch.no_grad():
        every = torch.nn.functional.one_hot(model.encode(told.movie.observation).argmax(-1), 8).float()
        monkeypatch.setattr(model, "encode", lambda observation: every.log().clamp(min=-30))
        sure = every[0, rows].log().clamp(min=-30)
        monkeypatch.setattr(subject.world_model, "reward", lambda state: state.recurrent[:, 0])
        monkeypatch.setattr(subject.world_model, "foresee", Knowing(told, sure, where, blurred))
        ends = lab_coins._ends(subject.world_model, told, where, lab_coins._likeliest, last)
    pays, coin, same, other = ends.T
    assert (pays == (np.array(where) // 4 == told.rewarded)).all() and same.all() and not other.any()
    assert ((coin == pays) == right).all()


def test_the_likeliest_classes_are_seen():
    prior = torch.tensor([[[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]]).log()
    assert lab_coins._likeliest(prior).tolist() == [[[0, 1, 0], [1, 0, 0]]]


def test_shares_of_an_untrained_subject(subject):
    found = json.loads(json.dumps(coins(subject, stories=6)))
    assert found["lived"] == {"rewarded": 0.0, "neutral": 0.0} and 0 < found["looks"] < 1
    assert found["cued"]["rewarded"] == found["cued"]["neutral"] == 0
    assert found["cued"]["stories with no neutral coin"] == 1
    assert set(found["uncued"]) == {"right last object", "other end"}
    assert 0 <= dreamt(subject, 3, 1)["right last object"] < 0.6


def test_a_share_of_no_dreams_is_unknown_and_no_number(subject, monkeypatch):
    """Every last object is that of the other sequence."""
    wrong = np.tile([0, 1, 0, 1], (8, 1))
    monkeypatch.setattr(lab_coins, "_ends", lambda *arguments: wrong)
    found = dreamt(subject, 2, 1)
    assert found["rewarded"] is found["neutral, right last object"] is None and found["neutral"] == 1
    assert lab_coins._percent(found["rewarded"]) == "unknown"


def test_every_run_is_said_and_written(tmp_path, monkeypatch, subject):
    monkeypatch.setattr(lab_coins, "open_subject", lambda run: subject)
    monkeypatch.setattr(lab_coins, "coins", lambda subject: coins(subject, stories=6))
    said = []
    file = report_coins([tmp_path / "a", tmp_path / "b"], tmp_path / "results" / "coins.json", said.append)
    assert [each["run"] for each in json.loads(file.read_text())] == ["a", "b"]
    assert len(said) == 2 and "after lived walks 0.0%, 0.0%; dreams 0.0%" in said[0]
