"""What can be chosen about the worlds in which the agent lives."""

from __future__ import annotations

import dataclasses
from typing import Any

from worldmodel.settings import bounded


@dataclasses.dataclass
class EnvironmentSettings:
    """Which game is played, how many copies of it at once, and how it is shown to the agent."""

    id: str = "ALE/Pong-v5"
    """An Atari game (`ALE/Pong`), a MinAtar game (`MinAtar/Breakout`), a world of our own (`ReplayStory-v0`,
    `Corridor-v0`, `FourRooms-v0`) or any other Gymnasium id (`module:Name-v0` imports the module first)."""
    count: int = bounded(8, low=1)
    """Worlds played side by side in training."""
    image_size: int = bounded(64, low=8)
    """Height and width, in pixels, to which images are resized; MinAtar keeps its 10 x 10."""
    grayscale: bool = False
    """One brightness channel in place of red, green and blue."""
    frame_skip: int = bounded(4, low=1)
    """Atari only: frames for which an action is held; one agent step is that many frames."""
    sticky_actions: float = bounded(0.0, low=0, below=1)
    """Atari and MinAtar: probability that the game repeats the last action instead of the chosen one (0.25 is the
    other usual protocol)."""
    noop_max: int = bounded(30, low=0)
    """Atari only: a game begins with fewer than this many no-op frames, drawn from its seed."""
    life_loss_terminates: bool = True
    """Atari only: in training a lost life ends the episode, while the game goes on; never in evaluation."""
    full_action_space: bool = False
    """Atari only: all 18 actions of the console in place of those the game uses."""
    max_episode_steps: int | None = bounded(None, low=1)
    """Agent steps after which a game is truncated; None is the environment's own limit (Atari: 108,000 frames)."""
    step_timeout: float | None = bounded(60.0, low=0)
    """Seconds within which a step of all worlds must come back, and a reset within ten times as many; else the process
    ends with exit code 4. null and 0 wait for ever, for instance in a debugger."""
    restarts: int = bounded(0, low=0)
    """How often in a row a world that raises is made anew, its open episode truncated, before the run ends with exit
    code 4; a game that comes to its own end begins the count anew (not for Atari). 0 ends the run at once: an error is
    mostly a mistake in the world, which should be seen."""
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Further keyword arguments for the environment's constructor (not for Atari)."""
