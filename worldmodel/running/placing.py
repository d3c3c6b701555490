"""Games that the agent plays, with its latents and where things were at every moment of them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.environments.places import Axis, Places, Relived
from worldmodel.environments.position_reading import relive_places
from worldmodel.learning import Agent
from worldmodel.running.players import AgentPlayer, RandomPlayer
from worldmodel.running.reliving import Game, play_games


@dataclass(frozen=True)
class Placed:
    """G games one after the other, T moments in all.

    latents: `[T, F]`. untrained: `[T, F]`, those of another network that was shown the same games.
    game: `[T]` int64, from 0 up. reward: `[T]`.
    places: where each thing was, by its name; empty where nothing tells.
    strayed: games that did not come back the same when they were played again, and are left out.
    """

    latents: np.ndarray
    untrained: np.ndarray
    game: np.ndarray
    reward: np.ndarray
    places: dict[str, Places]
    strayed: int


@torch.no_grad()
def play_placed(
    agent: Agent,
    untrained: Agent,
    environment: EnvironmentSettings,
    games: int,
    steps: int,
    epsilon: float,
    acts: bool,
    seed: int,
) -> Placed | None:
    """Plays games, and plays each again to see where things were; None where that cannot be seen in this world.

    untrained: a network of the same sizes that has learned nothing.
    epsilon: of the agent; where nobody `acts`, every action is random.
    Raises EnvironmentFailure where the world cannot be made or breaks.
    """
    nothing = np.zeros(1, np.int64)
    if relive_places(environment, seed, nothing) is None:
        return None
    with closing(make_worlds(environment, games, evaluation=True)) as worlds:
        player = AgentPlayer(agent, epsilon) if acts else RandomPlayer(len(agent.spec.actions), seed)
        played = play_games(worlds, player, list(range(seed, seed + games)), steps)
    found = [(game, relive_places(environment, game.seed, game.action)) for game in played]
    kept = [(game, relived) for game, relived in found if relived is not None and _same(game, relived)]
    if not kept:
        return Placed(np.zeros((0, 0)), np.zeros((0, 0)), nothing[:0], np.zeros(0), {}, len(found))
    latents = [_latents(agent, game) for game, _ in kept]
    return Placed(
        latents=np.concatenate(latents),
        untrained=np.concatenate([_latents(untrained, game) for game, _ in kept]),
        game=np.concatenate([np.full(len(each), number) for number, each in enumerate(latents)]),
        reward=np.concatenate([game.reward for game, _ in kept]),
        places={name: _joined([relived.places[name] for _, relived in kept]) for name in kept[0][1].places},
        strayed=len(found) - len(kept),
    )


def _same(game: Game, relived: Relived) -> bool:
    """Whether rewards came at the same steps, and the game lasted as long."""
    return np.array_equal(game.reward, relived.reward)


def _latents(agent: Agent, game: Game) -> np.ndarray:
    latent = agent.world_model.observe(game.movie().to(agent.device)).latent
    return latent.features[0].float().cpu().numpy()


def _joined(places: list[Places]) -> Places:
    """One thing's places in several games, on axes that are long enough for all."""
    axes = [
        Axis(each[0].name, max(axis.bins for axis in each)) for each in zip(*(one.axes for one in places), strict=True)
    ]
    return Places(places[0].name, tuple(axes), np.concatenate([each.position for each in places]))
