"""Keeps torch's random states in checkpoints, so that a run that is gone on with draws what it would have drawn."""

from __future__ import annotations

from typing import Any

import torch
from lightning import Callback


class KeepRandomness(Callback):
    """Saves and restores the generators of the processor and of every GPU; numpy's belong to those who draw."""

    def state_dict(self) -> dict[str, Any]:
        """Where the generators are."""
        return {"processor": torch.get_rng_state(), "gpus": torch.cuda.get_rng_state_all()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the generators there; on another number of GPUs, theirs stay as they are."""
        torch.set_rng_state(state_dict["processor"])
        if len(state_dict["gpus"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state_dict["gpus"])
