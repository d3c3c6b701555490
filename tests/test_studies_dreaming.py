from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from worldmodel import cli
from worldmodel.errors import FileError, StorageError
from worldmodel.studies.dreaming import film_run


def test_films_lie_in_the_run(copied_run: Path) -> None:
    paths = film_run(copied_run, films=3, horizon=4, seed=2)
    assert paths == [copied_run / "media" / f"dream-last-60-seed2.{kind}" for kind in ("gif", "png")]
    with Image.open(paths[0]) as film:
        # five moments are looked at, four are dreamt
        assert film.n_frames == 9  # type: ignore[attr-defined]


def test_dreams_end_with_their_episodes(copied_run: Path, tmp_path: Path) -> None:
    with Image.open(film_run(copied_run, output=tmp_path / "new", horizon=30)[0]) as film:
        assert 2 <= film.n_frames <= 11  # type: ignore[attr-defined]


def test_the_seed_decides_and_nothing_outside_is_moved(counter_run: Path, tmp_path: Path) -> None:
    torch.manual_seed(4)
    before = torch.get_rng_state()
    names = ("first", "second", "third")
    films = [film_run(counter_run, output=tmp_path / name, horizon=5, seed=name == "third") for name in names]
    assert torch.equal(torch.get_rng_state(), before)
    first, second, third = [paths[1].read_bytes() for paths in films]
    assert first == second != third


def test_what_a_world_model_alone_dreams(world_model_run: Path, tmp_path: Path) -> None:
    paths = film_run(world_model_run / "checkpoints" / "last", output=tmp_path)
    assert paths[0].name == "dream-last-10-seed0.gif" and all(path.is_file() for path in paths)


def test_without_experience_there_are_no_dreams(copied_run: Path) -> None:
    shutil.rmtree(copied_run / "experience")
    with pytest.raises(FileError, match=r"experience/spec.json cannot be read"):
        film_run(copied_run)


def test_a_folder_that_cannot_be_written(counter_run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/folder: cannot be written: .*; choose another folder"):
        film_run(counter_run, output=tmp_path / "file" / "folder")


def test_command(counter_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--checkpoint", "best", "--films", "2", "--horizon", "3", "--output", str(tmp_path)]
    assert cli.main(["dream", str(counter_run), *arguments]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == [str(tmp_path / f"dream-best-35-seed0.{kind}") for kind in ("gif", "png")]
    assert all(Path(line).stat().st_size > 0 for line in printed)
