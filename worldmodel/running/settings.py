"""What can be set about a run: how long, how often, where, on which machine; and all groups together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from worldmodel.environments import EnvironmentSettings
from worldmodel.learning import AgentSettings
from worldmodel.memory import DataSettings
from worldmodel.model import WorldModelSettings
from worldmodel.settings import bounded


@dataclass
class TrainerSettings:
    """How long the run is, what is done beside learning, and on what it runs."""

    learner: Literal["agent", "world_model"] = "agent"
    """What is trained: the whole agent, or the world model alone on recorded experience."""
    run: str | None = None
    """Directory of the run; null makes a new one in runs/, named after environment and time."""
    seed: int = bounded(0, low=0)
    """Seed of everything random: worlds, networks, sampling, dreams."""
    max_steps: int = bounded(100_000, low=1)
    """Environment steps (agent steps, all worlds together) of the run."""
    max_gradient_steps: int | None = bounded(None, low=1)
    """Gradient steps of the run; null follows from max_steps, and is not possible where nobody acts."""
    prefill: int = bounded(1_000, low=1)
    """Environment steps with random actions before learning begins."""
    replay_ratio: float = bounded(0.25, above=0)
    """Gradient steps per environment step, while both alternate."""
    settle: float = bounded(0.0, low=0, high=1)
    """Last share of the run over which step sizes fall linearly to nothing; 0 keeps them as they are."""
    awake_steps: int = bounded(0, low=0)
    """Environment steps of a waking phase; 0 alternates by replay_ratio instead of phases."""
    asleep_steps: int = bounded(0, low=0)
    """Gradient steps of a sleeping phase."""
    evaluate_every: int = bounded(10_000, low=1)
    """Environment steps between evaluations; one is always made in the end."""
    evaluation_episodes: int = bounded(20, low=1)
    """Whole games per evaluation."""
    evaluation_epsilon: float = bounded(0.0, low=0, high=1)
    """Probability of a random action in evaluations (0.05 in Mnih et al. 2015); above 0 no game stands still for ever,
    as those do that wait for a button that greedy play never presses."""
    checkpoint_every: int = bounded(10_000, low=1)
    """Environment steps between checkpoints (gradient steps where nobody acts)."""
    log_every: int = bounded(20, low=1)
    """Gradient steps between rows of metrics."""
    film: bool = True
    """Whether a dream is filmed at every evaluation, and a report written in the end."""
    wandb: Literal["auto", "online", "offline", "off"] = "auto"
    """Weights & Biases: auto is online where a key is found and offline otherwise."""
    wandb_project: str = "worldmodel"
    """Project the run is shown in there."""
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    """Where the networks run."""
    devices: int = bounded(1, low=1)
    """Number of devices; more than one is not supported yet."""
    precision: Literal["32-true", "bf16-mixed", "auto"] = "32-true"
    """Number format of the networks; auto is bf16-mixed where the hardware multiplies bfloat16, else 32-true."""
    compile: bool = False
    """Whether networks are compiled (torch.compile); where it was measured it did not pay (docs/experiments.md)."""
    threads: int | None = bounded(None, low=1)
    """Threads of the processor; null uses as many as there are cores."""
    keep_memory: bool = True
    """Linux only: whether freed memory is kept for the next step, which saves 25 to 45 % of the time on processors."""

    def problems(self) -> list[str]:
        """Contradictions between settings."""
        found = []
        if self.devices > 1:
            found.append(f"trainer.devices must be 1, more are not supported yet (got {self.devices})")
        if (self.awake_steps == 0) != (self.asleep_steps == 0):
            found.append("trainer.awake_steps and trainer.asleep_steps go together: set both, or neither")
        if self.prefill > self.max_steps:
            found.append(f"trainer.prefill ({self.prefill}) must not exceed trainer.max_steps ({self.max_steps})")
        return found


@dataclass
class Settings:
    """All settings of a run, in the groups of the configuration files."""

    environment: EnvironmentSettings = field(default_factory=EnvironmentSettings)
    data: DataSettings = field(default_factory=DataSettings)
    world_model: WorldModelSettings = field(default_factory=WorldModelSettings)
    agent: AgentSettings = field(default_factory=AgentSettings)
    trainer: TrainerSettings = field(default_factory=TrainerSettings)

    @property
    def acts(self) -> bool:
        """Whether there is an environment in the loop."""
        return self.agent.acting and self.trainer.learner == "agent"

    def problems(self) -> list[str]:
        """Contradictions between groups."""
        found = []
        if self.acts and self.data.experience:
            found.append("data.experience is for learning without acting: set agent.acting to false as well")
        if not self.acts and not self.data.experience:
            found.append("data.experience must name a run to learn from, where nobody acts")
        if not self.acts and self.trainer.max_gradient_steps is None:
            found.append("trainer.max_gradient_steps must be given where nobody acts")
        if self.data.order == "prioritised" and (
            self.trainer.learner == "world_model" or self.agent.imagination_share == 1
        ):
            found.append(
                "data.order cannot be prioritised where nothing is learned from recorded transitions: lower "
                "agent.imagination_share, or choose curious"
            )
        if self.agent.world_model_rate < 1 and self.agent.movie_gradient > 0:
            found.append(
                "agent.movie_gradient must be 0 where agent.world_model_rate is below 1: the Q-network then reads a "
                "mean of world models, which has no gradient"
            )
        if self.acts:
            found += self._problems_of_acting()
        return found

    def _problems_of_acting(self) -> list[str]:
        """What would only be found after the run's directory was made."""
        worlds, chunk, data, trainer = self.environment.count, self.data.chunk_steps, self.data, self.trainer
        found = []
        if data.capacity < worlds * chunk:
            found.append(
                f"data.capacity ({data.capacity}) must hold one chunk of data.chunk_steps ({chunk}) for each of "
                f"environment.count ({worlds}): at least {worlds * chunk}"
            )
        if trainer.max_steps < worlds:
            found.append(f"trainer.max_steps ({trainer.max_steps}) must be at least environment.count ({worlds})")
        if trainer.prefill < data.sequence_length:
            found.append(
                f"trainer.prefill ({trainer.prefill}) must be at least data.sequence_length ({data.sequence_length}), "
                "or the first batch cannot be filled"
            )
        return found
