"""Loads what a run learned: the agent, or its world model, from a run directory or a checkpoint in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from worldmodel.errors import FileError
from worldmodel.learning import Agent
from worldmodel.memory.ledger import entries_of
from worldmodel.running.checkpoints import load_checkpoint, whole_checkpoint
from worldmodel.running.run_directory import RunDirectory


def load_agent(run: str | Path, checkpoint: str = "last", device: str = "cpu") -> Agent:
    """The agent of a run, in evaluation mode; where the run trained a world model alone, its Q-network is fresh.

    `run` is a run directory, of which `checkpoint` ("last" or "best") is taken, or a checkpoint. Loading moves no
    random state. Raises FileError where there is no such run, or where checkpoint and settings do not fit.
    """
    directory = RunDirectory.open(run)
    path = directory.checkpoint(run, checkpoint)
    state = load_checkpoint(path)
    settings = directory.settings()
    with torch.random.fork_rng(devices=[]):
        agent = Agent(directory.spec(), settings.world_model, settings.agent)
    weights = state.get("state_dict", {})
    if settings.trainer.learner == "agent":
        load_weights(agent, weights, path)
        agent.on_load_checkpoint(state)
    else:
        load_weights(agent.world_model, weights, path)
    return agent.to(device).eval()


def load_ledger(run: str | Path) -> np.ndarray | None:
    """What the newest gradient steps of `run` replayed, `[n]` of dtype `worldmodel.memory.ledger.ENTRY`.

    It is read from checkpoints/last, for others hold weights alone; None where there is none, as in runs that were made
    before there was a ledger. Raises FileError where there is no such run, or where its checkpoint is damaged.
    """
    last = RunDirectory.open(run).checkpoints / "last"
    if not whole_checkpoint(last).exists():
        return None
    state = load_checkpoint(last).get("ReplayData", {}).get("ledger")
    return None if state is None else entries_of(state)


def load_weights(module: nn.Module, weights: dict[str, Any], path: Path) -> None:
    """Loads weights that must fit exactly; raises FileError naming the first that do not."""
    check_weights(module, weights, path)
    module.load_state_dict(weights)


def check_weights(module: nn.Module, weights: dict[str, Any], path: Path) -> None:
    """Raises FileError, naming the first, where weights of the checkpoint `path` do not fit."""
    expected = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    wrong = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
    if wrong:
        name = wrong[0]
        raise FileError(
            f"{path}: does not fit the settings beside it: {name} is {found.get(name, 'missing')}, "
            f"expected {expected.get(name, 'no such weight')} ({len(wrong)} differ); "
            "use the config.yaml it was made with"
        )
