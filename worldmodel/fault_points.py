"""Named places where a test can make a process fail, so that a crash at the worst moment needs no luck."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections import Counter

VARIABLE = "WORLDMODEL_FAULT"
"""Environment variable NAME:ACTION or NAME:ACTION:N: at the N-th time that the place NAME is reached (default 1)."""

_reached: Counter[str] = Counter()


def fault_point(name: str) -> None:
    """Do nothing, unless the variable asks for this place.

    kill9: the process dies as by SIGKILL, and nothing is tidied up. full_disk: OSError, as from a disk without room.
    hang: an hour of sleep. out_of_memory: MemoryError.
    """
    wanted = os.environ.get(VARIABLE)
    if wanted is None or not wanted.startswith(f"{name}:"):
        return
    _, action, *times = wanted.split(":")
    _reached[name] += 1
    if _reached[name] != int(times[0] if times else 1):
        return
    if action == "kill9":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "full_disk":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    elif action == "hang":
        time.sleep(3600)
    elif action == "out_of_memory":
        raise MemoryError
    else:
        raise ValueError(f"{VARIABLE}: {action!r} is none of kill9, full_disk, hang, out_of_memory")
