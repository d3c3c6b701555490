import signal

import pytest

from worldmodel import errors
from worldmodel.errors import Stopped, WorldModelError


def kinds() -> list[type[WorldModelError]]:
    every = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WorldModelError)]
    return [kind for kind in every if kind is not Stopped]


def test_each_kind_has_an_exit_code_of_its_own():
    codes = [kind.exit_code for kind in kinds()]
    assert len(codes) == len(set(codes)) >= 7
    assert all(0 < code < 128 for code in codes)  # 128 and more are for signals


def test_the_codes_do_not_change():
    """They are documented, and scripts rely on them."""
    assert {kind.__name__: kind.exit_code for kind in kinds()} == {
        "WorldModelError": 1,
        "ConfigurationError": 2,
        "FileError": 3,
        "EnvironmentFailure": 4,
        "NumericalError": 5,
        "StorageError": 6,
        "DirectoryInUse": 7,
        "CellsFailed": 8,
        "AnalysisError": 9,
        "PortUnavailable": 10,
        "OutOfMemory": 11,
    }


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 143)])
def test_being_stopped_ends_as_shells_expect(number, code):
    error = Stopped(number, "stopped and saved")
    assert error.exit_code == code and str(error) == "stopped and saved"
    assert isinstance(error, WorldModelError)
