"""Processes that are killed at every named place of a save, gone on with: bit for bit as if nothing had been."""

import ast
import io
import signal
from pathlib import Path

import pytest
from child import in_child
from exactness import assert_same_run
from rich.console import Console
from tiny_runs import counter_session

import worldmodel
from worldmodel.studies.training import resume

CHANGES = {
    "environment": {"id": "CartPole-v1", "kwargs": {}},
    "data": {"chunk_steps": 16, "capacity": 64},
    "trainer": {"max_steps": 120, "prefill": 60, "evaluate_every": 70, "checkpoint_every": 12, "log_every": 4},
}
POINTS = {
    # each save of the last checkpoint, the second and the fourth of all saves; the first replaces nothing
    "checkpoint.begun": (3, 5),
    "checkpoint.tensors_written": (3,),
    "checkpoint.state_written": (3,),
    "checkpoint.manifest_written": (3,),
    "checkpoint.before_renames": (3, 5),
    "checkpoint.between_renames": (3, 4, 5),
    "checkpoint.after_renames": (3, 5),
    "checkpoint.before_previous": (1, 2),
    "checkpoint.saved": (3, 5),
    # config.yaml and spec.json are the first
    "file.half_written": (17, 24),
    "file.before_rename": (17, 24),
    "file.after_rename": (17, 24),
    "chunk.before_listing": (6,),
    "metrics.row": (4,),
}
CASES = [f"{name}:kill9:{time}" for name, times in POINTS.items() for time in times]


def go_on(run: Path) -> None:
    resume([str(run)], [], Console(file=io.StringIO()))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    session = counter_session(tmp_path_factory.mktemp("runs") / "whole", **CHANGES)
    session.go()
    return session.run.path


@pytest.mark.parametrize("fault", CASES)
def test_nothing_is_lost(fault, whole, tmp_path):
    run = tmp_path / "run"
    assert in_child(lambda: counter_session(run, **CHANGES).go(), fault) == -signal.SIGKILL
    assert (run / "checkpoints" / "last").exists() or (run / "checkpoints" / ".last.old").exists()
    go_on(run)
    assert_same_run(whole, run)
    assert [path for path in run.rglob("*") if path.name.startswith(".")] == []


def test_every_point_is_in_the_table():
    """But those of a gradient step, at which nothing is written."""
    named = set()
    for path in Path(worldmodel.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "fault_point":
                named.add(ast.literal_eval(node.args[0]))
    assert named == {*POINTS, "gradient_step"}
