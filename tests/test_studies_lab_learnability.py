"""The learning curve: same subjects and steps for every number of sets, and a curve of what was measured."""

import json
from pathlib import Path

import pytest

from worldmodel.errors import AnalysisError
from worldmodel.studies.benchmark_run import Workplace
from worldmodel.studies.lab_days import result_file
from worldmodel.studies.lab_learnability import Learnability, report_learnability


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent.parent)


def test_only_the_number_of_sets_differs():
    cells = Learnability((8, 32), seeds=2, first=5).days.cells
    assert {(cell.method, cell.seed) for cell in cells} == {(f"sets-{n}", seed) for n in (8, 32) for seed in (5, 6)}
    few, more = (list(cell.arguments) for cell in cells if cell.seed == 5)
    different = [(a, b) for a, b in zip(few, more, strict=True) if a != b]
    assert different == [("8", "32")] and few[few.index("8") - 1] == "--environment.kwargs.sets"


def test_the_curve_has_a_point_for_each_number_of_sets(tmp_path):
    place, said = Workplace("lab/learnability", tmp_path / "runs", tmp_path / "results"), []
    asked = Learnability((32, 8), seeds=2)
    with pytest.raises(AnalysisError, match="no subject of 8 sets has been measured"):
        report_learnability(asked, place, "command", said.append)
    for sets, forward in ((8, None), (32, 0.5)):
        for subject in (0, 1):
            file = result_file(place, f"sets-{sets}", subject)
            file.parent.mkdir(parents=True, exist_ok=True)
            order = {"rest 1, imagined": {"true": [forward if subject else 0.1, 0.0]}}
            file.write_text(json.dumps({"subject": subject, "query": {"0.5": sets / 32}, "sequenceness": order}))
    picture = report_learnability(asked, place, "command", said.append)
    assert picture == tmp_path / "results/lab/learnability.png" and picture.stat().st_size > 10_000
    assert picture.with_suffix(".svg").exists()
    found = json.loads(picture.with_suffix(".json").read_text())
    assert [point["sets"] for point in found["points"]] == [8, 32] and found["command"] == "command"
    assert found["points"][0]["forward"] == [0.1, None] and found["points"][1]["query"] == [1.0, 1.0]
    assert said == [
        "8 sets, 2 subjects: 25.0% right after share 0.5, D at lag 1 +0.100",
        "32 sets, 2 subjects: 100.0% right after share 0.5, D at lag 1 +0.300",
    ]
