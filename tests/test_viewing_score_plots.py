"""Plots of suites: the numbers in them, and the files."""

import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from worldmodel.viewing import score_plots
from worldmodel.viewing.score_plots import draw_learning_curves, draw_scores_by_share

CURVES = {
    f"Game{number}": {"share-0": [(10, [0.0, 2.0]), (20, [3.0, 5.0])], "share-1": [(10, [1.0]), (20, [2.0])]}
    for number in range(5)
}
SHARES = {"Game": [(0.0, [1.0, 2.0]), (0.5, [5.0, 7.0]), (1.0, [3.0, 3.0])]}


@pytest.fixture
def drawn(monkeypatch):
    """Every figure that is saved."""
    found = []
    save = score_plots.save_figure
    monkeypatch.setattr(score_plots, "save_figure", lambda figure, *paths: (found.append(figure), save(figure, *paths)))
    return found


def test_learning_curves_are_means_over_runs(tmp_path, drawn):
    draw_learning_curves(CURVES, tmp_path / "curves")
    panels = [axes for axes in drawn[0].axes if axes.get_visible() and axes.lines]
    assert [axes.get_title() for axes in panels] == list(CURVES)
    mixture, dreams = panels[0].lines
    assert mixture.get_xydata().tolist() == [[10, 1], [20, 4]] and dreams.get_xydata().tolist() == [[10, 1], [20, 2]]
    assert [text.get_text() for text in panels[0].get_legend().get_texts()] == ["share-0", "share-1"]


def test_a_method_has_one_colour_in_all_panels(tmp_path, drawn):
    """The second game lacks the first method, so that counting lines anew in each panel would give it another."""
    draw_learning_curves({"A": CURVES["Game0"], "B": {"share-1": CURVES["Game0"]["share-1"]}}, tmp_path / "curves")
    first, second = drawn[0].axes[:2]
    assert first.lines[1].get_color() == second.lines[0].get_color() != first.lines[0].get_color()


def test_scores_by_share_show_every_run(tmp_path, drawn):
    draw_scores_by_share(SHARES, tmp_path / "shares")
    mean, *dots = drawn[0].axes[0].lines
    assert mean.get_xydata().tolist() == [[0, 1.5], [0.5, 6], [1, 3]]
    assert [dot.get_xydata().tolist() for dot in dots][1] == [[0.5, 5], [0.5, 7]]


def test_a_picture_and_a_drawing_are_written(tmp_path):
    draw_scores_by_share(SHARES, tmp_path / "shares")
    with Image.open(tmp_path / "shares.png") as picture:
        assert picture.width > 300
    assert ET.parse(tmp_path / "shares.svg").getroot().tag.endswith("svg")
