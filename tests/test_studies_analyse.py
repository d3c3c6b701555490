from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_runs import counter_session

from worldmodel import cli
from worldmodel.errors import FileError, StorageError
from worldmodel.studies.analyse import NO_PLACE, analyse_run

KEYS = ["states", "order", "direction", "coverage", "speed"]


@pytest.fixture(scope="module")
def corridor_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a few gradient steps in a corridor of seven places."""
    environment = {"id": "Corridor-v0", "kwargs": {"bins": 7, "max_steps": 60, "size": 16}}
    session = counter_session(
        tmp_path_factory.mktemp("runs") / "corridor",
        environment=environment,
        data={"sequence_length": 12, "capacity": 4000},
        trainer={"max_steps": 1500, "replay_ratio": 0.05, "checkpoint_every": 1500, "evaluate_every": 1500},
    )
    session.go()
    return session.run.path


@pytest.fixture(scope="module")
def analysed(corridor_run: Path):
    return analyse_run(corridor_run, states=6)


def test_a_corridor_is_analysed_with_page_pictures_and_numbers(corridor_run: Path, analysed) -> None:
    files, found = analysed
    folder = corridor_run / "analysis"
    assert files[0] == folder / "analysis.html" and folder / "analysis.json" in files
    assert all(file.exists() for file in files) and folder / "place-agent.png" in files
    assert (
        list(found["parts"]) == [*KEYS, "place-0", "together"]
        and json.loads((folder / "analysis.json").read_text()) == found
    )
    code = found["parts"]["place-0"]["code"]
    assert (
        3 <= code["visited"] <= 7
        and code["laps"] == 8
        and found["facts"]["Places"].endswith("8 games played for this, epsilon 0.02")
    )
    assert "--states=6" in found["command"]


def test_the_same_seed_finds_the_same(corridor_run: Path, analysed, tmp_path: Path) -> None:
    _, again = analyse_run(corridor_run, states=6, output=tmp_path / "again")
    assert again["parts"] == analysed[1]["parts"]


def test_a_run_with_too_little_says_what_is_left_out(counter_run: Path, tmp_path: Path, capsys) -> None:
    assert cli.main(["analyse", str(counter_run), "--states", "300", "--json", "--output", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "fewer than 300 clusters" in found["parts"]["order"]["left_out"]
    assert found["parts"]["place"]["left_out"] == NO_PLACE
    page = (tmp_path / "analysis.html").read_text()
    assert "Left out: " in page and NO_PLACE in page


def test_a_world_model_alone_dreams_at_random(world_model_run: Path, tmp_path: Path) -> None:
    _, found = analyse_run(world_model_run, states=4, output=tmp_path)
    assert "nobody acts" in found["facts"]["Dreams"] and set(found["parts"]) == {*KEYS, "place", "together"}


def test_what_cannot_be_read_or_written_is_one_line(counter_run: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        analyse_run(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        analyse_run(counter_run, states=4, output=tmp_path / "file")
