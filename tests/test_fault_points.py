import errno
import signal
import subprocess
import sys

import pytest

from worldmodel.fault_points import VARIABLE, fault_point


def test_nothing_happens_unless_asked_for(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    fault_point("here")
    monkeypatch.setenv(VARIABLE, "elsewhere:full_disk")
    fault_point("here")
    fault_point("elsewhe")


@pytest.mark.parametrize(("action", "kind"), [("full_disk", OSError), ("out_of_memory", MemoryError)])
def test_errors(action, kind, monkeypatch):
    monkeypatch.setenv(VARIABLE, f"point-{action}:{action}:3")
    for _ in range(2):
        fault_point(f"point-{action}")
    with pytest.raises(kind) as raised:
        fault_point(f"point-{action}")
    assert action != "full_disk" or raised.value.errno == errno.ENOSPC
    fault_point(f"point-{action}")


def test_a_mistake_in_the_variable_is_noticed(monkeypatch):
    monkeypatch.setenv(VARIABLE, "a point:explode")
    with pytest.raises(ValueError, match="'explode' is none of"):
        fault_point("a point")


@pytest.mark.parametrize(("action", "code"), [("kill9", -signal.SIGKILL), ("hang", None)])
def test_death_and_hanging(action, code, monkeypatch):
    program = "from worldmodel.fault_points import fault_point; fault_point('here'); print('alive')"
    monkeypatch.setenv(VARIABLE, f"here:{action}")
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    if code is None:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.kill()
    else:
        assert process.wait(20) == code
    assert process.communicate()[0] == b""
