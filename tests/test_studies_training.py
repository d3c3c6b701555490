"""Starting and going on: what may change, and that going on is the same as not having stopped."""

import io
import shutil
import signal

import numpy as np
import pytest
import torch
from counter_env import register_counter
from rich.console import Console
from tiny_runs import COUNTER, counter_session

from worldmodel.configuration import settings_from_dict
from worldmodel.errors import ConfigurationError, FileError, Stopped
from worldmodel.running.checkpoints import load_checkpoint
from worldmodel.running.metrics_file import read_metrics
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.running.training import assemble
from worldmodel.studies.training import finish, next_commands, resume


def gone_on(run, *arguments):
    text = io.StringIO()
    resume([str(run)], list(arguments), Console(file=text, width=200))
    return text.getvalue()


def test_a_finished_run_goes_on_with_a_larger_budget(copied_run):
    text = gone_on(copied_run, "--trainer.max_steps", "240")
    rows = read_metrics(copied_run / "metrics.jsonl")
    assert rows[-1]["environment_step"] == 240 and rows[-1]["gradient_step"] == 80
    assert "evaluate" in text and "dream" in text and "--resume" in text
    assert load_checkpoint(copied_run / "checkpoints" / "last")["global_step"] == 80


def test_other_settings_are_refused_by_name(copied_run):
    with pytest.raises(ConfigurationError, match=r"agent\.horizon, trainer\.seed: cannot change"):
        gone_on(copied_run, "--agent.horizon", "5", "--trainer.seed", "9", "--trainer.max_steps", "300")


def test_a_run_must_be_named():
    with pytest.raises(ConfigurationError, match="needs a run"):
        resume([], [], Console(file=io.StringIO()))


def test_rows_after_the_checkpoint_are_written_anew(copied_run):
    with (copied_run / "metrics.jsonl").open("a") as file:
        file.write('{"environment_step": 999, "gradient_step": 999}\n')
    gone_on(copied_run, "--trainer.max_steps", "220")
    steps = [row["gradient_step"] for row in read_metrics(copied_run / "metrics.jsonl")]
    assert steps == sorted(steps) and 999 not in steps


@pytest.mark.parametrize("order", ["uniform", "prioritised"])
def test_four_steps_are_two_and_two_more(order, tmp_path, counter_run):
    """Without a world in the loop, going on is exact: weights, slow copy, both moments of the optimizer, priorities."""

    def offline(name, steps):
        session = counter_session(
            tmp_path / name,
            agent={"acting": False, "imagination_warmup": 0, "imagination_ramp": 0},
            data={"experience": str(counter_run), "order": order},
            trainer={"max_gradient_steps": steps},
        )
        session.go()
        return session.run

    whole, halves = offline("whole", 4), offline("halves", 2)
    torch.rand(7)  # a resumed process has drawn other numbers before
    gone_on(halves.path, "--trainer.max_gradient_steps", "4")
    one, other = (load_checkpoint(run.checkpoints / "last") for run in (whole, halves))
    assert one["global_step"] == other["global_step"] == 4
    assert one["agent"] == other["agent"]
    assert all(torch.equal(value, other["state_dict"][name]) for name, value in one["state_dict"].items())
    moments, others = (c["optimizer_states"][0]["state"] for c in (one, other))
    assert all(torch.equal(moments[i][key], others[i][key]) for i in moments for key in moments[i])
    written, continued = (c["ReplayData"]["ledger"] for c in (one, other))
    assert all(np.array_equal(written[name], continued[name], equal_nan=True) for name in written)
    assert set(written["gradient_step"].tolist()) == {1, 2, 3, 4}
    remembered, resumed = (c["ReplayData"]["order"] for c in (one, other))
    assert remembered.keys() == resumed.keys() and bool(remembered) == (order == "prioritised")
    if remembered:
        assert all(np.array_equal(a, b) for a, b in zip(remembered["values"], resumed["values"], strict=True))
        assert len(np.unique(np.concatenate(remembered["values"]))) > 10  # much was learned from


def damage(checkpoint):
    content = bytearray((checkpoint / "tensors.safetensors").read_bytes())
    content[-1] ^= 1
    (checkpoint / "tensors.safetensors").write_bytes(content)


