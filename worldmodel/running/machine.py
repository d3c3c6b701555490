"""The machine a run finds itself on: threads, and an allocator that keeps what it was given."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Mapping
from typing import Any

import torch

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3


def prepare_machine(threads: int | None, keep_memory: bool) -> None:
    """Sets the number of threads, and the allocator; must come before the first large tensor."""
    torch.set_num_threads(threads or available_cores())
    if keep_memory:
        keep_freed_memory()


def choose_device(accelerator: str) -> str:
    """Where networks run outside of training, by the setting `trainer.accelerator`: "cuda" where it may and can."""
    return "cuda" if accelerator != "cpu" and torch.cuda.is_available() else "cpu"


def choose_precision(precision: str, accelerator: str) -> str:
    """The number format of the networks, by the setting `trainer.precision`; "auto" asks what will run them.

    bfloat16 is chosen where its products are made in hardware. Elsewhere they are emulated, many times slower than
    those of float32.
    """
    if precision != "auto":
        return precision
    if choose_device(accelerator) == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # older releases of torch do not tell
        known: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        native = any(known.get(name) for name in ("avx512_bf16", "amx_bf16"))
    return "bf16-mixed" if native else "32-true"


def available_cores() -> int:
    """Cores this process may run on, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_freed_memory() -> bool:
    """Raises the thresholds above which glibc hands memory back to the kernel; whether that could be done.

    Activations of a training step are large and freed at its end; handed back, the kernel zeroes the same pages anew
    at every step, which costs a quarter to almost half of the time.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    wanted = ((M_MMAP_THRESHOLD, 2**31 - 4097), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 256 * 2**20))
    return all(mallopt(parameter, value) == 1 for parameter, value in wanted)


def machine_in_words() -> str:
    """Processor, threads, accelerator and versions, for the record beside a figure."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as lines:
            name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"{name}, {torch.get_num_threads()} threads{gpu}, torch {torch.__version__}, Python {platform.python_version()}"
    )
