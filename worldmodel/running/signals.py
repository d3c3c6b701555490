"""Signals as requests: the handler only sets a flag, and the run stops at the next step, saved."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from lightning import Callback, LightningModule, Trainer

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


class StopRequest:
    """Which signal asked the run to stop, if any."""

    def __init__(self) -> None:
        self.signal_number: int | None = None

    def __bool__(self) -> bool:
        return self.signal_number is not None

    def receive(self, signal_number: int, frame: FrameType | None) -> None:
        """The first signal is remembered; a second one ends the process at once, with the same exit code."""
        if self.signal_number is not None:
            os._exit(130 if signal_number == signal.SIGINT else 143)
        self.signal_number = signal_number


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Inside, signals are requests; the handlers that were there before come back in the end."""
    stop = StopRequest()
    previous = {number: signal.signal(number, stop.receive) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class StopOnSignal(Callback):
    """Installs the handlers while a run trains, and stops the trainer when one was called.

    Lightning's own handlers turn Ctrl-C into exit code 1, end the run on SIGTERM, and save nothing. It installs them
    between `on_fit_start` and `on_train_start`, so that ours must come after.
    """

    def __init__(self, stop: StopRequest) -> None:
        self.stop = stop
        self.previous: dict[int, Any] = {}

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remembers the handlers that were there before."""
        self.previous = {number: signal.getsignal(number) for number in SIGNALS}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """From here on signals are requests."""
        for number in SIGNALS:
            signal.signal(number, self.stop.receive)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """A request stops the trainer after this step."""
        if self.stop:
            trainer.should_stop = True

    def restore(self) -> None:
        """Gives the handlers back."""
        for number, handler in self.previous.items():
            signal.signal(number, handler)
        self.previous = {}
