"""A world that hangs: the process says so and ends, in place of waiting for ever."""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections.abc import Callable

from worldmodel.errors import EnvironmentFailure

RESET_PATIENCE = 10
"""How many times as long as a step a reset may take: simulators are often started by their first one."""
TICKS = 20
"""How often the watchdog looks within the seconds of a step, but no more than once a second."""
LAST_WORDS = 5.0
"""Seconds for the last line, should nobody read it."""


def end_process(message: str) -> None:
    """Says why, and ends at once with the exit code of a broken environment, whatever the other threads wait for."""

    def speak() -> None:
        # past the streams of Python, which the thread that hangs may hold; and with the cursor a progress bar hid
        os.write(2, (("\n\x1b[?25h" if os.isatty(2) else "") + f"error: {message}\n").encode())
        sys.stdout.flush()
        sys.stderr.flush()

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    speaker.join(LAST_WORDS)
    os._exit(EnvironmentFailure.exit_code)


class Watchdog:
    """Ends the process where a call of the worlds does not come back.

    Time is counted in naps of a thread of its own: it goes on neither between calls, nor while the process is
    stopped or the machine asleep, nor when the clock is set.

    environment: id, for the message.
    seconds: that a step of all worlds together may take, a reset `RESET_PATIENCE` times as long; None and 0 wait for
        ever.
    end: is told why, and ends the process.
    """

    def __init__(self, environment: str, seconds: float | None, end: Callable[[str], None] | None = None) -> None:
        self.environment, self.seconds = environment, seconds
        self._end = end_process if end is None else end
        self._calls = 0
        self._doing: str | None = None
        self._naps = 0
        self._seen = 0
        self._awake = not seconds

    def watch(self, doing: str) -> None:
        """A call begins, "step" or "reset"."""
        self._calls += 1
        self._doing = doing
        if not self._awake:
            self._awake = True
            threading.Thread(target=_keep_watch, args=(weakref.ref(self), self.nap), daemon=True).start()

    def rest(self) -> None:
        """It came back, or broke."""
        self._doing = None

    @property
    def nap(self) -> float:
        """Seconds between two looks."""
        assert self.seconds
        return min(1.0, self.seconds / TICKS)

    def look(self) -> None:
        """What is done after each nap: the process is ended where the same call went on for too many of them."""
        assert self.seconds
        doing, calls = self._doing, self._calls
        if doing is None or calls != self._seen:
            self._naps, self._seen = 0, calls
            return
        self._naps += 1
        allowed = self.seconds * (RESET_PATIENCE if doing == "reset" else 1)
        if self._naps * self.nap >= allowed:
            self._naps = 0
            self._end(
                f"environment {self.environment!r} did not come back from a {doing} within {allowed:g} s: what was "
                "saved is whole, a training goes on with --resume; if the world is only slow, raise "
                "environment.step_timeout"
            )


def _keep_watch(dog: weakref.ref[Watchdog], nap: float) -> None:
    """Looks after each nap, as long as the worlds are there."""
    while True:
        time.sleep(nap)
        if (awake := dog()) is None:
            return
        awake.look()
        del awake
