"""Whether what the agent expected came true: its values against the returns of the episodes it lived."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from worldmodel.experience import Step

EPISODES = 100
"""How many of the last episodes count."""


class Calibration:
    """Compares Q(s_t, a_t), as it was when `a_t` was chosen, with the discounted sum of all rewards that followed.

    Nothing is bootstrapped, so what it finds cannot be an error that the Q-network shares. Episodes count once they
    terminated; of truncated ones nobody knows how they would have gone on.

    lanes: N, worlds that are lived in side by side.
    discount: gamma.
    """

    def __init__(self, lanes: int, discount: float) -> None:
        self.discount = discount
        self.expected: list[list[float]] = [[] for _ in range(lanes)]
        self.rewards: list[list[float]] = [[] for _ in range(lanes)]
        self.episodes: deque[list[float]] = deque(maxlen=EPISODES)

    def record(self, expected: np.ndarray, step: Step) -> None:
        """What was expected of the actions just taken, `[N]`, and the step they led to."""
        for lane, (value, reward) in enumerate(zip(expected.tolist(), step.reward.tolist(), strict=True)):
            self.expected[lane].append(value)
            self.rewards[lane].append(reward)
        for lane in np.flatnonzero(step.ended).tolist():
            if step.terminated[lane]:
                self._sum_up(lane)
            self.expected[lane], self.rewards[lane] = [], []

    def metrics(self) -> dict[str, float]:
        """Bias (expected minus came), mean absolute error, and correlation where both vary; nothing before an episode.

        All are means over the moments of the last episodes, in units of return.
        """
        if not self.episodes:
            return {}
        count, error, x, y, xx, yy, xy = np.sum(self.episodes, 0)
        found = {"q/calibration_bias": (x - y) / count, "q/calibration_error": error / count}
        spread = (xx / count - (x / count) ** 2) * (yy / count - (y / count) ** 2)
        if spread > 1e-12:
            found["q/calibration_correlation"] = (xy / count - x * y / count**2) / np.sqrt(spread)
        return {name: float(value) for name, value in found.items()}

    def forget_open(self, lanes: np.ndarray | None = None) -> None:
        """The episodes that go on now, or those in `lanes` (`[N]` bool), will not be gone on with."""
        for lane in range(len(self.expected)) if lanes is None else np.flatnonzero(lanes).tolist():
            self.expected[lane], self.rewards[lane] = [], []

    def state_dict(self) -> dict[str, Any]:
        """The sums of the last episodes, and the moments of those that go on."""
        open_ones = {name: [np.array(lane) for lane in getattr(self, name)] for name in ("expected", "rewards")}
        return {"episodes": [list(sums) for sums in self.episodes], **open_ones}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse."""
        self.episodes.extend(state["episodes"])
        if "expected" in state:
            self.expected, self.rewards = ([lane.tolist() for lane in state[name]] for name in ("expected", "rewards"))

    def _sum_up(self, lane: int) -> None:
        expected = np.asarray(self.expected[lane])
        came = discounted_returns(np.asarray(self.rewards[lane]), self.discount)
        sums = (np.abs(expected - came), expected, came, expected**2, came**2, expected * came)
        self.episodes.append([float(len(came)), *(float(values.sum()) for values in sums)])


def discounted_returns(reward: np.ndarray, discount: float) -> np.ndarray:
    """G_t = r_{t+1} + gamma G_{t+1} of an episode that ended, `[L]`; entry t of `reward` is r_{t+1}."""
    returns, following = np.empty(len(reward)), 0.0
    for t in range(len(reward) - 1, -1, -1):
        following = reward[t] + discount * following
        returns[t] = following
    return returns
