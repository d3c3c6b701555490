"""The agent: awake it acts, asleep it learns a world model and trains its Q-network on movies and dreams."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor

from worldmodel.errors import NumericalError
from worldmodel.experience import LatentState, Movie, Observed, Spec
from worldmodel.learning.chosen_returns import dream_returns, movie_returns
from worldmodel.learning.exploration import EpsilonSchedule, Exploration
from worldmodel.learning.instruments import gradient_norms, q_instruments, replay_instruments
from worldmodel.learning.lessons import Replayed, lessons
from worldmodel.learning.q_learning import Returns, learn
from worldmodel.learning.q_network import EpsilonGreedy, QNetwork
from worldmodel.learning.settings import AgentSettings
from worldmodel.learning.slow_copies import approach
from worldmodel.model import WorldModel, WorldModelSettings
from worldmodel.model.losses import by_row
from worldmodel.replay import (
    AtTheEnd,
    ByGain,
    Everywhere,
    Holding,
    ImaginationReplay,
    Mixture,
    MovieReplay,
    Replay,
    Starts,
)

See = Callable[[LatentState, Tensor, Tensor, Tensor], tuple[LatentState, Tensor]]
"""States, actions, what is seen then and where an episode begins, `[N]` each, to states and Q-values `[N, A]`."""


@dataclass(frozen=True)
class ActingState:
    """What the agent carries from moment to moment while it acts.

    latent: `[N]` latent states.
    action: `[N]` int64, what was done last.
    held: `[N]` int64, for how many steps more it will be done, where it was done to explore.
    value: `[N]`, what it was expected to bring, Q of the latent state and the action.
    """

    latent: LatentState
    action: Tensor
    held: Tensor
    value: Tensor


class Agent(LightningModule):
    """World model, Q-network and its slow copy, trained by one optimizer with a parameter group each.

    Where `world_model_rate` is below 1 gradient steps train a student, and `world_model`, which sees, dreams, and is
    read by the Q-network, is a running mean of its weights (the mean teacher of Tarvainen & Valpola 2017).
    """

    def __init__(self, spec: Spec, world_model: WorldModelSettings, settings: AgentSettings) -> None:
        super().__init__()
        self.spec, self.settings = spec, settings
        self.world_model = WorldModel(spec, world_model)
        self.student = copy.deepcopy(self.world_model) if settings.world_model_rate < 1 else None
        self.world_model.requires_grad_(self.student is None)
        self.q_network = QNetwork(
            self.world_model.head(settings.units, settings.layers),
            settings.units,
            len(spec.actions),
            world_model.bins,
            world_model.bin_limit,
        )
        self.target_network = copy.deepcopy(self.q_network).requires_grad_(False)
        self.policy = EpsilonGreedy(self.target_network, settings.dream_epsilon)
        self.mixture = Mixture(settings.imagination_share, settings.imagination_warmup, settings.imagination_ramp)
        self.movie_replay = MovieReplay(settings.movie_returns == "cut", settings.movie_gradient)
        self.imagination_replay = ImaginationReplay(
            self.world_model, settings.horizon, settings.rollouts, Holding(settings.dream_zeta), self._starts()
        )
        self.movie_returns, self.dream_returns = movie_returns(settings), dream_returns(settings)
        self.see: See = self._see
        self.epsilon = EpsilonSchedule(settings.epsilon_start, settings.epsilon_end, settings.epsilon_steps)
        self.exploration = Exploration(len(spec.actions), settings.epsilon_zeta)
        self.gradient_steps = 0
        self.learned = {"movie": 0, "imagined": 0}
        self.diagnose_every = 1

    # Awake

    def initial_state(self, count: int) -> ActingState:
        """The state `[N]` before anything was seen."""
        nothing = torch.zeros(count, dtype=torch.long, device=self.device)
        return ActingState(self.world_model.initial(count), action=nothing, held=nothing, value=nothing.float())

    @torch.no_grad()
    def act(
        self, observation: Tensor, first: Tensor, state: ActingState, epsilon: float = 0.0
    ) -> tuple[Tensor, ActingState]:
        """Sees `observation` `[N, ...]`, answers actions `[N]`; where `first` `[N]`, the past is forgotten.

        The slow copy of the Q-network acts, epsilon-greedily.
        """
        latent, values = self.see(state.latent, state.action, observation, first)
        action, held = self.exploration.choose(values.argmax(-1), state.action, state.held * ~first, epsilon)
        return action, ActingState(latent, action, held, values.gather(-1, action[:, None]).squeeze(-1))

    # Asleep

    @property
    def trained_model(self) -> WorldModel:
        """The world model that gradient steps train."""
        return self.world_model if self.student is None else self.student

    @property
    def diagnosing(self) -> bool:
        """Whether this gradient step is one whose row of metrics will be written."""
        return (self.gradient_steps + 1) % self.diagnose_every == 0

    def training_step(self, movie: Movie, batch_index: int) -> dict[str, Tensor]:
        """One look at the movies, from which the world model, the movie replay and the dreams all learn.

        Gives the loss, and what each row taught (see `lessons`).
        """
        model = self.trained_model
        model.get_used_to(movie)
        observed = model.observe(movie)
        losses = model.losses(observed)
        seen = self.look_again(observed)
        replayed = self.replay(seen)
        q_loss = sum((weight * learned.loss for weight, learned, _ in replayed.values()), torch.zeros(()))
        for name, (_, _, trajectory) in replayed.items():
            self.learned[name] += int(trajectory.transitions)
        if self.diagnosing:
            seen_losses = losses if seen is observed else self.world_model.losses(seen)
            self.log_dict(self.diagnostics(seen, seen_losses, replayed))
            self.log_dict(self.pulls(losses, movie, replayed))
        taught = lessons(by_row(losses, model.weights), replayed)
        return {"loss": model.total_loss(losses, movie.mask) + q_loss, **taught}

    def look_again(self, observed: Observed) -> Observed:
        """What was `observed` by the world model that is trained, as the one sees it that the agent lives in."""
        return observed if self.student is None else self.world_model.observe(observed.movie)

    def replay(self, observed: Observed) -> Replayed:
        """Both replays of what was observed, each with its weight in the Q-loss; one of weight 0 is left out."""
        step = self.gradient_steps
        parts: dict[str, tuple[float, Replay, Returns]] = {
            "movie": (self.mixture.movie(step), self.movie_replay, self.movie_returns),
            "imagined": (self.mixture.imagination(step), self.imagination_replay, self.dream_returns),
        }
        replayed: Replayed = {}
        for name, (weight, replay, returns) in parts.items():
            if weight > 0:
                trajectory = replay(observed, self.policy)
                learned = learn(trajectory, self.q_network, self.target_network, returns, self.settings.discount)
                replayed[name] = (weight, learned, trajectory)
        return replayed

    @torch.no_grad()
    def diagnostics(
        self, observed: Observed, losses: dict[str, Tensor], replayed: Replayed
    ) -> dict[str, Tensor | float]:
        """What to watch: the world model's terms, and for each replay its share, loss, values and errors."""
        found: dict[str, Tensor | float] = dict(self.world_model.diagnostics(observed, losses))
        found["replay/imagination_share"] = self.mixture.imagination(self.gradient_steps)
        found["replay/movie_age"] = observed.movie.age.float().mean()
        found["replay/fill"] = observed.movie.mask.float().mean()
        found |= {f"q/{name}": value for name, value in q_instruments(self.q_network, observed.latent).items()}
        for name, (_, learned, trajectory) in replayed.items():
            found[f"replay/{name}_transitions"] = float(self.learned[name])
            found |= {f"q/{name}_{what}": value for what, value in replay_instruments(learned, trajectory).items()}
        return found

    def pulls(self, losses: dict[str, Tensor], movie: Movie, replayed: Replayed) -> dict[str, Tensor]:
        """The gradient norm of every single loss, weighted as it counts, at the weights that it trains."""
        model = self.trained_model
        q_terms = {name: share * part.loss for name, (share, part, _) in replayed.items()}
        parts = {
            "world_model": gradient_norms(model.weighted_losses(losses, movie.mask), model.parameters()),
            "q": gradient_norms(q_terms, self.q_network.parameters()),
        }
        return {f"{part}/{name}_gradient_norm": norm for part, norms in parts.items() for name, norm in norms.items()}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam with a parameter group for the world model and one for the Q-network."""
        groups = [
            {"params": list(self.trained_model.parameters()), "lr": self.world_model.settings.learning_rate},
            {"params": list(self.q_network.parameters()), "lr": self.settings.learning_rate},
        ]
        return torch.optim.Adam(groups, eps=1e-8, fused=True)

    def configure_gradient_clipping(self, optimizer: torch.optim.Optimizer, *_: Any, **__: Any) -> None:
        """Clips each group by itself, so that a spike of the world model does not shrink the step of the Q-network."""
        limits = (self.settings.world_model_clip, self.settings.q_clip)
        names = ("world_model", "q")
        for name, group, limit in zip(names, optimizer.param_groups, limits, strict=True):
            norm = torch.nn.utils.clip_grad_norm_(group["params"], limit)
            if not norm.isfinite():
                raise NumericalError(
                    f"gradient step {self.gradient_steps}: the gradient of {name} is not finite; "
                    f"go on from the last checkpoint with a lower learning rate, or with precision 32-true"
                )
            if self.diagnosing:
                self.log(f"{name}/gradient_norm", norm)

    def optimizer_step(self, *arguments: Any, **keywords: Any) -> None:
        """After each step of the optimizer the slow copies follow (exponential moving averages)."""
        super().optimizer_step(*arguments, **keywords)
        self.follow()
        self.follow_student()
        self.gradient_steps += 1

    def follow(self) -> None:
        """Moves the target network `target_rate` of the way to the Q-network."""
        approach(self.target_network, self.q_network, self.settings.target_rate)

    def follow_student(self) -> None:
        """Moves the world model `world_model_rate` of the way to its student, where it has one."""
        if self.student is not None:
            approach(self.world_model, self.student, self.settings.world_model_rate)

    def _see(
        self, latent: LatentState, action: Tensor, observation: Tensor, first: Tensor
    ) -> tuple[LatentState, Tensor]:
        """The latent states `[N]` that `observation` leads to, and what every action is worth there, `[N, A]`."""
        latent = self.world_model.update(latent, action, observation, first)
        return latent, self.target_network.values(latent)

    def _starts(self) -> Starts:
        """The rule by which dreams begin."""
        if self.settings.dream_starts == "gain":
            return ByGain(self.world_model, self.target_network.values, self.settings.discount)
        return AtTheEnd() if self.settings.dream_starts == "end" else Everywhere()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Counters travel with the weights."""
        checkpoint["agent"] = {"gradient_steps": self.gradient_steps, "learned": dict(self.learned)}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Counters go on where they were."""
        self.gradient_steps = checkpoint["agent"]["gradient_steps"]
        self.learned = dict(checkpoint["agent"]["learned"])
