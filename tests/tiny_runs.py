"""Runs of a second or two: a tiny agent and a counter of 16 x 16 pixels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from counter_env import register_counter
from rich.console import Console

from worldmodel.configuration import settings_from_dict
from worldmodel.running.settings import Settings
from worldmodel.running.training import Session, assemble

COUNTER: dict[str, dict[str, Any]] = {
    "environment": {"id": "Counter-v0", "kwargs": {"length": 10, "pixels": True}, "count": 2, "image_size": 16},
    "data": {"batch_size": 4, "sequence_length": 8, "capacity": 1000, "chunk_steps": 64},
    "world_model": {"recurrent_units": 16, "variables": 4, "classes": 4, "units": 16, "depth": 4, "bins": 11},
    "agent": {"units": 16, "horizon": 3, "imagination_warmup": 10, "imagination_ramp": 10},
    "trainer": {
        "max_steps": 200,
        "prefill": 80,
        "replay_ratio": 0.5,
        "evaluate_every": 150,
        "evaluation_episodes": 3,
        "checkpoint_every": 100,
        "log_every": 10,
        "film": False,
        "wandb": "off",
        "accelerator": "cpu",
        "threads": 1,
    },
}
"""200 environment steps and 60 gradient steps; every game is 10 steps of reward 1, whatever is done."""


def counter_session(run: Path, **changes: dict[str, Any]) -> Session:
    """A run at `run`, put together with the settings `COUNTER` but for the `changes` in each group."""
    register_counter()
    groups = {name: {**values, **changes.get(name, {})} for name, values in COUNTER.items()}
    groups["trainer"]["run"] = str(run)
    return assemble(settings_from_dict(Settings, groups), Console(file=io.StringIO()))


def world_model_session(run: Path, recorded: Path, **data: Any) -> Session:
    """A run of 10 gradient steps, in which a world model alone learns from what the run `recorded` lived."""
    return counter_session(
        run,
        agent={"acting": False},
        data={"experience": str(recorded), **data},
        trainer={"learner": "world_model", "max_gradient_steps": 10},
    )
