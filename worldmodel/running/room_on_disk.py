"""Whether the disk has room for a run, told before it begins rather than when it is full."""

from __future__ import annotations

import shutil
from pathlib import Path

from torch import nn

from worldmodel.experience import Spec
from worldmodel.memory.chunks import ROW
from worldmodel.memory.data import USUAL_COMPRESSION, bytes_in_words

COPIES = 4
"""Checkpoints that are there while one is written: last, the previous one, best and the new one."""
PER_WEIGHT = 12
"""Bytes of a weight in a checkpoint, with its two moments in the optimizer."""


def room_on_disk(folder: Path, learner: nn.Module, spec: Spec, steps: int) -> str | None:
    """A warning where `folder` has less room than a run of `steps` recorded rows may need; None where all is well.

    Pictures count as compressed as Atari frames are.
    """
    row = spec.bytes_per_observation // (USUAL_COMPRESSION if spec.pixels else 1) + ROW.itemsize
    weights = sum(weight.numel() for weight in learner.parameters())
    needed, free = row * steps + COPIES * PER_WEIGHT * weights, shutil.disk_usage(folder).free
    if free >= needed:
        return None
    return (
        f"THE DISK MAY BE TOO SMALL: this run may write {bytes_in_words(needed)}, {folder} has {bytes_in_words(free)}; "
        "checkpoints that cannot be saved are told, and in the end stop the run"
    )
