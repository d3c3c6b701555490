"""Worlds that hang, break, or lose a process of their own.

Imported by its name (`faulty_worlds:Hanging-v0`) from the working directory's or the tests' folder.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from counter_env import Returning


class Hanging(Returning):
    """As long as the file `hangs` is there, does not come back from its step 25; several games are 40 steps long."""

    def __init__(self, hangs: str, at: int = 25, **options: Any) -> None:
        super().__init__(**{"length": 40, "pixels": True, **options})
        self.hangs, self.at = Path(hangs), at
        self.games = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        self.games += 1
        return super().reset(seed=seed, options=options)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        while self.games > 2 and self.count == self.at and self.hangs.exists():
            time.sleep(0.1)
        return super().step(action)


class Bridged(Returning):
    """Asks a process of its own at every step, as a bridge to a simulator does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        words = [sys.executable, "-S", "-c", "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"]
        self.simulator = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        assert self.simulator.stdin is not None and self.simulator.stdout is not None
        self.simulator.stdin.write(f"{action}\n")
        self.simulator.stdin.flush()
        if not (answer := self.simulator.stdout.readline()):
            raise EOFError("the simulator is gone")
        return super().step(int(answer))

    def close(self) -> None:
        self.simulator.kill()
        self.simulator.communicate()


class Flaky(Returning):
    """Breaks in step `at` of a third of its games, those whose seeds say so, and is of no use after that."""

    def __init__(self, at: int = 5, **options: Any) -> None:
        super().__init__(**options)
        self.at, self.seed, self.broken = at, 0, False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        assert not self.broken, "it was not made anew"
        self.seed = seed or 0
        return super().reset(seed=seed, options=options)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.broken = self.broken or (self.seed % 3 == 0 and self.count == self.at)
        if self.broken:
            raise ConnectionResetError("the simulator crashed")
        return super().step(action)


if "Hanging-v0" not in gymnasium.registry:
    gymnasium.register("Hanging-v0", entry_point=Hanging)
    gymnasium.register("Bridged-v0", entry_point=Bridged)
    gymnasium.register("Flaky-v0", entry_point=Flaky)
