"""The lab as a whole: which training days there are, and what is made of what was measured."""

import json
from pathlib import Path

import numpy as np
import pytest

from worldmodel.errors import AnalysisError
from worldmodel.studies.benchmark_run import Workplace
from worldmodel.studies.lab_days import result_file
from worldmodel.studies.replay_lab import FAST_LAB, NOT_TOLD, Lab, gather, report, strangers, true_pairs


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent.parent)


def example(subject: int, size: float = 0.8) -> dict:
    """Measurements with D of `size` in dreams."""
    g = np.random.default_rng(subject)
    weights = 0.02 * g.standard_normal((4, 8, 8))
    weights[0, [0, 1, 2, 4, 5, 6], [1, 2, 3, 5, 6, 7]] += size
    streams = [f"{rest}, {kind}" for rest in ("before", "rest 1", "rest 2") for kind in ("movie", "imagined")]
    values = {stream: {order: [size, 0.0, 0.0, 0.0] for order in ORDERS} for stream in [*streams, "rest 2, planned"]}
    runs = {"forward": [9, 5, 2], "backward": [0, 0, 0], "relabelled": [1.0, 0.5, 0.1]}
    return {
        "subject": subject,
        "sequenceness": values,
        "weights": weights.tolist(),
        "runs": dict.fromkeys(streams, runs),
        "query": {"0.0": 0.5, "0.5": 1.0, "1.0": 1.0},
        "slots": g.permutation(8).tolist(),
        "structure": {"position": 0.9 + 0.01 * subject, "sequence": None if subject == 1 else 0.8},
        "transfer": [0.1, 0.0, 0.0, 0.0],
    }


ORDERS = ("true", "visual", "rewarded", "neutral")


def numbers(lab: Lab) -> list[tuple[str, int]]:
    return [(cell.method, cell.seed) for cell in lab.days.cells]


def test_controls_are_fewer_and_fresh_subjects_begin_where_the_others_end():
    assert numbers(Lab(seeds=2, controls=1, first=21)) == [
        ("rule", 21),
        ("shuffled-rule", 21),
        ("no-rule", 21),
        ("rule", 22),
    ]
    assert len(numbers(Lab(seeds=3, controls=2))) == 3 + 2 * 2


def test_a_fast_run_is_three_subjects_with_less_training_and_measurement():
    assert numbers(FAST_LAB) == [("rule", 0), ("rule", 1), ("rule", 2)] and list(FAST_LAB.days.untrained) == [0]
    assert FAST_LAB.extent.plans < Lab().extent.plans
    assert all("--trainer.replay_ratio" in cell.arguments for cell in FAST_LAB.days.cells)
    assert not any("--trainer.replay_ratio" in cell.arguments for cell in Lab(1, 1).days.cells)


def test_pictures_are_a_configuration_on_top_of_that_of_vectors():
    vectors, images = (Lab(1, 1, images=images).days.cells[0].arguments for images in (False, True))
    assert vectors.count("--config") == 1 and images.count("--config") == 2
    assert images.index("configs/replay_lab_images.yaml") > images.index("configs/replay_lab.yaml")


def test_measurements_as_arrays():
    measured = gather([example(0), example(1)])
    effects = measured.effects["rest 1, imagined", "true"]
    assert effects.shape == (2, 4) and effects[:, 0].tolist() == [0.8, 0.8]
    assert measured.weights.shape == (2, 4, 8, 8) and measured.runs.tolist() == [4.5, 4.5]
    assert measured.structure["sequence"][0] == 0.8 and np.isnan(measured.structure["sequence"][1])
    assert measured.transfer.shape == (2, 4)


def test_without_dreams_nothing_is_told_of_their_order():
    silent = {**example(0), "weights": None}
    with pytest.raises(AnalysisError, match="subject 0 dreamt of too few objects"):
        gather([silent, example(1)])


def test_the_order_of_a_stranger_is_read_from_the_same_slots():
    """If both have the same slots the stranger's order is one's own; else it is another."""
    same = [{**example(number), "slots": list(range(8))} for number in range(2)]
    assert (strangers(same)[:, 0] > 0.7).all()
    assert (np.abs(strangers([example(number) for number in range(8)])[:, 0]) < 0.5).all()


def test_no_true_pair_is_shown_on_a_test_day():
    assert sum(true_pairs(subject) for subject in range(10)) == 0


@pytest.fixture
def place(tmp_path):
    """Six subjects have been measured."""
    place = Workplace("lab", tmp_path / "runs", tmp_path / "results")
    for number in range(6):
        file = result_file(place, "rule", number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(example(number)))
    return place


def test_without_measurements_there_is_no_report(tmp_path):
    with pytest.raises(AnalysisError, match="no subject has been measured"):
        report(Workplace("lab", tmp_path, tmp_path), "command", fast=False, say=print)


def test_the_report_is_a_page_a_figure_and_numbers(place):
    said = []
    page = report(place, "python -m worldmodel replay-lab", fast=False, say=said.append)
    found = json.loads((page.parent / "replay_lab.json").read_text())
    assert found["subjects"] == 6 and found["true_pairs_on_test_days"] == 0 and found["fast"] is False
    assert {each["name"]: each["verdict"] for each in found["criteria"]}["C1"] == "holds"
    assert (page.parent / "sequenceness.svg").exists() and "6 subjects" in page.read_text()
    assert len(said) == 8 and said[0].startswith("C1 holds: D at lag 1 +0.800")


def test_of_a_fast_run_no_verdict_is_given_anywhere(place):
    said = []
    page = report(place, "python -m worldmodel replay-lab --fast", fast=True, say=said.append)
    found = json.loads((page.parent / "replay_lab.json").read_text())
    assert found["fast"] is True and {each["verdict"] for each in found["criteria"]} == {NOT_TOLD}
    assert all(NOT_TOLD in words for words in said) and len(said) == 8
    assert page.read_text().count(NOT_TOLD) >= 8 and "too few subjects" in page.read_text()
