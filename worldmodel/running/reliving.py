"""Games that are played once and lived again: the same moment reached anew, to see what other actions lead to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldmodel.environments import Worlds
from worldmodel.experience import Movie, Step
from worldmodel.running.open_games import play_again
from worldmodel.running.players import Player


@dataclass(frozen=True)
class Game:
    """The beginning of a game, or all of it: T rows, and what is needed to play it again.

    seed: of its reset.
    observation: `[T, ...]` as the world gave them.
    action: `[T]` int64; the last row was not answered.
    reward: `[T]` float32.
    terminated: `[T]` bool.
    """

    seed: int
    observation: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray

    def until(self, row: int) -> Game:
        """The game up to and with `row`."""
        columns = (self.observation, self.action, self.reward, self.terminated)
        return Game(self.seed, *(column[: row + 1] for column in columns))

    def movie(self) -> Movie:
        """The game as one movie `[1, T]`, from its first row on."""
        rows = len(self.action)
        first = np.arange(rows) == 0
        columns = {
            "observation": self.observation,
            "action": self.action,
            "reward": self.reward,
            "terminated": self.terminated,
            "truncated": np.zeros(rows, bool),
            "first": first,
            "mask": np.ones(rows, bool),
        }
        zero = torch.zeros(1, dtype=torch.int64)
        tensors = {name: torch.from_numpy(np.ascontiguousarray(values))[None] for name, values in columns.items()}
        return Movie(**tensors, context=zero, episode=zero, start=zero, age=zero, weight=torch.ones(1))


def play_games(worlds: Worlds, player: Player, seeds: list[int], steps: int) -> list[Game]:
    """One game in each of N worlds, up to its end or to `steps` agent steps.

    seeds: N, one for each world.
    """
    step = worlds.reset(seeds)
    player.begin(worlds.count)
    rows: list[list[tuple[Step, int]]] = [[] for _ in seeds]
    playing = np.ones(worlds.count, bool)
    for _ in range(steps):
        actions = player.act(step)
        for lane in np.flatnonzero(playing):
            rows[lane].append((step, int(actions[lane])))
        step = worlds.step(actions)
        for lane in np.flatnonzero(playing & step.ended):
            rows[lane].append((step, 0))
        playing &= ~step.ended
        if not playing.any():
            break
        if step.ended.any():
            step = worlds.restart(step.ended, seeds)
    for lane in np.flatnonzero(playing):
        rows[lane].append((step, 0))
    return [_game(seed, lane, moments) for lane, (seed, moments) in enumerate(zip(seeds, rows, strict=True))]


def relive(worlds: Worlds, game: Game, moment: int, actions: np.ndarray) -> Game | None:
    """What really happens where `actions` `[H]` are taken from row `moment` of `game` on: its real counterfactual.

    worlds: a single fresh world of the same settings. The game is begun with its seed and played with its own actions
    up to the moment, which a world that its seed determines reaches again exactly, sticky actions included.
    Returns up to H + 1 rows, the moment itself first; None where the world did not come back to it.
    """
    *_, (_, step) = came = list(play_again(worlds, [game.seed], [game.action[:moment]]))
    if len(came) <= moment or not np.array_equal(step.observation[0], game.observation[moment]):
        return None
    rows = []
    for action in actions.tolist():
        rows.append((step, action))
        step = worlds.step(np.array([action]))
        if step.ended[0]:
            break
    rows.append((step, 0))
    return _game(game.seed, 0, rows)


def _game(seed: int, lane: int, rows: list[tuple[Step, int]]) -> Game:
    return Game(
        seed=seed,
        observation=np.stack([step.observation[lane] for step, _ in rows]),
        action=np.array([action for _, action in rows], np.int64),
        reward=np.array([step.reward[lane] for step, _ in rows], np.float32),
        terminated=np.array([step.terminated[lane] for step, _ in rows], bool),
    )
