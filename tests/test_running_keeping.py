import json
import shutil
from types import SimpleNamespace

import pytest
from child import in_child
from exactness import assert_same_run
from tiny_runs import counter_session

from worldmodel.errors import StorageError
from worldmodel.running.checkpoints import check_checkpoint, load_checkpoint
from worldmodel.running.keeping import MOST_FAILURES, KeepCheckpoints, experience_named


def test_last_is_kept_at_intervals_and_at_the_end(tmp_path):
    session = counter_session(tmp_path / "run")
    keeper = next(c for c in session.trainer.callbacks if type(c).__name__ == "KeepCheckpoints")
    saved = []
    save = keeper.save
    keeper.save = lambda trainer: (saved.append(session.data.buffer.environment_steps), save(trainer))
    session.go()
    # the first 80 steps are over when the interval of 100 begins to count
    assert saved == [180, 200]


def test_the_last_checkpoint_holds_everything_and_the_best_the_weights_alone(counter_run):
    last = load_checkpoint(counter_run / "checkpoints" / "last")
    best = load_checkpoint(counter_run / "checkpoints" / "best")
    assert {"state_dict", "optimizer_states", "callbacks", "ReplayData", "agent"} <= last.keys()
    assert best.keys() == {"state_dict", "global_step", "agent"}
    assert best["state_dict"].keys() == last["state_dict"].keys()


def test_forgotten_life_leaves_the_disk(tmp_path):
    session = counter_session(tmp_path / "run", data={"capacity": 128, "chunk_steps": 32}, trainer={"max_steps": 400})
    session.go()
    last, previous = (session.run.checkpoints / name for name in ("last", "previous"))
    named = load_checkpoint(last)["ReplayData"]["buffer"]["closed"]
    whole = {path.name for path in session.run.experience.glob("lane*") if "partial" not in path.name}
    assert {entry["file"] for entry in named} | experience_named(previous) == whole
    assert sum(entry["rows"] for entry in named) <= 128 < 400


def test_the_previous_checkpoint_is_whole_and_so_is_the_life_it_stands_on(tmp_path):
    """The oldest chunks were forgotten since, but their files are kept for it."""
    changes = {"data": {"capacity": 128, "chunk_steps": 32}, "trainer": {"max_steps": 400}}
    counter_session(tmp_path / "run", **changes).go()
    checkpoints = tmp_path / "run" / "checkpoints"
    reached = [load_checkpoint(checkpoints / name)["global_step"] for name in ("previous", "last")]
    assert reached == [150, 160]
    shutil.rmtree(checkpoints / "last")
    (checkpoints / "previous").rename(checkpoints / "last")
    session = counter_session(tmp_path / "other", **changes)
    session.data.buffer.folder.path = tmp_path / "run" / "experience"
    session.data.load_state_dict(load_checkpoint(checkpoints / "last")["ReplayData"])
    session.close()


def keeper_of(session):
    return next(each for each in session.trainer.callbacks if isinstance(each, KeepCheckpoints))


OFTEN = {"environment": {"id": "CartPole-v1", "kwargs": {}}, "trainer": {"checkpoint_every": 20}}


@pytest.mark.parametrize(
    "place", ["checkpoint.tensors_written", "file.half_written:{}:9", "checkpoint.between_renames"]
)
def test_one_checkpoint_that_cannot_be_saved_changes_nothing(place, tmp_path, capfd):
    fault = place.format("full_disk") if "{" in place else f"{place}:full_disk:3"
    counter_session(tmp_path / "whole", **OFTEN).go()

    def work():
        session = counter_session(tmp_path / "run", **OFTEN)
        keeper_of(session).say = print
        session.go()

    assert in_child(work, fault) == 0
    assert capfd.readouterr().out.count("CHECKPOINT NOT SAVED") == 1
    assert_same_run(tmp_path / "whole", tmp_path / "run")
    assert [path for path in (tmp_path / "run").rglob("*") if path.name.startswith(".")] == []


def failing_keeper(tmp_path, monkeypatch, outcomes):
    said = []
    keeper = KeepCheckpoints(tmp_path, 1, lambda: 1, None, said.append)
    left = iter(outcomes)

    def save(trainer):
        if not next(left):
            raise StorageError("no room")
        keeper.failures = 0

    monkeypatch.setattr(keeper, "save", save)
    return keeper, said


def test_only_failures_in_a_row_end_the_run(tmp_path, monkeypatch):
    trainer = SimpleNamespace(global_step=0, max_steps=100)
    keeper, said = failing_keeper(tmp_path, monkeypatch, [False, False, True, False, False, False])
    for _ in range(5):
        keeper.due = 0
        keeper.on_train_batch_end(trainer)
    assert len(said) == 4 and f"{MOST_FAILURES} times in a row (2 so far)" in said[-1]
    keeper.due = 0
    with pytest.raises(StorageError, match="no room"):
        keeper.on_train_batch_end(trainer)


def test_the_one_in_the_end_must_be_saved(tmp_path, monkeypatch):
    with pytest.raises(StorageError):
        failing_keeper(tmp_path, monkeypatch, [False])[0].on_train_end(None, None)


def test_a_disk_that_is_full_for_rows_of_metrics_ends_the_run_with_its_code(tmp_path):
    run = tmp_path / "run"
    assert in_child(lambda: counter_session(run).go(), "metrics.row:full_disk:9") == StorageError.exit_code
    check_checkpoint(run / "checkpoints" / "last")


def test_files_named_by_nothing(tmp_path):
    assert experience_named(tmp_path) == set()
    (tmp_path / "state.json").write_text(json.dumps({"ReplayData": {"buffer": {"closed": [{"rows": 3}]}}}))
    assert experience_named(tmp_path) == set()
