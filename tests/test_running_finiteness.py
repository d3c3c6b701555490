"""Losses and gradients that are not finite: skipped, counted, written down, and never saved."""

import pytest
import torch
from counter_env import register_counter
from exactness import differences, record
from tiny_runs import counter_session

from worldmodel.errors import NumericalError
from worldmodel.running.checkpoints import load_checkpoint
from worldmodel.running.finiteness import MOST_IN_A_ROW, SkipBadUpdates, refuse_what_is_not_finite


def spoiled(session, steps, bad=float("nan"), what="loss"):
    """Makes the loss, or one gradient, of these gradient steps not finite."""
    step, count = session.learner.training_step, iter(range(10_000))

    def training_step(*arguments):
        taught = step(*arguments)
        if next(count) not in steps:
            return taught
        if what == "loss":
            return {**taught, "loss": taught["loss"] * bad}
        weight = next(session.learner.q_network.parameters())
        handle = weight.register_hook(lambda gradient: (handle.remove(), gradient * bad)[1])
        return taught

    session.learner.training_step = training_step


def skipping(session) -> SkipBadUpdates:
    return next(each for each in session.trainer.callbacks if isinstance(each, SkipBadUpdates))


@pytest.mark.parametrize(("bad", "what"), [(float("nan"), "loss"), (float("inf"), "loss"), (float("nan"), "gradient")])
def test_one_bad_update_is_skipped_counted_and_written_down(bad, what, tmp_path):
    session = counter_session(tmp_path / "run")
    spoiled(session, {30}, bad, what)
    said = []
    skipping(session).say = said.append
    session.go()
    assert session.trainer.global_step == 60 and skipping(session).skipped == 1
    assert len(said) == 1 and "gradient step 30" in said[0] and "skipped" in said[0]
    assert all(weight.isfinite().all() for weight in session.learner.state_dict().values())
    rows = [row["skipped_updates"] for row in record(session.run.path) if "skipped_updates" in row]
    assert rows == [0, 0, 0, 1, 1, 1]
    dump = load_checkpoint(session.run.not_finite)
    assert dump["gradient_step"] == 30 and dump["movie"]["observation"].shape[1] == 8
    assert dump["state_dict"].keys() == session.learner.state_dict().keys()


def test_a_skipped_update_changes_neither_weights_nor_moments(tmp_path):
    session = counter_session(tmp_path / "run")
    spoiled(session, {59})  # the last
    kept = {}
    watched = skipping(session)
    before = watched.on_before_optimizer_step

    def look(trainer, learner, optimizer):
        if trainer.global_step == 59:
            kept["weights"] = {name: value.clone() for name, value in learner.world_model.state_dict().items()}
            kept["moments"] = [{k: v.clone() for k, v in s.items()} for s in optimizer.state.values()]
        before(trainer, learner, optimizer)

    watched.on_before_optimizer_step = look
    session.go()
    assert differences(kept["weights"], dict(session.learner.world_model.state_dict())) == []
    assert differences(kept["moments"], list(session.trainer.optimizers[0].state.values())) == []


def test_many_in_a_row_end_the_run_and_the_good_checkpoint_stays(tmp_path):
    session = counter_session(tmp_path / "run")
    spoiled(session, set(range(54, 60)) | set(range(20, 40)))
    with pytest.raises(NumericalError, match=rf"{MOST_IN_A_ROW} times in a row.*not_finite"):
        session.go()
    assert skipping(session).skipped == MOST_IN_A_ROW
    assert not (session.run.checkpoints / "last").exists()  # the first would have been at step 50


def test_weights_that_are_not_finite_never_replace_a_good_checkpoint(tmp_path):
    session = counter_session(tmp_path / "run", trainer={"checkpoint_every": 40})
    end = session.learner.optimizer_step

    def spoil(*arguments, **keywords):
        end(*arguments, **keywords)
        if session.trainer.global_step == 45:
            with torch.no_grad():
                next(session.learner.q_network.parameters()).view(-1)[0] = float("inf")

    session.learner.optimizer_step = spoil
    with pytest.raises(NumericalError):
        session.go()
    saved = load_checkpoint(session.run.checkpoints / "last")
    assert saved["global_step"] <= 45 and all(value.isfinite().all() for value in saved["state_dict"].values())


def test_moments_of_the_optimizer_count_too(tmp_path):
    session = counter_session(tmp_path / "run")
    session.go()
    refuse_what_is_not_finite(session.trainer)
    moments = next(iter(session.trainer.optimizers[0].state.values()))
    moments["exp_avg_sq"].view(-1)[0] = float("nan")
    with pytest.raises(NumericalError, match="exp_avg_sq of the optimizer is not finite and was not saved"):
        refuse_what_is_not_finite(session.trainer)


def test_a_dump_that_cannot_be_written_does_not_end_the_run(tmp_path):
    session = counter_session(tmp_path / "run")
    session.run.not_finite.write_text("in the way")
    spoiled(session, {30})
    said = []
    skipping(session).say = said.append
    session.go()
    assert len(said) == 2 and "could not be written down" in said[1]


def test_a_world_that_gives_bad_numbers_is_named_and_nothing_of_it_is_stored(tmp_path):
    import gymnasium
    from counter_env import Counter

    from worldmodel.errors import EnvironmentFailure

    class Bad(Counter):
        def step(self, action):
            observation, reward, *rest = super().step(action)
            return observation, float("nan") if self.episode == 3 and self.count == 4 else reward, *rest

    register_counter()
    gymnasium.registry.pop("Bad-v0", None)
    gymnasium.register("Bad-v0", entry_point=Bad)
    session = counter_session(tmp_path / "run", environment={"id": "Bad-v0", "kwargs": {"length": 10}})
    with pytest.raises(EnvironmentFailure, match=r"'Bad-v0' gave a reward .* in world 0 at step 4 of its game"):
        session.go()
    store = session.data.buffer.store
    assert session.data.buffer.environment_steps == 2 * 23
    newest = store.newest(0)
    assert (newest["step"], newest["reward"]) == (3, 1)
