"""Makes the golden files of a release, once: `PYTHONPATH=.:tests python -m make_golden`; then they are committed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from tiny_runs import counter_session

import worldmodel
from worldmodel.experience import LatentState
from worldmodel.running.loading import load_agent
from worldmodel.studies.cell_results import collect, write_result
from worldmodel.studies.suites import Cell

HERE = Path(__file__).parent / "golden"
MEASURED = HERE.parent.parent / "benchmarks" / "results" / "replay-lab" / "measured" / "rule" / "subject-21.json"
CHANGES = {
    "environment": {"id": "Returning-v0", "kwargs": {"length": 40, "pixels": True}},
    "data": {"capacity": 200, "chunk_steps": 50},
    "trainer": {"max_steps": 130, "evaluate_every": 100, "checkpoint_every": 30},
}


@torch.no_grad()
def opinions(run: Path) -> list[float]:
    """What the agent of a run thinks of a latent state that nothing was drawn for: values, reward, its picture."""
    agent = load_agent(run)
    model = agent.world_model
    latent = LatentState(torch.linspace(-1, 1, model.features)[None], model.recurrent_units)
    picture = model.decode(latent).float().mean()
    return [*agent.q_network.values(latent)[0].tolist(), float(model.reward(latent)), float(picture)]


def make(folder: Path) -> None:
    """A run, the result of a cell, and what they must say for ever after."""
    with TemporaryDirectory() as elsewhere:
        session = counter_session(Path(elsewhere) / "run", **CHANGES)
        session.go()
        unwanted = shutil.ignore_patterns("best", "previous", "run.lock", "media")
        run = shutil.copytree(session.run.path, folder / "run", ignore=unwanted)
        write_result(
            collect("suite", Cell("Returning-v0", "share-0.5", 0, 0.5, (), "hash"), session.run), folder / "seed-0.json"
        )
    config = run / "config.yaml"
    config.write_text(config.read_text().replace(str(session.run.path), "run"))
    shutil.copy(MEASURED, folder / "subject.json")
    expected = {
        "opinions": opinions(run),
        "rows": len(session.data.buffer),
        "environment_steps": session.data.buffer.environment_steps,
        "gradient_steps": session.trainer.global_step,
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    make(HERE / worldmodel.__version__)
