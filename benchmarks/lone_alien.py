"""What becomes of a lone alien in dreams: Space Invaders of MinAtar, compared with copies of the game.

    python benchmarks/lone_alien.py RUN [GAMES]

plays greedily. From some moments at which one alien is left a copy of the game, and `DREAMS` dreams, go on for `STEPS`
steps in which nothing is done. The alien then moves by rules that leave nothing to chance. Prints, of the moments at
which it lives on in the copy, how often the state shows it where it is, and by how many steps were dreamt the shares of
dreams that show it there and nowhere else, that show no alien, several, and one alien elsewhere; and the reward that
the world model expects where no alien is shown.
"""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from shots import shown_aliens, side_by_side
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.environments.minatar import MinAtarGame
from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.model import WorldModel
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine

STEPS, DREAMS, FIRST_GAME, OFTEN, MOST = 8, 16, 40000, 0.1, 600
"""Steps gone on for, dreams of each moment; the seed of the first game; how often a moment is asked about, and how many
at most."""
PRINTED = (1, 2, 5, 8)
"""Steps into the dream at which it is looked at."""


@dataclass(frozen=True)
class Moments:
    """N moments at which one alien is left.

    state: `[N]`, what the agent makes of them. now: `[N, 10, 10]` bool, where the alien is. later: `[N, STEPS, 10, 10]`
    bool, where it will be.
    """

    state: LatentState
    now: Tensor
    later: Tensor


def to_come(game: MinAtarGame) -> np.ndarray | None:
    """Where the alien of `game` will be, `[STEPS, 10, 10]`; None where it falls, or the game ends, before."""
    game, seen = copy.deepcopy(game), []
    game._sticky_actions = 0.0
    for _ in range(STEPS):
        _, reward, ended, _, _ = game.step(np.int64(0))
        if reward > 0 or ended:
            return None
        seen.append(game._game.alien_map > 0)
    return np.stack(seen)


@torch.no_grad()
def met(agent: Agent, games: int) -> Moments | None:
    """Moments of greedy play; None where a lone alien was never met."""
    rng, states, now, later = np.random.default_rng(0), [], [], []
    for played, _, going_on, state in side_by_side(agent, games, FIRST_GAME):
        for i in going_on:
            aliens = played[i]._game.alien_map > 0
            asked = aliens.sum() == 1 and rng.random() < OFTEN and len(now) < MOST
            if asked and (lived := to_come(played[i])) is not None:
                states.append(state.latent.features[i])
                now.append(aliens)
                later.append(lived)
    if not now:
        return None
    latent = LatentState(torch.stack(states), agent.world_model.recurrent_units)
    return Moments(latent, torch.from_numpy(np.stack(now)), torch.from_numpy(np.stack(later)))


@torch.no_grad()
def dreamt(model: WorldModel, moments: Moments) -> tuple[Tensor, Tensor]:
    """Where dreams show aliens, `[N, DREAMS, STEPS, 10, 10]` bool, and the rewards `[N, DREAMS, STEPS]` expected."""
    count = len(moments.now)
    start = moments.state[torch.arange(count).repeat_interleave(DREAMS)]
    dreams = model.follow(start, torch.zeros(count * DREAMS, STEPS, dtype=torch.long))[:, 1:]
    aliens = torch.stack([shown_aliens(model, dreams[:, step]) for step in range(STEPS)], 1)
    return aliens.unflatten(0, (count, DREAMS)), model.reward(dreams).unflatten(0, (count, DREAMS))


def main(run: str, games: str = "100") -> None:
    """Plays, dreams and prints."""
    prepare_machine(1, keep_memory=True)
    torch.manual_seed(0)
    agent = load_agent(run)
    moments = met(agent, int(games))
    if moments is None:
        sys.exit(f"{run}: one alien alone was never left for {STEPS} steps in {games} games; give more games")
    model = agent.world_model
    with torch.no_grad():
        seen = (shown_aliens(model, moments.state) == moments.now).flatten(1).all(1)
    print(f"{len(seen)} moments, in {seen.float().mean():.2f} of which the state shows the alien where it is")
    aliens, reward = dreamt(model, moments)
    count, right = aliens.flatten(-2).sum(-1), (aliens & moments.later[:, None]).flatten(-2).any(-1)
    for step in PRINTED:
        how_many, there = count[..., step - 1], right[..., step - 1]
        kinds = (how_many == 1) & there, how_many == 0, how_many > 1, (how_many == 1) & ~there
        there_alone, none, several, elsewhere = (float(kind.float().mean()) for kind in kinds)
        expected = reward[..., step - 1][how_many == 0].mean()
        print(
            f"after {step}: there {there_alone:.2f}, no alien {none:.2f} (reward {expected:.2f}), "
            f"several {several:.2f}, elsewhere {elsewhere:.2f}"
        )
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
