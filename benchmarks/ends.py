"""Whether it is known, where games of Breakout end, what would have saved them: by the Q-network, and by dreams.

    python benchmarks/ends.py RUN [GAMES]

RUN played Breakout of MinAtar. It plays greedily, and some steps before the end of every game copies of the game ask
which simple plans (so many steps to one side, then nothing) would have gone on past it. Prints, by the number of steps,
in how many games one would; and over these, for the plan in the middle of those and for what the agent did: in which
share of `TIMES` lives of a copy, and of as many dreams, it survives; what dreams of it return; and what the Q-network
gives for its first action. Then whether the state that has seen the frame shows the ball where it is, and whether
dreams of the first plan do so or show none at all, 1, 4 and 8 steps later (while the copy of the game goes on).
"""

from __future__ import annotations

import copy
import sys
from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from life_and_dreams import Lives
from shots import side_by_side
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.environments.minatar import MinAtarGame
from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine

BALL, NOTHING, SIDES = 1, 0, (1, 3)
"""The channel of the ball; actions."""
BEFORE, PAST, AHEAD = (3, 5, 7, 9, 12), 3, (1, 4, 8)
TIMES, FIRST_GAME = 16, 500


@dataclass(frozen=True)
class Moment:
    """One step of a game that is over: the game before it, the agent's state, and what it did."""

    game: MinAtarGame
    latent: LatentState
    action: int


@torch.no_grad()
def last_moments(agent: Agent, count: int) -> tuple[list[list[Moment]], float]:
    """The last moments of `count` games, in order, and the mean number of bricks hit before them."""
    kept: list[deque[Moment]] = [deque(maxlen=max(BEFORE)) for _ in range(count)]
    hit = np.zeros(count)
    for played, _, going_on, state in side_by_side(agent, count, FIRST_GAME, module="breakout"):
        for i in going_on:
            bricks = int(played[i]._game.brick_map.sum())
            hit[i] += len(kept[i]) > 0 and bricks < int(kept[i][-1].game._game.brick_map.sum())
            kept[i].append(Moment(copy.deepcopy(played[i]), state.latent[[i]], int(state.action[i])))
    return [list(moments) for moments in kept], float(hit.mean())


def survives(game: MinAtarGame, plan: list[int], sticky_actions: float = 0.0, seed: int = 0) -> bool:
    """Whether a copy of the game goes on to the end of the plan."""
    game = copy.deepcopy(game)
    game._game.random, game._sticky_actions = np.random.RandomState(seed), sticky_actions
    return not any(game.step(np.int64(action))[2] for action in plan)


def saving_plan(game: MinAtarGame, length: int) -> list[int] | None:
    """The one in the middle of the plans of that length that survive, from left to right; None where none does."""
    left, right = SIDES
    plans = [[left] * held + [NOTHING] * (length - held) for held in range(length, 0, -1)]
    plans += [[right] * held + [NOTHING] * (length - held) for held in range(length + 1)]
    saving = [plan for plan in plans if survives(game, plan)]
    return saving[len(saving) // 2] if saving else None


@torch.no_grad()
def dreams_of(agent: Agent, start: LatentState, plan: list[int]) -> tuple[LatentState, Lives]:
    """`TIMES` dreams of a plan from one state: the states that they arrive in, and what comes."""
    model = agent.world_model
    arrived = model.follow(start[[0] * TIMES], torch.tensor([plan]).expand(TIMES, -1))[:, 1:]
    value = agent.target_network.values(arrived[:, -1]).amax(-1)
    return arrived, Lives(model.reward(arrived), model.continues(arrived).cumprod(1), value)


@torch.no_grad()
def ask(agent: Agent, moments: list[Moment], before: int, found: dict[str, list[float]]) -> None:
    """Adds what is known `before` steps before the end of one game."""
    at, length = moments[-before], before + PAST
    plan = saving_plan(at.game, length)
    if plan is None:
        return
    did = [moment.action for moment in moments[-before:]] + [NOTHING] * PAST
    values, discount = agent.target_network.values(at.latent)[0], agent.settings.discount
    arrived, saved = dreams_of(agent, at.latent, plan)
    _, lost = dreams_of(agent, at.latent, did)
    for name, actions, dreams in (("saving", plan, saved), ("did", did, lost)):
        found[f"{name}, life"].append(np.mean([survives(at.game, actions, 0.1, seed) for seed in range(TIMES)]))
        found[f"{name}, dreams"].append(float(dreams.alive[:, -1].mean()))
        found[f"{name}, return"].append(float((dreams.came(discount).sum(1) + dreams.after(discount)).mean()))
        found[f"{name}, Q"].append(float(values[actions[0]]))
    look(agent, at, plan, arrived, found)


def look(agent: Agent, at: Moment, plan: list[int], arrived: LatentState, found: dict[str, list[float]]) -> None:
    """Where the state and dreams of the plan show the ball, beside where it is."""
    game, decode = copy.deepcopy(at.game), agent.world_model.decode
    game._sticky_actions = 0.0
    found["seen"].append(float(shows(decode(at.latent), game._cells()).mean()))
    frames = decode(arrived[:, : max(AHEAD)])
    for step in range(1, min(max(AHEAD), len(plan)) + 1):
        cells = game.step(np.int64(plan[step - 1]))[0]
        if step in AHEAD:
            shown = frames[:, step - 1]
            found[f"right {step}"].append(float(shows(shown, cells).mean()))
            found[f"none {step}"].append(float((shown[..., BALL] < 127.5).flatten(1).all(1).float().mean()))


def shows(frames: Tensor, cells: np.ndarray) -> Tensor:
    """`[N]`, 1 where a frame `[N, 10, 10, C]` shows the ball where it is and nowhere else, otherwise 0."""
    same = (frames[..., BALL] > 127.5) == torch.from_numpy(cells[..., BALL] > 0)
    return same.flatten(1).all(1).float()


def main(run: str, games: str = "60") -> None:
    """Plays, asks and prints."""
    prepare_machine(1, keep_memory=True)
    torch.manual_seed(0)
    agent = load_agent(run)
    ended, bricks = last_moments(agent, int(games))
    print(f"{len(ended)} games, {bricks:.1f} bricks each")
    for before in BEFORE:
        found: dict[str, list[float]] = defaultdict(list)
        for moments in ended:
            if len(moments) >= before:
                ask(agent, moments, before, found)
        mean = {name: float(np.mean(values)) for name, values in found.items()}
        print(f"{before} steps before the end: {len(found['seen'])} games could be saved")
        if not mean:
            continue
        for name in ("saving", "did"):
            print(
                f"    {name}: survives {mean[f'{name}, life']:.2f} in life, {mean[f'{name}, dreams']:.2f} in dreams; "
                f"return of dreams {mean[f'{name}, return']:.2f}, Q {mean[f'{name}, Q']:.2f}"
            )
        later = [step for step in AHEAD if f"right {step}" in mean]
        words = [f"{mean[f'right {step}']:.2f} after {step} (none {mean[f'none {step}']:.2f})" for step in later]
        print(f"    ball where it is: seen {mean['seen']:.2f}, dreamt {', '.join(words)}")
    print(machine_in_words())


if __name__ == "__main__":
    main(*sys.argv[1:])
