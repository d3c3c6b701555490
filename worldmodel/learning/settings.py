"""What can be set about the agent: the mixture of replays, its Q-learning, and how it explores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worldmodel.settings import bounded


@dataclass
class AgentSettings:
    """The mixture of replays, Q-learning, and exploration."""

    imagination_share: float = bounded(0.5, low=0, high=1)
    """Share of imagined transitions in the Q-loss: 0 only watches movies, 1 only dreams."""
    imagination_warmup: int = bounded(500, low=0)
    """Gradient steps before anything is imagined, for the world model to learn first (about 5 % of the run)."""
    imagination_ramp: int = bounded(500, low=0)
    """Gradient steps over which the share then grows to its value."""
    horizon: int = bounded(15, low=1)
    """Steps of an imagined rollout, H."""
    rollouts: int | None = bounded(None, low=1)
    """Imagined rollouts per gradient step; null makes as many imagined transitions as movie transitions."""
    dream_epsilon: float = bounded(0.0, low=0, high=1)
    """Probability of a random action in dreams, after the first one."""
    dream_zeta: float | None = bounded(None, above=1)
    """Exponent of the zeta distribution of the number of steps that a dream's first action is held; null holds it for
    one step."""
    dream_starts: Literal["everywhere", "end", "gain"] = "everywhere"
    """At which moments of the movies dreams begin: all alike, where each movie ends, or where looking one step ahead
    would change the policy for the best (Mattar & Daw 2018)."""
    movie_returns: Literal["cut", "uncut", "n_step"] = "cut"
    """Returns on movies: lambda-returns cut where the recorded action left the policy, uncut ones, or n-step."""
    n_steps: int = bounded(5, low=1)
    """Steps of the n-step returns."""
    trace_decay: float = bounded(0.95, low=0, high=1)
    """Lambda of the lambda-returns."""
    dream_trace_decay: float | None = bounded(None, low=0, high=1)
    """Lambda on dreams, whose actions are the policy's own and whose rewards may lie far ahead; null takes
    trace_decay."""
    discount: float = bounded(0.99, low=0, below=1)
    """Worth of a reward one step later, gamma."""
    movie_gradient: float = bounded(0.0, low=0, high=1)
    """Share of the movie Q-loss's gradient that shapes the world model's latent states."""
    units: int = bounded(256, low=1)
    """Width of the Q-network."""
    layers: int = bounded(2, low=1)
    """Hidden layers of the Q-network."""
    learning_rate: float = bounded(3e-4, above=0)
    """Step size of the optimizer for the Q-network."""
    target_rate: float = bounded(0.02, above=0, high=1)
    """Part of the way the target network goes to the Q-network at each gradient step; the target network also acts."""
    world_model_rate: float = bounded(1.0, above=0, high=1)
    """Part of the way the world model that sees and dreams goes to the one that is trained at each gradient step; at 1
    they are one and the same."""
    world_model_clip: float = bounded(100.0, above=0)
    """Largest norm of the world model's gradient."""
    q_clip: float = bounded(10.0, above=0)
    """Largest norm of the Q-network's gradient."""
    epsilon_start: float = bounded(1.0, low=0, high=1)
    """Probability of a random action when acting begins."""
    epsilon_end: float = bounded(0.02, low=0, high=1)
    """Probability of a random action in the end."""
    epsilon_steps: int = bounded(10_000, low=0)
    """Environment steps from the one to the other; those without any reward yet, after the prefill, do not count."""
    epsilon_zeta: float | None = bounded(None, above=1)
    """Exponent of the zeta distribution of the number of steps that a random action is held (2 in Dabney et al. 2021),
    for worlds that single random steps lead nowhere in; null holds none."""
    acting: bool = True
    """Whether the agent acts; false learns from recorded experience alone (data.experience)."""
