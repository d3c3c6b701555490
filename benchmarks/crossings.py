"""Whether it is known which way across the road of Freeway ends under a car: by the Q-network, and by dreams.

    python benchmarks/crossings.py RUN [GAMES]

RUN played Freeway of MinAtar. It plays greedily; now and then, when the chicken is on the road and may move, copies of
the game go up, or stay, and then wait: is it run over meanwhile, and so back at the bottom? The same is dreamt. Prints
how often it got across and was run over in a game; and the area under the ROC curve (0.5 knows nothing, 1 everything)
of the share of dreams that end at the bottom, for either plan, and of dreams and the Q-network where one of the two
plans saves the chicken and the other does not; then where dreams show it in the end, when life runs it over and when
not: at the bottom, nowhere, or at several places.
"""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from ranking import area, preference
from shots import side_by_side
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.environments.minatar import MinAtarGame
from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.players import separate_randomness

CHICKEN, NOTHING, UP = 0, 0, 2
"""The channel of the chicken; actions."""
COLUMN, BOTTOM = 4, 9
"""Where it stands: its column, and the row it starts from."""
PLANS = {"up": UP, "stay": NOTHING}
WAIT, DREAMS, SHARE, FIRST_GAME, STEPS = 5, 8, 0.1, 700, 2500
"""Steps of a plan; dreams of each; share of moments that are asked about; seed of the first game, its steps."""


@dataclass
class Answers:
    """What life and dreams answer, plan by plan, over the moments that were asked about.

    over: whether life runs the chicken over. shown: shares of dreams that show it at the bottom, nowhere, and at
    several places. prefers: by how much the Q-network prefers going up to everything else.
    """

    over: dict[str, list[bool]] = field(default_factory=lambda: {plan: [] for plan in PLANS})
    shown: dict[str, list[list[float]]] = field(default_factory=lambda: {plan: [] for plan in PLANS})
    prefers: list[float] = field(default_factory=list)

    def ask(self, agent: Agent, game: MinAtarGame, latent: LatentState) -> None:
        """Adds the moment of `game` in which the agent's state is `latent` `[1]`."""
        values = agent.target_network.values(latent)[0]
        self.prefers.append(float(preference(values, UP)))
        for name, first in PLANS.items():
            plan = [first] + [NOTHING] * (WAIT - 1)
            self.over[name].append(run_over(game, plan))
            self.shown[name].append(dreamt(agent, latent, plan))

    def in_words(self) -> str:
        """Areas, and where dreams show the chicken."""
        over = {name: np.array(answers) for name, answers in self.over.items()}
        bottom = {name: np.array(shares)[:, 0] for name, shares in self.shown.items()}
        saves = over["up"] != over["stay"]  # only one of them
        up = ~over["up"][saves]
        lines = [
            f"{len(saves)} moments: " + "; ".join(f"{name}, run over in {over[name].mean():.2f}" for name in PLANS),
            "area of dreams: " + ", ".join(f"{name} {area(over[name], bottom[name]):.2f}" for name in PLANS),
            f"{saves.sum()} moments in which one of them saves: area of dreams "
            f"{area(up, (bottom['stay'] - bottom['up'])[saves]):.2f}, of the Q-network "
            f"{area(up, np.array(self.prefers)[saves]):.2f}",
        ]
        for name in PLANS:
            for which, moments in (("run over", over[name]), ("not", ~over[name])):
                shares = np.array(self.shown[name])[moments].mean(0) if moments.any() else [np.nan] * 3
                places = "at the bottom {:.2f}, nowhere {:.2f}, at several places {:.2f}".format(*shares)
                lines.append(f"    {name}, {which}: {places}")
        return "\n".join(lines)


def run_over(game: MinAtarGame, plan: list[int]) -> bool:
    """Whether a copy of the game is back at the bottom at any step of the plan."""
    game = copy.deepcopy(game)
    game._sticky_actions = 0.0
    for action in plan:
        game.step(np.int64(action))
        if game._game.pos == BOTTOM:
            return True
    return False


def dreamt(agent: Agent, latent: LatentState, plan: list[int]) -> list[float]:
    """Shares of dreams of a plan that show the chicken at the bottom, nowhere and at several places in the end.

    Their draws are apart, so that asking does not change the games.
    """
    model = agent.world_model
    with separate_randomness(0):
        dreams = model.follow(latent[[0] * DREAMS], torch.tensor([plan]).expand(DREAMS, -1))
    shown: Tensor = model.decode(dreams[:, -1])[..., CHICKEN] > 127.5
    count = shown.flatten(1).sum(1)
    shares = (shown[:, BOTTOM, COLUMN], count == 0, count > 1)
    return [float(share.float().mean()) for share in shares]


@torch.no_grad()
def main(run: str, games: str = "16") -> None:
    """Plays, asks and prints."""
    prepare_machine(1, keep_memory=True)
    torch.manual_seed(0)
    agent, count, rng, answers = load_agent(run), int(games), np.random.default_rng(0), Answers()
    before: list[tuple[int, list[int]]] = []
    across = over = 0
    for played, _, going_on, state in islice(side_by_side(agent, count, FIRST_GAME, module="freeway"), STEPS):
        now = [(one._game.pos, [car[3] for car in one._game.cars]) for one in played]
        for i in going_on:
            # from the first row of the road it might have stepped back
            if before and before[i][0] < BOTTOM - 1 and now[i][0] == BOTTOM:
                across += before[i][1] != now[i][1]  # then the cars get other speeds
                over += before[i][1] == now[i][1]
            if 1 < now[i][0] < BOTTOM and played[i]._game.move_timer == 0 and rng.random() < SHARE:
                answers.ask(agent, played[i], state.latent[[i]])
        before = now
    print(f"{count} games: across {across / count:.1f} times a game, run over {over / count:.1f} times")
    if not answers.prefers:
        raise SystemExit(f"crossings.py: in {count} games of {run} there was no moment on the road to ask about")
    print(answers.in_words())
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
