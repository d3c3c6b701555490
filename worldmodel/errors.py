"""What can go wrong, each kind with the exit code its command ends with."""

import signal


class WorldModelError(Exception):
    """One line for the person at the keyboard: what is wrong, where, and what to do."""

    exit_code = 1


class ConfigurationError(WorldModelError):
    """Settings that cannot be run: unknown key, wrong type, impossible value."""

    exit_code = 2


class FileError(WorldModelError):
    """A run, checkpoint or experience file that is missing, damaged or does not fit."""

    exit_code = 3


class EnvironmentFailure(WorldModelError):
    """An environment that is unknown, not supported, or broke while it was played."""

    exit_code = 4


class NumericalError(WorldModelError):
    """Losses, gradients or weights that are not finite numbers, and did not become so again."""

    exit_code = 5


class StorageError(WorldModelError):
    """A disk that is full or a folder that cannot be written."""

    exit_code = 6


class DirectoryInUse(WorldModelError):
    """A run directory that another process is using, or that already holds a run."""

    exit_code = 7


class CellsFailed(WorldModelError):
    """Cells of a suite that failed, after the others were run."""

    exit_code = 8


class AnalysisError(WorldModelError):
    """Data that cannot answer what was asked of them: too few, of another shape, or without a unique answer."""

    exit_code = 9


class PortUnavailable(WorldModelError):
    """A port that another program is using, or that may not be opened."""

    exit_code = 10


class OutOfMemory(WorldModelError):
    """Not enough memory, on the processor or on the GPU."""

    exit_code = 11


class Stopped(WorldModelError):
    """A signal asked the run to stop, and it was saved first.

    Ctrl-C ends with 130; SIGTERM and SIGUSR1, what clusters send, end with 143.
    """

    def __init__(self, signal_number: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = 130 if signal_number == signal.SIGINT else 143
