from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from worldmodel.viewing.curves import write_curves
from worldmodel.viewing.dream import Dream


def dream_of(clips: int, length: int, entries: int, context: int = 3) -> Dream:
    truth = np.random.default_rng(0).normal(size=(clips, length, entries)).astype(np.float32)
    return Dream(truth, truth + 0.1, truth + 0.2, context)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[list[Axes]]:
    """The axes of every figure that was saved."""
    figures: list[list[Axes]] = []
    save = Figure.savefig

    def saving(self: Figure, *arguments: object, **keywords: object) -> None:
        figures.append(self.axes)
        save(self, *arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", saving)
    return figures


def test_a_column_per_clip_and_a_row_per_entry(tmp_path: Path, drawn: list[list[Axes]]) -> None:
    path = write_curves(dream_of(3, 10, 2), tmp_path / "curves.png")
    (axes,) = drawn
    assert len(axes) == 6 and [axis.get_ylabel() for axis in axes[::3]] == ["entry 0", "entry 1"]
    with Image.open(path) as image:
        assert image.format == "PNG" and image.width > 900 and np.asarray(image.convert("L")).min() < 50


def test_curves_are_what_happened_and_what_was_dreamt(tmp_path: Path, drawn: list[list[Axes]]) -> None:
    dream = dream_of(2, 10, 2)
    write_curves(dream, tmp_path / "curves.png")
    truth, reconstruction, imagination = drawn[0][3].lines[:3]
    assert np.array_equal(truth.get_ydata(), dream.truth[1, :, 1])
    assert np.array_equal(reconstruction.get_ydata(), dream.reconstruction[1, :, 1])
    # it begins at the last moment that was looked at
    assert list(imagination.get_xdata()) == list(range(2, 10))
    assert np.array_equal(imagination.get_ydata(), dream.imagination[1, 2:, 1])
    # an entry has one scale in all clips
    assert drawn[0][2].get_ylim() == drawn[0][3].get_ylim() != drawn[0][0].get_ylim()


def test_only_the_first_entries_of_long_vectors_are_shown(tmp_path: Path, drawn: list[list[Axes]]) -> None:
    write_curves(dream_of(1, 5, 30), tmp_path / "curves.png")
    assert len(drawn[0]) == 8
    assert "the first 8 of 30 entries" in drawn[0][0].figure.get_supxlabel()  # type: ignore[union-attr]


def test_the_shortest_dream(tmp_path: Path, drawn: list[list[Axes]]) -> None:
    write_curves(dream_of(1, 2, 1, context=1), tmp_path / "curves.png")
    assert list(drawn[0][0].lines[2].get_xdata()) == [0, 1]
