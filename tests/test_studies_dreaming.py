from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from worldmodel import cli
from worldmodel.errors import FileError, StorageError
from worldmodel.running.checkpoints import load_checkpoint, save_checkpoint
from worldmodel.studies.dreaming import film_dreams, lay_down, measure_validity, write_dreams
from worldmodel.viewing.replay_section import NO_LEDGER


def test_films_lie_in_the_run(copied_run: Path) -> None:
    paths = film_dreams(lay_down(copied_run), films=3, horizon=4, seed=2)
    assert paths == [copied_run / "media" / f"dream-last-60-seed2.{kind}" for kind in ("gif", "png")]
    with Image.open(paths[0]) as film:
        # five moments are looked at, four are dreamt
        assert film.n_frames == 9  # type: ignore[attr-defined]


def test_dreams_end_with_their_episodes(copied_run: Path, tmp_path: Path) -> None:
    with Image.open(film_dreams(lay_down(copied_run), output=tmp_path / "new", horizon=30)[0]) as film:
        assert 2 <= film.n_frames <= 11  # type: ignore[attr-defined]


def test_the_seed_decides_and_nothing_outside_is_moved(counter_run: Path, tmp_path: Path) -> None:
    torch.manual_seed(4)
    before = torch.get_rng_state()
    names = ("first", "second", "third")
    dreamer = lay_down(counter_run)
    films = [film_dreams(dreamer, tmp_path / name, horizon=5, seed=name == "third") for name in names]
    assert torch.equal(torch.get_rng_state(), before)
    first, second, third = [paths[1].read_bytes() for paths in films]
    assert first == second != third


def test_what_a_world_model_alone_dreams(world_model_run: Path, tmp_path: Path) -> None:
    paths = film_dreams(lay_down(world_model_run / "checkpoints" / "last"), tmp_path)
    assert paths[0].name == "dream-last-10-seed0.gif" and all(path.is_file() for path in paths)


def test_without_experience_there_are_no_dreams(copied_run: Path) -> None:
    shutil.rmtree(copied_run / "experience")
    with pytest.raises(FileError, match=r"experience/spec.json cannot be read"):
        lay_down(copied_run)


def test_a_folder_that_cannot_be_written(counter_run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/folder: cannot be written: .*; choose another folder"):
        film_dreams(lay_down(counter_run), output=tmp_path / "file" / "folder")


def data_of(page: Path) -> dict[str, Any]:
    """The numbers inside a page."""
    content = re.search(r'<script id="data" type="application/json">(.*?)</script>', page.read_text(), re.DOTALL)
    assert content is not None
    found: dict[str, Any] = json.loads(content[1])
    return found


def scenes_of(page: Path) -> list[dict[str, Any]]:
    """The dreams inside a page."""
    found = data_of(page)
    return [*found["scenes"], *found["fan"]]


def test_a_world_that_does_not_come_back_has_no_counterfactual(counter_run: Path, tmp_path: Path) -> None:
    """The counter counts its episodes: reset once it is as it was in the game, reset again it is not."""
    first, *others = scenes_of(write_dreams(lay_down(counter_run), {}, tmp_path, horizon=4))
    assert first["real"] and first["real_reward"][1:] == [1.0] * (len(first["real_reward"]) - 1)
    assert len(others) == 2 + 2 and not any(scene["real"] for scene in others)


def test_a_page_shows_what_was_replayed_and_of_an_old_run_says_why_not(copied_run: Path, tmp_path: Path) -> None:
    page = write_dreams(lay_down(copied_run), {}, tmp_path, horizon=4)
    replayed = data_of(page)["replayed"]
    assert sum(replayed["movies"]) > 0 and sum(replayed["dreams"]) > 0 and replayed["steps"] == [1, 60]
    assert len(replayed["moments"][0]["strips"]) == 3
    last = copied_run / "checkpoints" / "last"
    state = load_checkpoint(last)
    del state["ReplayData"]["ledger"], state["ReplayData"]["order"]
    save_checkpoint(state, last)
    page = write_dreams(lay_down(copied_run), {}, tmp_path, horizon=4)
    assert data_of(page)["replayed"] is None and f"is not shown: {NO_LEDGER}." in page.read_text()


def test_where_nobody_acts_a_page_says_so(world_model_run: Path, tmp_path: Path) -> None:
    page = write_dreams(lay_down(world_model_run), {}, tmp_path, horizon=4)
    assert "is not shown: this run learned a world model alone, so that nobody acts" in page.read_text()
    assert not any(scene["real"] for scene in scenes_of(page))
    assert {len(moment["strips"]) for moment in data_of(page)["replayed"]["moments"]} == {2}


def test_validity_of_a_world_that_always_pays_and_always_ends_alike(counter_run: Path) -> None:
    found = measure_validity(lay_down(counter_run), horizon=4, starts=30)
    assert set(found) == {"observation", "moving pixels", "reward", "going on", "value", "chosen action"}
    assert all(each.dreams.mean.shape == (4,) and 0 <= each.horizon <= 4 for each in found.values())
    # every step pays 1, so the mean reward is hardly wrong, and certainly not beaten after 60 gradient steps
    assert found["reward"].horizon == 0


def test_measuring_moves_nothing_outside_and_is_repeatable(counter_run: Path) -> None:
    dreamer = lay_down(counter_run)
    torch.manual_seed(4)
    before = torch.get_rng_state()
    first, second = (measure_validity(dreamer, horizon=3, starts=10)["observation"].to_json() for _ in range(2))
    assert first == second and torch.equal(torch.get_rng_state(), before)


def test_command(counter_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--checkpoint", "best", "--films", "2", "--horizon", "3", "--output", str(tmp_path)]
    assert cli.main(["dream", str(counter_run), *arguments]) == 0
    *printed, valid = capsys.readouterr().out.splitlines()
    assert printed == [str(tmp_path / f"dream-best-35-seed0.{kind}") for kind in ("gif", "png", "html")]
    assert all(Path(line).stat().st_size > 0 for line in printed)
    assert valid.startswith("valid for ") and "steps (reward)" in valid
    assert cli.main(["dream", str(counter_run), *arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["files"] == printed and len(found["validity"]["value"]["dreams"]["mean"]) == 3
