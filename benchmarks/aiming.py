"""What it takes to know which shots hit, in Space Invaders of MinAtar: Q-network and dreams beside heads that are told.

    python benchmarks/aiming.py RUN [GAMES]

plays, at random with probability `EPSILON`. Whenever a shot is ready and none is in the air, a copy of the game fires
and waits (`shots.py`). From three quarters of the games small heads learn which of these shots hit: on the state of the
world model as one row; on the state as the Q-network reads it; on the frame, and on the frame that the state shows, in
columns: the same weights look at all pixels from every column, so that where an alien stands to the cannon counts, and
not where both are.

Prints, by the number of aliens that are left, what the Q-network gives for firing, what dreams promise and their value
afterwards, for shots that hit and that miss; then, for the games that were kept back, the area under the ROC curve
(0.5 knows nothing, 1 everything) of the Q-network's preference for firing, of what dreams promise, and of the heads.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from probes import LEFT, UNITS, learn, rate
from ranking import area, preference
from shots import FIRE, WAIT, hits, side_by_side
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.model.layers import mlp
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine

EPSILON, ASKED_OF_MANY, FIRST_GAME = 0.05, 0.15, 1000
"""Random actions; moments that are asked about where many aliens are left; the seed of the first game."""
STEPS, DREAMS = 1000, 8


@dataclass(frozen=True)
class Shots:
    """Moments at which a shot could be fired, N of them.

    state: `[N, F]`. frame: `[N, 10, 10, C]`, 0 or 1. shown: the same as decoded from the state, between 0 and 1.
    left: `[N]` aliens. hit: `[N]` bool. game: `[N]`, the number of the game it was met in.
    """

    state: Tensor
    frame: Tensor
    shown: Tensor
    left: Tensor
    hit: Tensor
    game: Tensor

    @property
    def kept_back(self) -> Tensor:
        """`[N]` bool, of a game that no head learns from."""
        return self.game % 4 == 0


@torch.no_grad()
def play(agent: Agent, count: int) -> Shots:
    """Plays `count` games side by side to their ends."""
    rng, found = np.random.default_rng(0), defaultdict(list)
    for played, seen, going_on, state in side_by_side(agent, count, FIRST_GAME, EPSILON):
        shown = agent.world_model.decode(state.latent) / 255
        for i in going_on:
            board = played[i]._game
            left, ready = int(board.alien_map.sum()), board.shot_timer == 0 and not board.f_bullet_map.any()
            if ready and (left < LEFT[-1][0] or rng.random() < ASKED_OF_MANY):
                moment = (state.latent.features[i], torch.from_numpy(seen[i] > 0), shown[i])
                facts = (torch.tensor(left), torch.tensor(bool(hits(played[i]))), torch.tensor(i))
                for name, value in zip(Shots.__dataclass_fields__, (*moment, *facts), strict=True):
                    found[name].append(value)
    return Shots(**{name: torch.stack(values) for name, values in found.items()})


class InColumns(nn.Module):
    """What stands where to each column of frames `[N, 10, 10, C]`, its mean and maximum over columns, a perceptron."""

    def __init__(self, side: int, channels: int, depth: int = 32) -> None:
        super().__init__()
        self.see = nn.Conv1d(side * channels, depth, 2 * side - 1, padding=side - 1)
        self.norm = nn.LayerNorm(depth)
        self.judge = mlp(2 * depth, UNITS, 1, 1)

    def forward(self, frame: Tensor) -> Tensor:
        """Logits `[N, 1]`."""
        seen = F.silu(self.norm(self.see(rearrange(frame, "n h w c -> n (h c) w")).mT))
        return self.judge(torch.cat([seen.mean(-2), seen.amax(-2)], -1))


@torch.no_grad()
def opinions(agent: Agent, shots: Shots) -> dict[str, Tensor]:
    """Of every shot `[N]`: Q of firing, how far that is above all else, reward promised by dreams, and value after."""
    found, model = defaultdict(list), agent.world_model
    for state in shots.state.split(1000):
        latent = LatentState(state, model.recurrent_units)
        values = agent.target_network.values(latent)
        many = LatentState(state.repeat(DREAMS, 1), model.recurrent_units)
        dream = model.follow(many, torch.tensor([[FIRE] + [0] * WAIT]).expand(len(many.features), -1))
        after = agent.target_network.values(dream[:, -1]).amax(-1)
        found["fire"].append(values[:, FIRE])
        found["preference"].append(preference(values, FIRE))
        found["promise"].append(model.reward(dream[:, 1:]).sum(1).unflatten(0, (DREAMS, -1)).mean(0))
        found["after"].append(after.unflatten(0, (DREAMS, -1)).mean(0))
    return {name: torch.cat(values) for name, values in found.items()}


def areas(ratings: Tensor, bands: dict[str, Tensor], shots: Shots) -> str:
    """The area under the curve for each band of games that were kept back."""
    asked = {left: band & shots.kept_back for left, band in bands.items()}
    return ", ".join(f"{left} left {area(shots.hit[some], ratings[some]):.2f}" for left, some in asked.items())


def main(run: str, games: str = "600") -> None:
    """Plays, asks, trains and prints."""
    prepare_machine(1, keep_memory=True)
    torch.manual_seed(0)
    agent = load_agent(run)
    model, shots = agent.world_model, play(agent, int(games))
    said = opinions(agent, shots)
    bands = {f"{low} to {high}": (shots.left >= low) & (shots.left <= high) for low, high in LEFT}
    for name, band in bands.items():
        words = []
        for which, some in (("hit", band & shots.hit), ("miss", band & ~shots.hit)):
            fire, promise, after = (float(said[what][some].mean()) for what in ("fire", "promise", "after"))
            words.append(
                f"{int(some.sum())} {which}: Q of firing {fire:.2f}, promised {promise:.2f}, after {after:.2f}"
            )
        print(f"{name} left, {'; '.join(words)}")
    side, channels = shots.frame.shape[-2:]
    heads: dict[str, tuple[Callable[[], nn.Module], Tensor]] = {
        "state as one row": (lambda: mlp(model.features, UNITS, 2, 1), shots.state),
        "state as the Q-network reads it": (lambda: model.head(UNITS, 2, 1), shots.state),
        "frame in columns": (lambda: InColumns(side, channels), shots.frame),
        "frame that the state shows, in columns": (lambda: InColumns(side, channels), shots.shown),
    }
    rated = {"Q-network": said["preference"], "dreams": said["promise"]}
    for name, (make, given) in heads.items():
        torch.manual_seed(1)
        head = make()
        learn(head, given, shots.hit, shots.kept_back, STEPS)
        rated[name] = rate(head, given)
    for name, ratings in rated.items():
        print(f"{name}: {areas(ratings, bands, shots)}", flush=True)
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
