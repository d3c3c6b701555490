"""Results of cells: what is read from a run's record, and files that come back as they were."""

import json
from pathlib import Path

import pytest
from tiny_runs import counter_session

from worldmodel.errors import FileError
from worldmodel.studies.cell_results import CellResult, Evaluation, collect, read_result, read_results, write_result
from worldmodel.studies.suites import Cell


def example(**changes) -> CellResult:
    evaluations = [Evaluation(100, 10, 5.0, [1.0, 2.0]), Evaluation(200, 20, 11.0, [3.0, 5.0])]
    plain = {"suite": "s", "game": "g", "method": "share-0.5", "share": 0.5, "seed": 0, "settings_hash": "h"}
    rest = {"wall_seconds": 12.0, "protocol": {"kwargs": {}}, "machine": "m", "versions": {"python": "3"}}
    return CellResult(**{**plain, **rest, "evaluations": evaluations, **changes})


def test_a_result_comes_back_as_it_was(tmp_path):
    file = tmp_path / "game" / "method" / "seed-0.json"
    write_result(example(), file)
    assert read_result(file) == example() and read_results(tmp_path) == [example()]


def test_the_score_at_a_moment_lies_on_a_line_between_evaluations():
    """1.5 after 5 seconds, 4 after 11: 1.5 + 2.5 / 6 after 6."""
    assert example().last.mean == 4
    assert [example().score_at(seconds) for seconds in (0, 5, 6, 11, 99)] == [1.5, 1.5, pytest.approx(23 / 12), 4, 4]


def test_older_results_have_no_processor_time(tmp_path):
    file = tmp_path / "seed-0.json"
    write_result(example(), file)
    plain = json.loads(file.read_text())
    for evaluation in plain["evaluations"]:
        del evaluation["processor_seconds"]
    file.write_text(json.dumps(plain))
    assert read_result(file) == example()
    assert example().seconds("processor") == [] and example().seconds("wall") == [5, 11]


def test_a_run_gives_every_score_and_its_learning_time(tmp_path):
    session = counter_session(tmp_path / "run", trainer={"evaluate_every": 100})
    session.go()
    cell = Cell("Counter-v0", "share-0", 3, 0.0, (), "hash")
    found = collect("suite", cell, session.run)
    assert [evaluation.environment_step for evaluation in found.evaluations] == [100, 200]
    assert all(evaluation.scores == [evaluation.scores[0]] * len(evaluation.scores) for evaluation in found.evaluations)
    assert 0 < found.evaluations[0].wall_seconds < found.evaluations[1].wall_seconds <= found.wall_seconds + 1e-6
    assert 0 < found.seconds("processor")[0] < found.seconds("processor")[1] <= found.evaluations[1].wall_seconds + 0.1
    assert (found.game, found.seed, found.settings_hash) == ("Counter-v0", 3, "hash")
    assert found.protocol == session.run.spec().protocol and "torch" in found.versions
    assert (
        found.machine == session.run.machines()[0] and " threads" in found.machine and found.machine.endswith("-true")
    )


@pytest.mark.parametrize("content", ["", "{}", '{"format": 99}', "[1"])
def test_damaged_files_are_named(tmp_path, content):
    (tmp_path / "seed-0.json").write_text(content)
    with pytest.raises(FileError, match=r"seed-0\.json: is not a result of a suite"):
        read_results(tmp_path)


def test_an_empty_folder_says_what_to_run(tmp_path: Path):
    with pytest.raises(FileError, match="run the suite first"):
        read_results(tmp_path)
