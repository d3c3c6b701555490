"""There is no file that points to a checkpoint: those named last and previous count, whatever lies beside them."""

import io
import shutil

import pytest
from rich.console import Console

from worldmodel.errors import FileError, StorageError
from worldmodel.running.reached import reached_by
from worldmodel.studies.training import resume


def go_on(run, *words):
    text = io.StringIO()
    resume([str(run)], ["--trainer.max_steps", "210", *words], Console(file=text, width=200))
    return text.getvalue()


def reached(run):
    """Environment steps of the newest checkpoint."""
    return reached_by(run / "checkpoints" / "last").environment_steps


def put(place, what):
    """Something foreign in the place of a checkpoint."""
    if place.is_dir():
        shutil.rmtree(place)
    if what == "empty file":
        place.touch()
    elif what == "text":
        place.write_text("checkpoints/best\n")
    elif what == "dangling link":
        place.symlink_to("nowhere")
    else:
        place.mkdir()
        if what == "foreign folder":
            (place / "thesis.tex").write_text("years of work")


@pytest.mark.parametrize("what", ["empty file", "text", "dangling link", "empty folder", "foreign folder"])
def test_what_lies_beside_the_checkpoints_changes_nothing(what, copied_run):
    names = ("latest", "latest.txt", "checkpoint", "last-1", "LAST", "newest", "done")
    for name in names:
        put(copied_run / "checkpoints" / name, what)
    said = go_on(copied_run)
    assert "previous" not in said and reached(copied_run) == 210
    beside = {path.name for path in (copied_run / "checkpoints").iterdir()}
    assert beside == {*names, "last", "previous", "best"}


def test_without_a_best_one_nothing_is_missing(copied_run):
    shutil.rmtree(copied_run / "checkpoints" / "best")
    go_on(copied_run)
    assert reached(copied_run) == 210


def test_a_last_one_that_is_an_empty_folder_is_named_and_the_previous_one_gone_on_with(copied_run):
    put(copied_run / "checkpoints" / "last", "empty folder")
    said = go_on(copied_run)
    assert "last: there is no checkpoint here (manifest.json is missing): going on from" in said
    assert reached(copied_run) == 210


@pytest.mark.parametrize("place", ["last", "previous", "best"])
@pytest.mark.parametrize("what", ["empty file", "text", "foreign folder"])
def test_what_is_in_the_way_is_named_before_anything_is_trained_and_left_alone(what, place, copied_run):
    put(copied_run / "checkpoints" / place, what)
    before = (copied_run / "metrics.jsonl").read_bytes()
    with pytest.raises(StorageError, match=rf"checkpoints/{place}: .*; move it away: checkpoints are saved here"):
        go_on(copied_run)
    assert (copied_run / "metrics.jsonl").read_bytes() == before
    left = copied_run / "checkpoints" / place
    assert left.is_file() or (left / "thesis.tex").read_text() == "years of work"


def test_a_link_that_leads_nowhere_is_in_the_way_too(copied_run):
    put(copied_run / "checkpoints" / "last", "dangling link")
    with pytest.raises(FileError, match="last: no such checkpoint; there is best, previous"):
        go_on(copied_run)
    with pytest.raises(StorageError, match="last: there is a link of that name that leads nowhere; move it away"):
        go_on(copied_run / "checkpoints" / "previous")
    (copied_run / "checkpoints" / "last").unlink()
    go_on(copied_run / "checkpoints" / "previous")
    assert reached(copied_run) == 210