def test_where_the_last_checkpoint_is_damaged_the_previous_one_is_gone_on_with(copied_run):
    damage(copied_run / "checkpoints" / "last")
    text = gone_on(copied_run)
    assert "tensors.safetensors is damaged" in text and "going on from" in text
    assert load_checkpoint(copied_run / "checkpoints" / "last")["global_step"] == 60
    steps = [row["gradient_step"] for row in read_metrics(copied_run / "metrics.jsonl")]
    assert steps == sorted(steps) and steps[-1] == 60


def test_a_damaged_checkpoint_that_was_named_is_refused(copied_run):
    damage(copied_run / "checkpoints" / "last")
    with pytest.raises(FileError, match="is damaged"):
        gone_on(copied_run / "checkpoints" / "last")
    damage(copied_run / "checkpoints" / "previous")
    with pytest.raises(FileError, match="is damaged"):
        gone_on(copied_run)


def test_settings_that_do_not_fit_the_checkpoint_are_refused_before_anything_is_trained(copied_run):
    config = copied_run / "config.yaml"
    config.write_text(config.read_text().replace("recurrent_units: 16", "recurrent_units: 24"))
    before = (copied_run / "metrics.jsonl").read_bytes()
    with pytest.raises(FileError, match=r"does not fit the settings beside it: .* expected .* differ"):
        gone_on(copied_run, "--trainer.max_steps", "300")
    assert (copied_run / "metrics.jsonl").read_bytes() == before


def test_what_a_killed_process_left_is_cleaned_up(copied_run):
    for name in ("experience/.tmp-abc", ".tmp-xyz"):
        (copied_run / name).write_text("half")
    shutil.copytree(copied_run / "checkpoints" / "last", copied_run / "checkpoints" / ".last.new")
    gone_on(copied_run)
    assert [path for path in copied_run.rglob("*") if path.name.startswith(".")] == []


def test_a_finished_run_is_finished(copied_run):
    before = (copied_run / "metrics.jsonl").read_text()
    gone_on(copied_run)
    assert (copied_run / "metrics.jsonl").read_text() == before


def test_the_best_weights_alone_cannot_be_gone_on_with(copied_run):
    with pytest.raises(FileError, match=r"holds weights alone; go on with: python train.py --resume \S+copied$"):
        gone_on(copied_run / "checkpoints" / "best")


@pytest.mark.parametrize("film", [False, True])
def test_a_run_that_was_stopped_before_it_learned_goes_on(film, tmp_path):
    """The signal comes in the prefill, after 30 of its 80 steps."""
    register_counter()
    trainer = {**COUNTER["trainer"], "run": str(tmp_path / "run"), "film": film}
    settings = settings_from_dict(Settings, {**COUNTER, "trainer": trainer})
    console = Console(file=io.StringIO())
    session = assemble(settings, console)
    step, stepped = session.acting.worlds.step, []

    def stepping(actions):
        stepped.append(actions)
        if len(stepped) == 15:
            session.stop.receive(signal.SIGTERM, None)
        return step(actions)

    session.acting.worlds.step = stepping
    with pytest.raises(Stopped, match="saved; go on with") as stopped:
        finish(settings, session, None, console)
    assert stopped.value.exit_code == 143
    saved = load_checkpoint(session.run.checkpoints / "last")
    assert (saved["global_step"], saved["ReplayData"]["buffer"]["environment_steps"]) == (0, 30)
    gone_on(session.run.path)
    last = read_metrics(session.run.metrics)[-1]
    assert (last["gradient_step"], last["environment_step"]) == (60, 200)


def test_the_next_commands_can_be_copied_however_long_the_path(copied_run):
    moved = copied_run.rename(copied_run.with_name(f"{'long ' * 20}name"))
    text = io.StringIO()
    resume([str(moved)], ["--trainer.max_steps", "204"], Console(file=text, width=60))
    commands = [line for line in text.getvalue().splitlines() if str(moved) in line]
    assert commands[0] == f"run: {moved}"
    assert commands[-3:] == [
        f"evaluate: python -m worldmodel evaluate '{moved}'",
        f"watch:    python -m worldmodel dream '{moved}'",
        f"continue: python train.py --resume '{moved}' --trainer.max_steps N",
    ]


def test_where_nobody_acts_nobody_is_evaluated_and_the_budget_is_in_gradient_steps(world_model_run):
    run = RunDirectory.open(world_model_run)
    assert next_commands(run.settings(), run) == [
        f"watch:    python -m worldmodel dream {world_model_run}",
        f"continue: python train.py --resume {world_model_run} --trainer.max_gradient_steps N",
    ]
