"""What can be set about the world model: its size, the weights of its losses, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worldmodel.settings import bounded


@dataclass
class WorldModelSettings:
    """Size and training of the world model."""

    recurrent_units: int = bounded(512, low=1)
    """Units of the recurrence, D."""
    variables: int = bounded(32, low=1)
    """Categorical variables of the stochastic latent, S."""
    classes: int = bounded(16, low=2)
    """Classes of each of them, K."""
    local_units: int = bounded(0, low=0)
    """Units of the recurrence of each place of the encoder's grid, whose variables then tell of that place alone, for
    worlds in which small things move; 0 makes every variable tell of the whole image."""
    local_rounds: Literal[1, 2, 4] = 1
    """Rounds in which dreams draw such places, each knowing what was drawn around it before, so that nothing is lost
    on its way from one to the next; 1 draws each by itself."""
    local_turns: bool = False
    """Whether dreams draw the variables of such a place in turn, each knowing those before it, so that together they
    show something; otherwise each by itself."""
    local_reading: int = bounded(0, low=0)
    """Numbers in which the heads and the Q-network read each such place and the eight around it, the same way
    everywhere; 0 lets them read the state as one row."""
    local_summary: int = bounded(0, low=0)
    """Numbers in which each such place tells the recurrence of the whole what it remembers, which then sees their sum
    and maximum and not where, so that what seldom happens is understood from a few cases; 0 shows it all latents as one
    row."""
    units: int = bounded(256, low=1)
    """Width of the feed-forward layers."""
    memory: int = bounded(0, low=0)
    """Moments of the episode that an episodic memory holds, C, for worlds in which things seen once must be put in
    order; 0 leaves all to the recurrence."""
    memory_units: int = bounded(64, low=1)
    """Width of the keys of the episodic memory."""
    layers: int = bounded(1, low=1)
    """Hidden layers of the heads for reward and going on."""
    depth: int = bounded(48, low=1)
    """Channels of the first convolution; they double whenever the image is halved."""
    kernel: Literal[2, 4] = 4
    """Width of the convolutions that halve the image: 4 overlap, 2 do not and cost a quarter."""
    grid: int | None = bounded(None, low=1)
    """Places per side of the grid that the encoder ends with; as many as an image has pixels makes a place of each,
    which suits worlds of a few cells. Null cuts images into patches and halves their grid down to 4 x 4."""
    bins: int = bounded(101, low=3)
    """Bins of the two-hot distributions, an odd number."""
    bin_limit: float = bounded(10.0, above=0, high=20)
    """Outermost bin in symlog units; 10 stands for 22,025."""
    uniform_mix: float = bounded(0.01, low=0, below=1)
    """Share of the uniform distribution in every categorical, so that no divergence is infinite."""
    free_nats: float = bounded(1.0, low=0)
    """Divergence below which the posterior is not drawn to the prior; the prior always learns, or dreams lose what is
    worth less than this."""
    scale_each_pixel: bool = False
    """Whether every pixel of an image has a scale of its own, so that what moves all over it counts most; otherwise
    every channel has one."""
    observation_weight: float = bounded(1000.0, low=0)
    """Weight of the reconstruction loss, which is 0.5 where a model knows no more than what is usual."""
    reward_weight: float = bounded(1.0, low=0)
    """Weight of the reward loss."""
    continue_weight: float = bounded(1.0, low=0)
    """Weight of the loss for going on."""
    dynamics_weight: float = bounded(1.0, low=0)
    """Weight of the divergence that draws the prior to the posterior."""
    representation_weight: float = bounded(0.1, low=0)
    """Weight of the divergence that draws the posterior to the prior."""
    learning_rate: float = bounded(3e-4, above=0)
    """Step size of the optimizer for the world model."""

    def problems(self) -> list[str]:
        """Contradictions between settings."""
        found = []
        if self.bins % 2 == 0:
            found.append(f"world_model.bins must be odd, so that one bin is zero (got {self.bins})")
        if self.memory and self.local_units:
            found.append("world_model.memory and world_model.local_units do not go together yet: set one of them to 0")
        of_places = {
            "local_reading reads places": self.local_reading > 0,
            "local_summary sums places up": self.local_summary > 0,
            "local_rounds draws places": self.local_rounds > 1,
            "local_turns draws what places show": self.local_turns,
        }
        if not self.local_units:
            set_alone = [what for what, is_set in of_places.items() if is_set]
            found += [f"world_model.{what}: set world_model.local_units as well" for what in set_alone]
        return found
