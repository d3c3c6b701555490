"""Running out of memory, said in one line with the numbers that matter and what to do."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from worldmodel.errors import OutOfMemory
from worldmodel.memory import ReplayData
from worldmodel.memory.data import bytes_in_words

ALLOCATOR = ("can't allocate memory", "not enough memory")
"""How torch says on a processor, as a RuntimeError, that there is none left."""


@contextmanager
def memory_errors_in_words(data: ReplayData) -> Iterator[None]:
    """Inside, whatever runs out of memory raises OutOfMemory; nothing is saved then, the last checkpoint stands."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemory(in_words(data)) from error
    except RuntimeError as error:
        if any(words in str(error) for words in ALLOCATOR):
            raise OutOfMemory(in_words(data)) from error
        raise


def in_words(data: ReplayData) -> str:
    """What took memory, and what to do."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    gpu = f", the GPU {bytes_in_words(torch.cuda.max_memory_allocated())}" if torch.cuda.is_available() else ""
    return (
        f"out of memory: this process held up to {bytes_in_words(most)}{gpu}, of which the recorded life "
        f"{bytes_in_words(data.buffer.nbytes)}, at {data.batch_size} clips of {data.sequence_length} rows a batch. "
        "The last checkpoint is whole, go on from it on a larger machine, or begin anew with a smaller "
        "data.batch_size, data.sequence_length, agent.rollouts or data.capacity, or with data.compress"
    )
