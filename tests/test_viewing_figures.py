"""Figures as files."""

import pytest
from matplotlib.figure import Figure
from PIL import Image

from worldmodel.errors import StorageError
from worldmodel.viewing.figures import picture_and_drawing, save_figure


def figure():
    made = Figure(figsize=(2, 1))
    axes = made.subplots()
    axes.plot([0, 1], [1, 0], label="line")
    axes.fill_between([0, 1], [0, 0], [1, 1], alpha=0.3)
    axes.legend()
    return made


def test_a_figure_is_a_picture_and_a_drawing_beside_it_and_folders_are_made(tmp_path):
    paths = picture_and_drawing(tmp_path / "new" / "minatar-0.5")
    save_figure(figure(), *paths)
    assert [path.name for path in paths] == ["minatar-0.5.png", "minatar-0.5.svg"]
    with Image.open(paths[0]) as picture:
        assert picture.size == (280, 140)
    assert b"<svg" in paths[1].read_bytes()


def test_the_same_figure_is_the_same_file(tmp_path):
    for folder in ("one", "two"):
        save_figure(figure(), *picture_and_drawing(tmp_path / folder / "lines"))
    for name in ("lines.png", "lines.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert b"dc:date" not in (tmp_path / "one" / "lines.svg").read_bytes()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        save_figure(figure(), tmp_path / "file" / "lines.png")
