"""Training days: whose they are, and that each subject is measured once."""

import json
from pathlib import Path

import pytest

from worldmodel.errors import FileError
from worldmodel.studies import lab_days
from worldmodel.studies.benchmark_run import Workplace
from worldmodel.studies.lab_days import Days, measure_days, read_measured, result_file

RULES = {"rule": {}, "no-rule": {"environment.kwargs.walks": 0}}


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent.parent)


@pytest.fixture
def place(tmp_path):
    return Workplace("lab", tmp_path / "runs", tmp_path / "results")


def test_every_subject_has_a_rule_of_its_own():
    cells = Days({"rule": range(2, 4), "no-rule": range(3, 4)}, RULES, {"trainer.log_every": 7}).cells
    assert [(cell.method, cell.seed) for cell in cells] == [("rule", 2), ("rule", 3), ("no-rule", 3)]
    for cell in cells:
        words = list(cell.arguments)
        assert words[words.index("--environment.kwargs.subject") + 1] == str(cell.seed)
        assert words[words.index("--trainer.log_every") + 1] == "7"


def test_every_subject_is_measured_once_and_untrained_ones_beside(place, monkeypatch):
    said = []
    monkeypatch.setattr(lab_days, "open_subject", lambda run, trained: (run, trained))
    monkeypatch.setattr(lab_days, "measure", lambda subject, extent: {"trained": subject[1], "extent": extent.plans})
    days = Days({"rule": range(2), "no-rule": range(1)}, RULES, untrained=range(1))
    for _ in range(2):
        measure_days(days, place, said.append)
    measured = ("rule, subject 0", "untrained, subject 0", "no-rule, subject 0", "rule, subject 1")
    assert said == [f"measured {each}" for each in measured]
    assert json.loads(result_file(place, "untrained", 0).read_text()) == {"trained": False, "extent": 48}
    assert json.loads(result_file(place, "rule", 1).read_text())["trained"]


def test_measurements_are_read_by_number_and_others_refused(place):
    assert read_measured(place, "rule") == []
    for number in (10, 9):
        file = result_file(place, "rule", number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"subject": number}))
    assert [each["subject"] for each in read_measured(place, "rule")] == [9, 10]
    file.write_text('{"subject": "nine"}')
    with pytest.raises(FileError, match=r"subject-9\.json: holds no measurements"):
        read_measured(place, "rule")
