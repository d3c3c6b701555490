"""Whether an agent knows which of its shots hit: Space Invaders of MinAtar, asked by what the game itself would do.

    python benchmarks/shots.py RUN [GAMES]

plays greedily. Whenever a shot is ready and none is in the air, a copy of the game fires and waits. Whether an alien
falls within `WAIT` steps is compared with two opinions: the reward that the world model expects of the same actions,
averaged over `DREAMS` dreams, and by how much the Q-network prefers firing to everything else. Prints the area under
the ROC curve of both (0.5 knows nothing, 1 everything) by the number of aliens that are left; how often the last
alien of a wave, which moves at every step, was hit before the game ended; and the reward that the world model expected
one step before an alien fell, the last one of a wave and any other (1 came), with the shares of those dreams that show
no alien, and `NEW_WAVE` at least: after the last one 24 stand there.
"""

from __future__ import annotations

import copy
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from probes import ALIENS
from ranking import area, preference
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.environments.minatar import MinAtarGame
from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.learning.agent import ActingState
from worldmodel.model import WorldModel
from worldmodel.running.loading import load_agent
from worldmodel.running.players import separate_randomness

FIRE, WAIT, DREAMS = 5, 8, 16
NEW_WAVE = 20
"""How many of 24 aliens make a wave that dreams show."""
LEFT = ((1, 3), (4, 11), (12, 24))
"""Numbers of aliens, from and to, that count together."""


def hits(game: MinAtarGame) -> bool:
    """Whether an alien falls when a shot is fired now and nothing is done after."""
    game = copy.deepcopy(game)
    game._sticky_actions = 0.0
    for action in [FIRE] + [0] * WAIT:
        _, reward, ended, _, _ = game.step(np.int64(action))
        if reward > 0 or ended:
            return reward > 0
    return False


@torch.no_grad()
def side_by_side(
    agent: Agent, count: int, first_game: int, epsilon: float = 0.0, module: str = "space_invaders"
) -> Iterator[tuple[list[MinAtarGame], np.ndarray, np.ndarray, ActingState]]:
    """Plays `count` games to their ends, the first with the seed `first_game`, and stops before every step.

    Yields the games, what they show `[N, 10, 10, C]`, the numbers of those that go on, and the state of the agent with
    the actions that it will take.
    """
    played = [MinAtarGame(module, minimal_actions=False, sticky_actions=0.1) for _ in range(count)]
    seen = np.stack([game.reset(seed=first_game + number)[0] for number, game in enumerate(played)])
    state, first, alive = agent.initial_state(count), True, np.ones(count, bool)
    while alive.any():
        action, state = agent.act(torch.from_numpy(seen), torch.full((count,), first), state, epsilon)
        first = False
        yield played, seen, np.flatnonzero(alive), state
        for i in np.flatnonzero(alive):
            seen[i], _, ended, _, _ = played[i].step(np.int64(action[i]))
            alive[i] = not ended


def shown_aliens(model: WorldModel, state: LatentState) -> Tensor:
    """Where states `[N]` show aliens, `[N, 10, 10]` bool."""
    return model.decode(state)[..., ALIENS] > 127.5


@torch.no_grad()
def foretold(agent: Agent, start: LatentState) -> float:
    """The reward that the world model expects of the same actions, from `start` `[DREAMS]`, the same state in each."""
    dream = agent.world_model.follow(start, torch.tensor([[FIRE] + [0] * WAIT]).expand(DREAMS, -1))
    return float(agent.world_model.reward(dream[:, 1:]).sum(1).mean())


@torch.no_grad()
def foreseen(agent: Agent, before: LatentState, action: Tensor) -> tuple[float, float, float]:
    """The reward that the world model expects of `action` `[DREAMS]` in `before`, the same in each.

    With it shares of dreams that show no alien, and a new wave. Its draws are apart: asking does not change the games.
    """
    model = agent.world_model
    with separate_randomness(0):
        dream = model.predict(before, action)
    aliens = shown_aliens(model, dream).flatten(1).sum(1)
    shares = (aliens == 0, aliens >= NEW_WAVE)
    none, wave = (float(share.float().mean()) for share in shares)
    return float(model.reward(dream).mean()), none, wave


def main(run: str, games: str = "40") -> None:
    """Plays, asks and prints."""
    torch.manual_seed(0)
    agent, count = load_agent(run), int(games)
    played = [MinAtarGame("space_invaders", minimal_actions=False, sticky_actions=0.1) for _ in range(count)]
    seen = np.stack([game.reset(seed=number)[0] for number, game in enumerate(played)])
    state, first, alive, score = agent.initial_state(count), True, np.ones(count, bool), np.zeros(count)
    opinions: dict[tuple[int, int], list[tuple[bool, float, float]]] = defaultdict(list)
    before_hits: dict[bool, list[tuple[float, float, float]]] = {True: [], False: []}
    met, fell = 0, 0
    while alive.any():
        action, state = agent.act(torch.from_numpy(seen), torch.full((count,), first), state)
        first, prefers = False, preference(agent.target_network.values(state.latent), FIRE)
        for i in np.flatnonzero(alive):
            board = played[i]._game
            left = int(board.alien_map.sum())
            if board.shot_timer == 0 and not board.f_bullet_map.any():
                band = next(band for band in LEFT if band[0] <= left <= band[1])
                opinions[band].append((hits(played[i]), foretold(agent, state.latent[[i] * DREAMS]), float(prefers[i])))
            seen[i], reward, ended, _, _ = played[i].step(np.int64(action[i]))
            score[i] += reward
            if reward > 0:
                before_hits[left == 1].append(foreseen(agent, state.latent[[i] * DREAMS], action[[i] * DREAMS]))
            if left == 1 and (reward > 0 or ended):
                met, fell = met + 1, fell + int(reward > 0)
            alive[i] = not ended
    print(f"{count} games, mean score {score.mean():.1f}; the last alien of a wave fell {fell} times of {met}")
    for which, dreams in (("the last alien", before_hits[True]), ("any other", before_hits[False])):
        reward, none, wave = np.mean(dreams, 0) if dreams else [np.nan] * 3
        print(
            f"one step before {which} fell: reward expected {reward:.2f}; shown no alien {none:.2f}, a wave {wave:.2f}"
        )
    for (low, high), shots in sorted(opinions.items()):
        hit, model, q = (np.asarray(each) for each in zip(*shots, strict=True))
        print(
            f"{low} to {high} aliens left: {hit.sum()} shots hit and {(~hit).sum()} miss; area under the curve of the "
            f"world model {area(hit, model):.2f}, of the Q-network {area(hit, q):.2f}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
