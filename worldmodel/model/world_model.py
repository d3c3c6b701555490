"""The learned model of the world: it looks at movies, predicts what comes next, and runs on without the world."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from lightning import LightningModule
from torch import Tensor, nn

from worldmodel.experience import LatentState, Movie, Observed, Spec, Table
from worldmodel.model import latents
from worldmodel.model.distributions import TwoHot
from worldmodel.model.foresight import foresight
from worldmodel.model.latent_parts import build_latents
from worldmodel.model.losses import by_row, loss_weights, masked_mean, weigh
from worldmodel.model.settings import WorldModelSettings
from worldmodel.model.standardising import Standardise
from worldmodel.model.vision import build_decoder, build_encoder


class WorldModel(LightningModule):
    """Posterior from the frame alone, recurrence in one fused call, prior from the recurrence.

    The three are::

        z_t ~ q(z | o_t)    h_t = GRU(h_{t-1}, [z_{t-1}, a_{t-1}])    prior p(z | h_t)

    Reconstruction, reward_t and whether life goes on after t are read from (h_t, z_t). Because the posterior needs no
    memory, the recurrence runs over a movie of T steps at once (as the transformers of STORM, Zhang et al. 2023, and
    TWM, Robine et al. 2023, do).
    """

    def __init__(self, spec: Spec, settings: WorldModelSettings) -> None:
        super().__init__()
        self.spec, self.settings = spec, settings
        self.actions = len(spec.actions)
        self.latent_shape = (settings.variables, settings.classes)
        stochastic = settings.variables * settings.classes
        units = settings.units
        self.standardise = Standardise(spec, settings.scale_each_pixel)
        self.encoder = build_encoder(spec, settings.depth, settings.kernel, units, settings.grid)
        parts = build_latents(settings, self.encoder, self.actions)
        self.posterior_head, self.step_input = parts.posterior, parts.step_input
        self.recurrence, self.prior_head = parts.recurrence, parts.prior
        self.recurrent_units, self.head = parts.recurrent_units, parts.head
        self.features = parts.recurrent_units + stochastic
        self.first_recurrent = nn.Parameter(torch.zeros(parts.recurrent_units))
        self.decoder = build_decoder(
            spec, self.features, settings.depth, settings.kernel, units, parts.local, settings.grid
        )
        self.two_hot = TwoHot(settings.bins, settings.bin_limit)
        self.reward_head = self.head(units, settings.layers, settings.bins, zero_last=True)
        self.continue_head = self.head(units, settings.layers, 1)
        self.weights = loss_weights(settings)

    # Looking

    def encode(self, observation: Tensor) -> Tensor:
        """Posterior log-probabilities `[..., S, K]` of observations `[..., *observation_shape]`."""
        batch = observation.shape[: -len(self.spec.observation_shape)]
        flat = observation.reshape(-1, *self.spec.observation_shape)
        embedding = self.encoder(self.standardise(flat))
        return self._categorical(self.posterior_head(embedding)).unflatten(0, batch)

    def observe(self, movie: Movie) -> Observed:
        """Looks at movies `[B, T]` once; losses, movie replay and the starts of dreams all come from it.

        The recurrent state of the first row is the learned one where an episode begins, and zero, nothing known,
        where the clip begins in the middle.
        """
        posterior = self.encode(movie.observation)
        stochastic = latents.straight_through(posterior).flatten(-2)
        begins = movie.first[:, :1].to(stochastic.dtype)
        first = begins * torch.tanh(self.first_recurrent)
        inputs = self._step_input(stochastic[:, :-1], movie.action[:, :-1])
        recurrent = torch.cat([first[:, None], self.recurrence.unroll(inputs, first.to(inputs.dtype)).float()], 1)
        prior, table = self.prior_head.unroll(recurrent, stochastic, posterior, movie.mask)
        return Observed(movie, LatentState.join(recurrent, stochastic, table), posterior, self._categorical(prior))

    def update(self, state: LatentState, action: Tensor, observation: Tensor, first: Tensor) -> LatentState:
        """The state `[N]` after `action` `[N]` was taken in `state` and `observation` was seen.

        Where `first` `[N]`, the past does not count.
        """
        posterior = self.encode(observation)
        stochastic = latents.sample(posterior).flatten(-2)
        recurrent = self._advance(state, action)
        recurrent = torch.where(first[:, None], torch.tanh(self.first_recurrent), recurrent)
        return self.arrive(recurrent, stochastic, posterior, state.table.forget(first) if state.table else None)

    def initial(self, count: int) -> LatentState:
        """The state `[N]` in which an episode begins, nothing seen yet."""
        recurrent = torch.tanh(self.first_recurrent).expand(count, -1)
        stochastic = recurrent.new_zeros(count, self.features - recurrent.shape[-1])
        return LatentState.join(recurrent, stochastic, self.prior_head.empty(count))

    # Imagining

    def predict(self, state: LatentState, action: Tensor) -> LatentState:
        """A draw of the state after `action` `[B]`: what the model expects to see."""
        return self.foresee(state, action)[0]

    def foresee(self, state: LatentState, action: Tensor, temperature: float = 1) -> tuple[LatentState, Tensor]:
        """As `predict`, drawn at a temperature (`latents.temper`), with the prior's log-probabilities `[B, S, K]`."""
        recurrent, stochastic, prior = self._draw(state, action, temperature)
        return self.arrive(recurrent, stochastic, prior, state.table), prior

    def glimpse(self, state: LatentState, action: Tensor) -> LatentState:
        """As `predict`, where nothing follows: the state is judged, and its table not written."""
        recurrent, stochastic, _ = self._draw(state, action)
        return LatentState.join(recurrent, stochastic)

    def arrive(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor, table: Table | None) -> LatentState:
        """The state `[N]` in which `stochastic`, drawn from `seen` `[N, S, K]`, is written into the table before it."""
        return LatentState.join(recurrent, stochastic, self.prior_head.remember(recurrent, stochastic, seen, table))

    def follow(self, start: LatentState, action: Tensor) -> LatentState:
        """Runs on without the world under given actions: start `[B]` and action `[B, H]` to states `[B, H+1]`."""
        states = [start]
        for step in range(action.shape[1]):
            states.append(self.predict(states[-1], action[:, step]))
        return LatentState.stack(states, 1)

    @torch.no_grad()
    def imagine(
        self,
        start: LatentState,
        first_action: Tensor,
        choose: Callable[[LatentState], Tensor],
        horizon: int,
        held: Tensor | None = None,
    ) -> tuple[LatentState, Tensor]:
        """Runs on without the world for `horizon` steps, the first action given, the others chosen.

        held: `[B]` int64, for how many steps the first action is held; one where not given.
        Shapes: start `[B]` and first_action `[B]` to states `[B, H+1]` and actions `[B, H]`. No gradient flows.
        """
        states, actions = [start], [first_action]
        for step in range(1, horizon + 1):
            states.append(self.predict(states[-1], actions[-1]))
            if step < horizon:
                chosen = choose(states[-1])
                actions.append(chosen if held is None else torch.where(step < held, first_action, chosen))
        # under autocast predictions are bfloat16, and one float32 state would make the whole stack so
        states[0] = LatentState(start.features.to(states[-1].features.dtype), start.recurrent_units)
        return LatentState.stack(states, 1), torch.stack(actions, 1)

    def reward(self, latent: LatentState) -> Tensor:
        """Expected reward of arriving in each state, `[...]`."""
        return self.two_hot.mean(self.reward_head(latent.features))

    def continues(self, latent: LatentState) -> Tensor:
        """Probability that life goes on after each state, `[...]`."""
        return torch.sigmoid(self.continue_head(latent.features).float()).squeeze(-1)

    def decode(self, latent: LatentState) -> Tensor:
        """What each state looks like, `[..., *observation_shape]`, in the units of the recording."""
        features = latent.features
        standardised = self.decoder.observation(features.flatten(0, -2)).unflatten(0, features.shape[:-1])
        return self.standardise.restore(standardised)

    # Learning

    def get_used_to(self, movie: Movie) -> None:
        """Takes movies `[B, T]` into what counts as usual; in training, before they are looked at."""
        self.standardise.update(movie.observation[movie.mask])

    def losses(self, observed: Observed) -> dict[str, Tensor]:
        """Every term of the loss, `[B, T]` each, unweighted; keys are those of `weights`.

        The first row of a clip that begins in mid-episode cannot be predicted: its reward and divergences are zero.
        """
        movie, features = observed.movie, observed.latent.features
        flat, shape = features.flatten(0, 1), features.shape[:2]
        shown = self.standardise(movie.observation.flatten(0, 1))
        predictable = torch.ones_like(movie.mask)
        predictable[:, 0] = movie.first[:, 0]
        goes_on = 1 - movie.terminated.float()
        dynamics = latents.kl_divergence(observed.posterior.detach(), observed.prior)
        representation = latents.kl_divergence(observed.posterior, observed.prior.detach())
        return {
            "observation": self.decoder.loss(flat, shown).unflatten(0, shape),
            "reward": self.two_hot.cross_entropy(self.reward_head(features), movie.reward) * predictable,
            "continue": F.binary_cross_entropy_with_logits(
                self.continue_head(features).float().squeeze(-1), goes_on, reduction="none"
            ),
            "dynamics": dynamics * predictable,
            "representation": representation.clamp(min=self.settings.free_nats) * predictable,
        }

    def weighted_losses(self, losses: dict[str, Tensor], mask: Tensor) -> dict[str, Tensor]:
        """Each term times its weight, averaged over recorded rows `[B, T]`, scalars."""
        return weigh(losses, self.weights, mask)

    def total_loss(self, losses: dict[str, Tensor], mask: Tensor) -> Tensor:
        """The sum of the weighted terms, a scalar."""
        return torch.stack(list(self.weighted_losses(losses, mask).values())).sum()

    def training_step(self, movie: Movie, batch_index: int) -> dict[str, Tensor]:
        """One gradient step of the world model alone, on recorded experience; its loss, and that of every row."""
        self.get_used_to(movie)
        observed = self.observe(movie)
        losses = self.losses(observed)
        self.log_dict(self.diagnostics(observed, losses))
        return {"loss": self.total_loss(losses, movie.mask), "row_loss": by_row(losses, self.weights)}

    @torch.no_grad()
    def diagnostics(self, observed: Observed, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        """What to watch while it learns: each term averaged, entropies, and how well the future is foretold."""
        mask = observed.movie.mask
        found = {f"world_model/{name}_loss": masked_mean(loss, mask) for name, loss in losses.items()}
        found["world_model/posterior_entropy"] = masked_mean(latents.entropy(observed.posterior), mask)
        found["world_model/prior_entropy"] = masked_mean(latents.entropy(observed.prior), mask)
        ahead = foresight(observed, self.foresee, self.reward)
        return found | {f"world_model/{name}": value for name, value in ahead.items()}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam over the whole model, for when it is trained alone."""
        return torch.optim.Adam(self.parameters(), lr=self.settings.learning_rate, eps=1e-8)

    def compile_parts(self) -> None:
        """Compiles what gains from it; recurrent layers are left alone (TorchDynamo does not trace them)."""
        for part in (self.encoder, self.decoder, self.posterior_head, self.reward_head, self.continue_head):
            part.compile()

    def _draw(self, state: LatentState, action: Tensor, temperature: float = 1) -> tuple[Tensor, Tensor, Tensor]:
        """The recurrent state `[B, D]` after `action`, a draw `[B, S*K]`, and the prior `[B, S, K]` it is from."""
        recurrent = self._advance(state, action)

        def choose(logits: Tensor) -> tuple[Tensor, Tensor]:
            prior = self._categorical(logits)
            return latents.sample(latents.temper(prior, temperature)).flatten(-2), prior.flatten(-2)

        stochastic, prior = self.prior_head.draw(recurrent, state.stochastic, state.table, choose)
        return recurrent, stochastic, prior.unflatten(-1, self.latent_shape)

    def _advance(self, state: LatentState, action: Tensor) -> Tensor:
        """The recurrent state `[B, D]` after `action` `[B]`."""
        return self.recurrence.step(self._step_input(state.stochastic, action), state.recurrent)

    def _step_input(self, stochastic: Tensor, action: Tensor) -> Tensor:
        """What the recurrence is fed: `[..., S*K]` and `[...]` to `[..., X]`."""
        one_hot = F.one_hot(action, self.actions).to(stochastic.dtype)
        return self.step_input(torch.cat([stochastic, one_hot], -1))

    def _categorical(self, logits: Tensor) -> Tensor:
        """Log-probabilities `[..., S, K]` of flat logits `[..., S*K]`."""
        return latents.log_probabilities(logits.unflatten(-1, self.latent_shape), self.settings.uniform_mix)
