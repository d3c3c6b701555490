"""Scenes of a dream: what is imagined from a moment of a game on, what really follows, and what the agent thinks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldmodel.environments import Worlds
from worldmodel.experience import LatentState, Observed
from worldmodel.learning import Agent
from worldmodel.model import latents
from worldmodel.running.reliving import Game, relive


@dataclass(frozen=True)
class Scene:
    """One dream of H steps. Row 0 of every array is the moment it starts from, which was still looked at.

    title: why it is shown.
    moment: row of its game.
    context: `[C, ...]`, observations that led there, the moment itself last.
    imagined: `[H+1, ...]`, what the world model sees; row 0 is its reconstruction.
    real: `[R, ...]`, what the world shows under the same actions, R = H + 1 or fewer where it ended; None where the
        world could not be brought back to the moment.
    values: `[H+1, A]`, Q of each action in the imagined state.
    action: `[H]` int64, what is done in the dream.
    reward, real_reward: `[H+1]` and `[R]`, expected and real, for arriving.
    continues: `[H+1]`, probability that life goes on.
    surprise: `[R]`, nats by which what really came exceeds what was expected, KL(q(z|o) || p(z|h)), NaN in row 0.
    uncertainty: `[H+1]`, entropy in nats of what was expected, NaN in row 0.
    """

    title: str
    moment: int
    context: np.ndarray
    imagined: np.ndarray
    real: np.ndarray | None
    values: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    real_reward: np.ndarray | None
    continues: np.ndarray
    surprise: np.ndarray | None
    uncertainty: np.ndarray


@dataclass(frozen=True)
class Start:
    """Where a dream begins: the state in which the agent is at row `moment` of `game`, and what it does first there.

    latent: `[1]` state.
    first_action: None leaves it to the policy.
    """

    title: str
    game: Game
    moment: int
    latent: LatentState
    first_action: int | None = None


@torch.no_grad()
def play_scene(agent: Agent, world: Worlds | None, start: Start, horizon: int, context: int) -> Scene:
    """Dreams `horizon` steps from `start`, greedily by the target network, and lives the same actions in `world`.

    world: a single fresh one, None where there is none to be had.
    """
    model, device = agent.world_model, agent.device
    states, actions, priors = [start.latent], [], []
    values = [agent.target_network.values(start.latent)]
    for step in range(horizon):
        action = values[-1].argmax(-1)
        if step == 0 and start.first_action is not None:
            action = torch.full_like(action, start.first_action)
        state, prior = model.foresee(states[-1], action)
        states.append(state)
        actions.append(action)
        priors.append(prior)
        values.append(agent.target_network.values(state))
    latent, prior = LatentState.stack(states, 1)[0], torch.cat(priors)
    taken = torch.cat(actions).cpu().numpy()
    real = relive(world, start.game, start.moment, taken) if world is not None else None
    surprise = None
    if real is not None:
        seen = model.encode(torch.from_numpy(real.observation[1:]).to(device))
        surprise = _after_nothing(latents.kl_divergence(seen, prior[: len(seen)]))
    return Scene(
        title=start.title,
        moment=start.moment,
        context=start.game.observation[max(0, start.moment + 1 - context) : start.moment + 1],
        imagined=model.decode(latent).cpu().numpy(),
        real=real.observation if real else None,
        values=torch.cat(values).cpu().numpy(),
        action=taken,
        reward=model.reward(latent).cpu().numpy(),
        real_reward=real.reward if real else None,
        continues=model.continues(latent).cpu().numpy(),
        surprise=surprise,
        uncertainty=_after_nothing(latents.entropy(prior)),
    )


@torch.no_grad()
def choose_starts(agent: Agent, games: list[Game], horizon: int, seed: int) -> list[Start]:
    """Moments worth dreaming from: the most rewarding dream, the most surprising one that was lived, one at random.

    They are followed by the fan: from the most rewarding moment every action once. Moments at which a game ended are
    left out.
    """
    moments = [(game, t) for game in games for t in range(len(game.action) - 1)]
    observed = [agent.world_model.observe(game.movie().to(agent.device)) for game in games]
    latent = LatentState.concatenate([each.latent[0, :-1] for each in observed])
    promise = _promise(agent, latent, horizon)
    surprise = torch.cat([_surprise(each) for each in observed])
    best, strangest = int(promise.argmax()), int(surprise.argmax())
    at_random = int(np.random.default_rng(seed).integers(len(moments)))
    chosen = {"Most rewarding": best, "Most surprising": strangest, "At random": at_random}
    starts = [Start(title, *moments[i], latent[i : i + 1]) for title, i in chosen.items()]
    fan = [
        Start(f"First {name}", *moments[best], latent[best : best + 1], action)
        for action, name in enumerate(agent.spec.actions)
    ]
    return starts + fan


def _promise(agent: Agent, latent: LatentState, horizon: int) -> torch.Tensor:
    """Discounted reward `[N]` that the policy expects to dream of from each state."""
    state, promise = latent, torch.zeros(len(latent.features), device=latent.features.device)
    weight = torch.ones_like(promise)
    for _ in range(horizon):
        state = agent.world_model.predict(state, agent.target_network.values(state).argmax(-1))
        promise += weight * agent.world_model.reward(state)
        weight = weight * agent.settings.discount * agent.world_model.continues(state)
    return promise


def _surprise(observed: Observed) -> torch.Tensor:
    """How little each moment `[T-1]` of a game `[1, T]` was expected when it came; nothing was before the first."""
    divergence = latents.kl_divergence(observed.posterior, observed.prior)[0, :-1]
    divergence[0] = 0
    return divergence


def _after_nothing(values: torch.Tensor) -> np.ndarray:
    """NaN for the start, then `values`."""
    return np.concatenate([[np.nan], values.float().cpu().numpy()])
