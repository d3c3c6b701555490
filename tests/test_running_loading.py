from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from worldmodel.errors import FileError
from worldmodel.memory.ledger import IMAGINED, MOVIE
from worldmodel.running.checkpoints import load_checkpoint, save_checkpoint
from worldmodel.running.loading import load_agent, load_ledger, load_weights


def test_the_agent_is_the_one_that_was_saved(counter_run: Path) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    agent = load_agent(counter_run)
    assert torch.equal(torch.get_rng_state(), before)
    saved = load_checkpoint(counter_run / "checkpoints" / "last")["state_dict"]
    assert agent.state_dict().keys() == saved.keys()
    assert all(torch.equal(value, saved[name]) for name, value in agent.state_dict().items())
    assert agent.gradient_steps == 60 and agent.learned["movie"] > 0
    assert not agent.training and agent.device.type == "cpu"


def test_checkpoints_by_name_and_by_path(counter_run: Path) -> None:
    assert load_agent(counter_run, "best").gradient_steps == 35
    assert load_agent(counter_run / "checkpoints" / "best", "last").gradient_steps == 35


def test_what_was_replayed_lately_is_read_from_the_last_checkpoint(copied_run: Path) -> None:
    entries = load_ledger(copied_run / "checkpoints" / "best")
    assert entries is not None and set(entries["gradient_step"].tolist()) == set(range(1, 61))
    assert {MOVIE, IMAGINED} == set(entries["source"].tolist())
    last = copied_run / "checkpoints" / "last"
    state = load_checkpoint(last)
    del state["ReplayData"]["ledger"]
    save_checkpoint(state, last)
    assert load_ledger(copied_run) is None
    shutil.rmtree(last)
    assert load_ledger(copied_run) is None


def test_a_world_model_that_learned_alone(world_model_run: Path) -> None:
    agent = load_agent(world_model_run)
    saved = load_checkpoint(world_model_run / "checkpoints" / "last")["state_dict"]
    assert all(torch.equal(value, saved[name]) for name, value in agent.world_model.state_dict().items())
    assert agent.gradient_steps == 0


def test_a_checkpoint_of_another_size(copied_run: Path) -> None:
    config = copied_run / "config.yaml"
    config.write_text(config.read_text().replace("recurrent_units: 16", "recurrent_units: 24"))
    with pytest.raises(FileError, match=r"last: does not fit the settings beside it: .* is \(16,\), expected \(24,\)"):
        load_agent(copied_run)


def test_a_checkpoint_of_another_kind(copied_run: Path, world_model_run: Path) -> None:
    last = copied_run / "checkpoints" / "last"
    shutil.rmtree(last)
    shutil.copytree(world_model_run / "checkpoints" / "last", last)
    with pytest.raises(FileError, match=r"last: does not fit .* is missing, expected \("):
        load_agent(copied_run)
    shutil.rmtree(last)
    save_checkpoint({"something": "else"}, last)
    with pytest.raises(FileError, match="last: does not fit"):
        load_agent(copied_run)


def test_a_damaged_checkpoint(copied_run: Path) -> None:
    tensors = copied_run / "checkpoints" / "last" / "tensors.safetensors"
    content = bytearray(tensors.read_bytes())
    content[-1] ^= 1
    tensors.write_bytes(content)
    with pytest.raises(FileError, match=r"tensors.safetensors is damaged; use another checkpoint"):
        load_agent(copied_run)
    assert load_agent(copied_run, "best").gradient_steps == 35


def test_weights_must_fit_exactly(tmp_path: Path) -> None:
    module = nn.Linear(2, 3)
    fitting = {"weight": torch.ones(3, 2), "bias": torch.zeros(3)}
    load_weights(module, fitting, tmp_path)
    assert module.weight.sum() == 6
    wrong = [
        ({**fitting, "bias": torch.zeros(4)}, r"bias is \(4,\), expected \(3,\) \(1 differ\)"),
        ({"bias": torch.zeros(3)}, r"weight is missing, expected \(3, 2\) \(1 differ\)"),
        ({**fitting, "more": torch.zeros(1)}, r"more is \(1,\), expected no such weight \(1 differ\)"),
    ]
    for weights, message in wrong:
        with pytest.raises(FileError, match=message):
            load_weights(module, weights, tmp_path)
