"""What it costs that every Atari game has a seed of its own, and to come back to games that were open.

python benchmarks/atari_resets.py [--game pong] [--count 8]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
from ale_py.vector_env import AtariVectorEnv

REPEATS = 20


def milliseconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Mean time of a call."""
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    return round((time.perf_counter() - began) / repeats * 1000, 2)


def main() -> None:
    """Prints milliseconds of a reset of one game, with a seed and without, and of a step of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--game", default="pong")
    parser.add_argument("--count", type=int, default=8)
    options = parser.parse_args()
    games = AtariVectorEnv(options.game, options.count, img_height=64, img_width=64, grayscale=False, stack_num=1)
    games.reset(seed=np.arange(options.count))
    one = np.arange(options.count) == 0
    nothing = np.zeros(options.count, np.int64)
    found = {
        "seeded_reset": milliseconds(lambda: games.reset(seed=np.array([1]), options={"reset_mask": one})),
        "reset": milliseconds(lambda: games.reset(options={"reset_mask": one})),
        "step": milliseconds(lambda: games.step(nothing), 500),
    }
    print(json.dumps({"game": options.game, "count": options.count, **found}))


if __name__ == "__main__":
    main()
