"""What a report claims, from results whose answer is known."""

import json

import pytest
from test_studies_cell_results import example
from test_studies_comparisons import arms, result

from worldmodel.errors import FileError
from worldmodel.studies.benchmark_report import report_on, tabulate
from worldmodel.studies.cell_results import Evaluation, write_result


def test_other_budgets_are_not_mixed_in_silently():
    other = example(game="g", method="share-0", share=0.0, seed=1, evaluations=[Evaluation(7, 7, 1.0, [1.0])])
    with pytest.raises(FileError, match="seeds 0 and 1 had other budgets"):
        tabulate([result("share-0", 0, 1.0), other])


def test_the_report_is_written_with_its_plots(tmp_path):
    for each in arms(mixture=[30, 31, 32], movies=[1, 2, 2], dreams=[9, 9, 9], game="ALE/Pong-v5"):
        write_result(each, tmp_path / "results" / each.method / f"seed-{each.seed}.json")
    text = report_on(tmp_path / "results", tmp_path / "report")
    assert "ALE/Pong-v5: share-0.5 scores higher than share-0 at equal gradient steps: holds" in text
    assert "| ALE/Pong-v5 | share-0.5 | 31.00 |" in text and "| share-0.5 | 1.465" in text  # (31 + 20.7) / 35.3
    assert "| DIAMOND, published | 1.1" in text and "| Simulus, published | 1.1" in text  # both at about 20 points
    written = {path.name for path in (tmp_path / "report").iterdir()}
    assert written == {"report.md", "report.json"} | {
        f"{name}.{kind}" for name in ("learning-curves", "score-by-share") for kind in ("png", "svg")
    }
    scores = json.loads((tmp_path / "report" / "report.json").read_text())["scores"]
    assert scores["ALE/Pong-v5"]["share-0.5"] == {"0": 30, "1": 31, "2": 32}
