from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from tiny_runs import counter_session, world_model_session
from torch import Tensor

from worldmodel.model import latents


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test draws the same numbers, whichever came before it."""
    torch.manual_seed(0)


@pytest.fixture
def certain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every draw is the likeliest class, so that two ways to the same state can be compared."""

    def likeliest(log_probs: Tensor) -> Tensor:
        return F.one_hot(log_probs.argmax(-1), log_probs.shape[-1]).to(log_probs.dtype)

    monkeypatch.setattr(latents, "sample", likeliest)


@pytest.fixture(scope="session")
def counter_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 200 environment steps and 60 gradient steps; to be read, and copied to be changed."""
    session = counter_session(tmp_path_factory.mktemp("runs") / "counter")
    session.go()
    return session.run.path


@pytest.fixture(scope="session")
def returning_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `counter_run`, in games of 40 steps that can be lived again."""
    environment = {"id": "Returning-v0", "kwargs": {"length": 40, "pixels": True}}
    session = counter_session(tmp_path_factory.mktemp("runs") / "returning", environment=environment)
    session.go()
    return session.run.path


@pytest.fixture(scope="session")
def world_model_run(counter_run: Path) -> Path:
    """A finished run of 10 gradient steps, in which a world model alone learned from what `counter_run` recorded."""
    session = world_model_session(counter_run.with_name("world_model"), counter_run)
    session.go()
    return session.run.path


@pytest.fixture
def copied_run(counter_run: Path, tmp_path: Path) -> Path:
    """A copy of `counter_run` that may be damaged."""
    return shutil.copytree(counter_run, tmp_path / "copied")
