import pytest
import torch
from child import in_child
from tiny_runs import counter_session

from worldmodel.errors import OutOfMemory
from worldmodel.running.checkpoints import check_checkpoint
from worldmodel.running.memory_errors import memory_errors_in_words


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_numbers_and_advice(error, tmp_path):
    session = counter_session(tmp_path / "run")
    with pytest.raises(OutOfMemory) as raised, memory_errors_in_words(session.data):
        raise error
    session.close()
    said = str(raised.value)
    assert "4 clips of 8 rows" in said and "data.batch_size" in said and "\n" not in said


def test_other_errors_pass(tmp_path):
    session = counter_session(tmp_path / "run")
    with pytest.raises(RuntimeError, match="shapes"), memory_errors_in_words(session.data):
        raise RuntimeError("shapes cannot be multiplied")
    session.close()


def test_a_run_ends_with_its_own_code_and_a_whole_checkpoint(tmp_path):
    run = tmp_path / "run"
    assert in_child(lambda: counter_session(run).go(), "gradient_step:out_of_memory:55") == OutOfMemory.exit_code
    check_checkpoint(run / "checkpoints" / "last")
