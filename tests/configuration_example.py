"""Settings like the real ones, with every kind of field, for the tests of the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from worldmodel.settings import bounded


@dataclass
class Vision:
    depth: int = bounded(32, low=1)
    """Channels of the first layer."""
    kind: Literal["off", "convolutional"] = "convolutional"
    """Which encoder, 100 % of the time."""


@dataclass
class WorldModel:
    vision: Vision = field(default_factory=lambda: Vision(depth=16))
    """How it sees."""
    learning_rate: float = bounded(1e-4, above=0)
    """Step size of the optimizer."""
    widths: tuple[int, ...] = bounded((1, 2), low=0)
    """Width of each layer."""
    pair: tuple[int, float] = (3, 4.0)
    """Two numbers."""
    names: list[str] = field(default_factory=list)
    """Names of things."""
    weights: dict[str, float] = field(default_factory=lambda: {"reward": 1.0})
    """Weight of each loss."""


@dataclass
class Environment:
    id: str = "ALE/Pong-v5"
    """Which world."""
    record: Path | None = None
    """Folder of recordings."""
    seed: int | None = bounded(None, low=0)
    """Seed of the world."""
    sticky: bool = False
    """Whether actions repeat."""
    steps: int | Literal["all"] = bounded("all", low=1)
    """How long."""
    options: dict[str, Any] = field(default_factory=dict)
    """Passed on as they are."""


@dataclass
class Settings:
    """Everything."""

    environment: Environment = field(default_factory=Environment)
    """The world."""
    world_model: WorldModel = field(default_factory=WorldModel)
    """The model of the world."""
    extra: Vision | None = None
    """A group that may be missing."""

    def problems(self) -> list[str]:
        if self.environment.sticky and self.environment.seed is None:
            return ["environment.sticky: needs environment.seed"]
        return []
