"""The games that are being played: what is needed to come back to them in worlds that are new."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from worldmodel.environments import Worlds
from worldmodel.experience import Step


class OpenGames:
    """Seeds and actions of the games going on in N worlds, and a checksum of all that was seen in each.

    Emulators that play many games at once cannot be saved. A seed and the actions after it lead to the same moment,
    sticky actions included, in every world that its seed determines; the checksum tells whether they did.
    """

    def __init__(self, count: int) -> None:
        self.seeds = [0] * count
        self.actions: list[list[int]] = [[] for _ in range(count)]
        self.checksums = [0] * count

    def begin(self, which: np.ndarray, seeds: Sequence[int]) -> None:
        """New games in the worlds `which` (`[N]` bool), begun with these of the N seeds."""
        for lane in np.flatnonzero(which).tolist():
            self.seeds[lane], self.actions[lane], self.checksums[lane] = int(seeds[lane]), [], 0

    def see(self, step: Step, lanes: np.ndarray | None = None) -> None:
        """What the worlds say now, or those of them where `lanes` (`[N]` bool) is True."""
        for lane in range(len(self.seeds)) if lanes is None else np.flatnonzero(lanes).tolist():
            for values in (step.observation[lane], step.reward[lane], step.first[lane]):
                self.checksums[lane] = zlib.crc32(values.tobytes(), self.checksums[lane])

    def answer(self, actions: np.ndarray) -> None:
        """Actions `[N]` that were chosen in what was seen last."""
        for taken, action in zip(self.actions, actions.tolist(), strict=True):
            taken.append(action)

    def come_back(self, worlds: Worlds) -> Step | None:
        """Play all games again in `worlds`, up to now; None where other things are seen there than were before."""
        again, step = OpenGames(worlds.count), None
        for playing, step in play_again(worlds, self.seeds, self.actions):
            again.see(step, playing)
        return step if again.checksums == self.checksums else None

    def state_dict(self) -> dict[str, Any]:
        """Everything, as plain types and numpy arrays."""
        actions = [np.array(taken, np.int64) for taken in self.actions]
        return {"seeds": list(self.seeds), "actions": actions, "checksums": list(self.checksums)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse."""
        self.seeds, self.checksums = list(state["seeds"]), list(state["checksums"])
        self.actions = [taken.tolist() for taken in state["actions"]]


def play_again(
    worlds: Worlds, seeds: Sequence[int], actions: Sequence[Sequence[int] | np.ndarray]
) -> Iterator[tuple[np.ndarray, Step]]:
    """One game in each of N worlds, begun with its seed and played with its actions, to the end of them.

    All games reach their end together: that of a world with fewer actions begins later.
    Yields moment by moment which worlds play their game (`[N]` bool), and what all say; ends early where a game is
    over before its actions are.
    """
    lengths = np.array([len(taken) for taken in actions])
    wait = lengths.max() - lengths
    step = worlds.reset(seeds)
    yield wait == 0, step
    for t in range(1, int(lengths.max()) + 1):
        due = [int(taken[t - 1 - later]) if later < t else 0 for taken, later in zip(actions, wait, strict=True)]
        step = worlds.step(np.array(due))
        if (step.game_over & (wait < t)).any():
            return
        if step.ended.any():
            step = worlds.restart(step.ended, seeds)
        if (wait == t).any():
            step = worlds.reset(seeds, wait == t)
        yield wait <= t, step
