from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest
import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from worldmodel.running.signals import SIGNALS, StopOnSignal, StopRequest, stop_on_signals

# Lightning 2.6 with torch 2.13, and a loader that needs no workers
pytestmark = [
    pytest.mark.filterwarnings("ignore:`isinstance\\(treespec, LeafSpec\\)` is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
]


class Student(LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        return self.weight * batch[0].mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.1)


class SignalAt(Callback):
    """Sends this process a signal at the beginning of a step."""

    def __init__(self, number: int, step: int) -> None:
        self.number, self.step = number, step

    def on_train_batch_start(self, trainer: Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_a_training_after_the_step_it_came_in(number: int) -> None:
    before = [signal.getsignal(one) for one in SIGNALS]
    stop = StopRequest()
    callback = StopOnSignal(stop)
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = Trainer(
        max_steps=20,
        accelerator="cpu",
        callbacks=[callback, SignalAt(number, 3)],
        enable_model_summary=False,
        **quiet,
    )
    try:
        trainer.fit(Student(), DataLoader(TensorDataset(torch.ones(20, 1))))
    finally:
        callback.restore()
    assert stop and stop.signal_number == number
    assert trainer.global_step == 4
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_nobody_asked() -> None:
    stop = StopRequest()
    assert not stop and stop.signal_number is None


def test_restoring_twice_or_without_a_fit_changes_nothing() -> None:
    before = [signal.getsignal(one) for one in SIGNALS]
    callback = StopOnSignal(StopRequest())
    callback.restore()
    callback.restore()
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_a_second_signal_ends_the_process_at_once() -> None:
    program = (
        "import os, signal, time\n"
        "from worldmodel.running.signals import StopRequest\n"
        "stop = StopRequest()\n"
        "signal.signal(signal.SIGTERM, stop.receive)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "print(stop.signal_number, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "time.sleep(30)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout.strip()) == (143, str(int(signal.SIGTERM)))


@pytest.mark.parametrize("number", SIGNALS)
def test_outside_a_training_signals_can_be_requests_for_a_while(number: int) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with pytest.raises(ZeroDivisionError), stop_on_signals() as stop:
        assert not stop
        os.kill(os.getpid(), number)
        assert stop.signal_number == number
        1 / 0  # noqa: B018
    assert [signal.getsignal(each) for each in SIGNALS] == before
