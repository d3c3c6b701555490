"""Starting and going on: what may change, and that going on is the same as not having stopped."""

import io

import pytest
import torch
from rich.console import Console
from tiny_runs import counter_session

from worldmodel.errors import ConfigurationError
from worldmodel.running.checkpoints import load_checkpoint
from worldmodel.running.metrics_file import read_metrics
from worldmodel.studies.training import resume


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


def test_four_steps_are_two_and_two_more(tmp_path, counter_run):
    """Without a world in the loop, going on is exact: weights, slow copy, and both moments of the optimizer."""

    def offline(name, steps):
        session = counter_session(
            tmp_path / name,
            agent={"acting": False, "imagination_warmup": 0, "imagination_ramp": 0},
            data={"experience": str(counter_run)},
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
