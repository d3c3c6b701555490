from __future__ import annotations

import json
from pathlib import Path

import pytest

from worldmodel.errors import FileError
from worldmodel.running.checkpoints import STATE
from worldmodel.running.reached import Reached, metrics_so_far, reached_by, reached_in_metrics


def change(checkpoint: Path, **entries: object) -> None:
    state = json.loads((checkpoint / STATE).read_text())
    (checkpoint / STATE).write_text(json.dumps({**state, **entries}))


def test_counters_of_checkpoints(counter_run: Path) -> None:
    assert reached_by(counter_run / "checkpoints" / "last") == Reached(200, 60)
    # 150 steps were lived when 35 gradient steps had been made (80 + 2 x 35), and no later score was better
    assert reached_by(counter_run / "checkpoints" / "best") == Reached(150, 35)


def test_without_a_recorded_life_the_metrics_say_how_much_was_lived(copied_run: Path) -> None:
    change(copied_run / "checkpoints" / "best", ReplayData={})
    # the evaluation at step 150 is logged with its steps
    assert reached_by(copied_run / "checkpoints" / "best") == Reached(150, 35)
    (copied_run / "metrics.jsonl").unlink()
    assert reached_by(copied_run / "checkpoints" / "best") == Reached(None, 35)


def test_the_older_checkpoint_counts_after_a_crash_between_two_renames(copied_run: Path) -> None:
    checkpoints = copied_run / "checkpoints"
    (checkpoints / "last").rename(checkpoints / ".last.old")
    assert reached_by(checkpoints / "last") == Reached(200, 60)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"global_step": null}', None])
def test_damaged_counters(copied_run: Path, content: str | None) -> None:
    state = copied_run / "checkpoints" / "last" / STATE
    state.unlink() if content is None else state.write_text(content)
    with pytest.raises(FileError, match=r"last: its state.json cannot be read"):
        reached_by(state.parent)


def test_newest_row_of_metrics(tmp_path: Path) -> None:
    assert metrics_so_far(tmp_path) == [] and reached_in_metrics(tmp_path) == Reached(None, 0)
    rows = [{"environment_step": 10 * step, "gradient_step": step} for step in (1, 2, 5)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert reached_in_metrics(tmp_path) == Reached(50, 5)
    assert reached_in_metrics(tmp_path, 4) == Reached(20, 2)
    assert reached_in_metrics(tmp_path, 0) == Reached(None, 0)
