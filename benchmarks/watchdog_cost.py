"""What it costs to watch for worlds that hang: steps with and without a watchdog, in turns.

    python benchmarks/watchdog_cost.py

prints microseconds of a step of 8 worlds for each, the median of the rounds, and nanoseconds of the two calls alone.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.environments import EnvironmentSettings, Worlds, make_worlds
from worldmodel.environments.watchdog import Watchdog

COUNT, STEPS, ROUNDS = 8, 2000, 21
CALLS = 200_000


def microseconds(worlds: Worlds) -> float:
    """Of a step of all worlds, resets left out."""
    actions = np.random.default_rng(0).integers(2, size=(STEPS, worlds.count))
    spent, seeds = 0.0, list(range(worlds.count))
    worlds.reset(seeds)
    for chosen in actions:
        began = time.perf_counter()
        step = worlds.step(chosen)
        spent += time.perf_counter() - began
        if step.ended.any():
            worlds.restart(step.ended, seeds)
    return spent / STEPS * 1e6


def main() -> None:
    """Measures both in turns, so that other work on the machine meets both."""
    kinds = {"without": None, "with": 60.0}
    found: dict[str, list[float]] = {name: [] for name in kinds}
    worlds = {
        name: make_worlds(EnvironmentSettings(id="CartPole-v1", step_timeout=seconds), COUNT, evaluation=False)
        for name, seconds in kinds.items()
    }
    for _ in range(ROUNDS):
        for name in kinds:
            found[name].append(microseconds(worlds[name]))
    for name, values in found.items():
        print(f"a step of {COUNT} CartPole worlds {name} a watchdog: {median(values):.1f} microseconds")
    dog = Watchdog("CartPole-v1", 60.0)
    began = time.perf_counter()
    for _ in range(CALLS):
        dog.watch("step")
        dog.rest()
    print(f"its two calls alone: {(time.perf_counter() - began) / CALLS * 1e9:.0f} nanoseconds")


if __name__ == "__main__":
    main()
