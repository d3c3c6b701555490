"""Report cards of real runs."""

from pathlib import Path

import pytest

from worldmodel import cli
from worldmodel.errors import FileError
from worldmodel.running.metrics_file import read_metrics
from worldmodel.studies.report import report_run


def test_a_run_tells_its_score_what_it_learned_from_and_how_to_repeat_it(copied_run: Path) -> None:
    text = report_run(copied_run).read_text()
    assert (copied_run / "report.html").is_file()
    assert '<p class="score">10.00</p>' in text and "Mean score of 3 whole games" in text
    rows = read_metrics(copied_run / "metrics.jsonl")
    movies = [row["replay/movie_transitions"] for row in rows if "replay/movie_transitions" in row][-1]
    assert movies > 0 and f"{movies:,.0f} recorded and" in text
    assert "200 environment steps, 60 gradient steps, seed 0" in text
    assert f"python train.py --config {copied_run}/config.yaml" in text and "This is one seed." in text


def test_where_nobody_acts_nobody_is_evaluated(world_model_run: Path, tmp_path: Path) -> None:
    text = report_run(world_model_run, tmp_path / "card.html").read_text()
    assert "Nobody was evaluated." in text and "worldmodel evaluate" not in text


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        report_run(tmp_path / "nowhere")


def test_command(counter_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(counter_run), "--output", str(tmp_path / "card.html")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "card.html") and (tmp_path / "card.html").is_file()
