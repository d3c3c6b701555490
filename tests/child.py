"""Work that is done in a process of its own, which may die of it."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

from worldmodel.errors import WorldModelError
from worldmodel.fault_points import VARIABLE


def in_child(work: Callable[[], object], fault: str | None = None) -> int:
    """Runs `work` in a fork of this process, with a fault where one is asked for.

    Returns its exit code: 0, that of the error it ended with, 99 for errors that are not ours, or minus the signal
    that killed it. A fork begins at once, where a new interpreter would first import torch for seconds.
    """
    number = os.fork()
    if number == 0:
        code = 99
        try:
            if fault is not None:
                os.environ[VARIABLE] = fault
            work()
            code = 0
        except WorldModelError as error:
            print(error, file=sys.stderr, flush=True)
            code = error.exit_code
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
