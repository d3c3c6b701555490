from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import lightning
import pytest
import torch

from worldmodel import cli
from worldmodel.errors import FileError
from worldmodel.memory import open_experience
from worldmodel.running.loading import load_agent
from worldmodel.studies.inspection import inspect_run


def size(folder: Path, pattern: str = "*") -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern))


def test_everything_in_a_run(counter_run: Path) -> None:
    found = inspect_run(counter_run)
    assert found["run"] == str(counter_run) and found["environment"] == "Counter-v0"
    assert found["protocol"].startswith("Counter-v0 with 2 actions, length 10, pixels True")
    assert (found["environment_steps"], found["gradient_steps"]) == (200, 60)
    # 100 steps in each of two worlds: ten episodes of 11 rows, and the first row of an eleventh
    assert (found["experience.rows"], found["experience.episodes"]) == (222, 22)
    assert found["experience.bytes_on_disk"] == size(counter_run / "experience", "lane*")
    assert found["experience.bytes_in_memory"] == open_experience(counter_run).nbytes
    for name, lived, steps in (("best", 150, 35), ("last", 200, 60)):
        assert found[f"checkpoint.{name}.environment_steps"] == lived
        assert found[f"checkpoint.{name}.gradient_steps"] == steps
        assert found[f"checkpoint.{name}.bytes"] == size(counter_run / "checkpoints" / name)
    assert found["evaluation.mean"] == 10 and found["evaluation.games"] == 3
    assert (found["evaluation.environment_step"], found["evaluation.gradient_step"]) == (200, 60)
    agent = load_agent(counter_run)
    for name, part in (("world_model", agent.world_model), ("q_network", agent.q_network)):
        assert found[f"parameters.{name}"] == sum(p.numel() for p in part.parameters())
    assert found["settings.environment.kwargs"] == {"length": 10, "pixels": True}
    assert found["settings.world_model.depth"] == 4
    assert "settings.trainer.seed" not in found and "settings.agent.discount" not in found
    assert (found["format.checkpoint"], found["format.experience"]) == (1, "1")
    assert found["written_with.torch"] == torch.__version__
    assert found["written_with.lightning"] == lightning.__version__


def test_looking_changes_nothing(copied_run: Path) -> None:
    def files() -> dict[Path, tuple[int, int]]:
        return {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in copied_run.rglob("*") if p.is_file()}

    before = files()
    torch.manual_seed(2)
    state = torch.get_rng_state()
    inspect_run(copied_run)
    assert files() == before and torch.equal(torch.get_rng_state(), state)


def test_a_run_that_has_only_begun(copied_run: Path) -> None:
    shutil.rmtree(copied_run / "experience")
    shutil.rmtree(copied_run / "checkpoints")
    (copied_run / "metrics.jsonl").unlink()
    found = inspect_run(copied_run)
    assert (found["environment_steps"], found["gradient_steps"]) == (0, 0)
    assert [found[f"experience.{name}"] for name in ("rows", "episodes", "bytes_on_disk", "bytes_in_memory")] == [0] * 4
    assert not any(key.startswith(("checkpoint.", "evaluation.", "written_with.")) for key in found)
    assert found["format.checkpoint"] is None and found["format.experience"] is None
    assert found["parameters.world_model"] > 0


def test_a_run_that_is_being_trained(copied_run: Path) -> None:
    # metrics are ahead of the checkpoint, the last line is being written, and so is a checkpoint
    with (copied_run / "metrics.jsonl").open("a") as file:
        file.write('{"environment_step": 300, "gradient_step": 110, "seconds": 9}\n{"environment_st')
    checkpoints = copied_run / "checkpoints"
    (checkpoints / "last").rename(checkpoints / ".last.old")
    (checkpoints / ".last.new").mkdir()
    (checkpoints / "best" / "state.json").unlink()
    # a partial chunk was replaced after the index had been read
    next((copied_run / "experience").glob("lane0000*-partial*")).unlink()
    found = inspect_run(copied_run)
    assert (found["environment_steps"], found["gradient_steps"]) == (300, 110)
    assert {key.split(".")[1] for key in found if key.startswith("checkpoint.")} == {"best", "previous"}
    assert found["checkpoint.best.gradient_steps"] is None and found["checkpoint.best.bytes"] > 0
    assert found["experience.rows"] == 222 and 17 <= found["experience.episodes"] < 22


def test_an_evaluation_of_one_game_has_no_standard_error(copied_run: Path) -> None:
    row = {"environment_step": 300, "gradient_step": 110, "evaluation/mean": 3.0, "evaluation/standard_error": "NaN"}
    with (copied_run / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    found = inspect_run(copied_run)
    assert found["evaluation.mean"] == 3 and found["evaluation.standard_error"] is None
    json.dumps(found, allow_nan=False)


def test_a_world_model_that_learned_alone(world_model_run: Path, counter_run: Path) -> None:
    found = inspect_run(world_model_run / "checkpoints" / "last")
    assert found["run"] == str(world_model_run) and found["gradient_steps"] == 10
    assert found["environment_steps"] == 200 and found["experience.rows"] == 0
    assert found["settings.data.experience"] == str(counter_run)
    assert "parameters.world_model" in found and "parameters.q_network" not in found
    assert "evaluation.mean" not in found


def test_compressed_experience_takes_about_as_much_memory_as_disk(copied_run: Path) -> None:
    config = copied_run / "config.yaml"
    config.write_text(config.read_text().replace("compress: false", "compress: true"))
    held = open_experience(copied_run, compress=True).nbytes
    found = inspect_run(copied_run)
    assert found["settings.data.compress"] is True
    assert abs(found["experience.bytes_in_memory"] - held) < 0.5 * held


def test_damaged_experience(copied_run: Path) -> None:
    chunk = next((copied_run / "experience").glob("lane*"))
    chunk.write_bytes(chunk.read_bytes()[:20])
    with pytest.raises(FileError, match=f"{chunk.name}: is damaged"):
        inspect_run(copied_run)


def test_command(counter_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", str(counter_run), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found == inspect_run(counter_run)
    assert cli.main(["inspect", str(counter_run)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(found) and any(line.split() == ["gradient_steps", "60"] for line in lines)


def test_what_is_no_run_is_one_line(counter_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (counter_run.parent, counter_run / "nowhere", counter_run / "metrics.jsonl"):
        assert cli.main(["inspect", str(path)]) == 3
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.startswith("error: ") and printed.err.count("\n") == 1
