from tiny_runs import counter_session

from worldmodel.running.checkpoints import load_checkpoint


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
    named = load_checkpoint(session.run.checkpoints / "last")["ReplayData"]["buffer"]["closed"]
    whole = [path.name for path in session.run.experience.glob("lane*") if "partial" not in path.name]
    assert sorted(entry["file"] for entry in named) == sorted(whole)
    assert sum(entry["rows"] for entry in named) <= 128 < 400
