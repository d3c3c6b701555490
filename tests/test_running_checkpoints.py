from __future__ import annotations

import contextlib
import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from worldmodel.errors import FileError, StorageError
from worldmodel.running import checkpoints
from worldmodel.running.checkpoints import (
    MANIFEST,
    STATE,
    TENSORS,
    DirectoryCheckpointIO,
    load_checkpoint,
    restore_checkpoint,
    save_checkpoint,
)

# Lightning 2.6 with torch 2.13
pytestmark = pytest.mark.filterwarnings("ignore:`isinstance\\(treespec, LeafSpec\\)` is deprecated:FutureWarning")


def checkpoint(value: float = 1.0) -> dict[str, Any]:
    return {"state_dict": {"weight": torch.full((50, 2), value)}, "betas": (0.9, 0.999), "state": {0: torch.tensor(4)}}


def value_in(path: Path) -> float:
    return float(load_checkpoint(path)["state_dict"]["weight"][0, 0])


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "new" / "last"
    save_checkpoint(checkpoint(), path)
    result = load_checkpoint(path)
    assert torch.equal(result["state_dict"]["weight"], torch.ones(50, 2))
    assert result["betas"] == (0.9, 0.999) and result["state"][0] == 4
    assert sorted(entry.name for entry in path.iterdir()) == sorted([TENSORS, STATE, MANIFEST])
    assert [entry.name for entry in path.parent.iterdir()] == ["last"]


def test_types_that_numpy_lacks_come_back_too(tmp_path: Path) -> None:
    tree = {"a": torch.arange(3, dtype=torch.bfloat16), "b": torch.tensor(2.5), "c": torch.tensor([True, False])}
    save_checkpoint(tree, tmp_path / "c")
    save_checkpoint({name: tree[name] for name in "bc"}, tmp_path / "d")
    for folder, names in (("c", "abc"), ("d", "bc")):
        found = load_checkpoint(tmp_path / folder)
        assert all(torch.equal(found[n], tree[n]) and found[n].dtype == tree[n].dtype for n in names)


def test_many_sizes_leave_nothing_behind(tmp_path: Path) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    for size in range(20):
        save_checkpoint({"a": torch.zeros(size)}, tmp_path / "c")
    before = resident()
    for size in range(20, 220):
        save_checkpoint({str(i): torch.zeros(10 * size + i) for i in range(10)}, tmp_path / "c")
    assert resident() - before < 8_000_000  # the writer for tensors leaves 12 kB for each of 2,000 sizes


def test_without_tensors(tmp_path: Path) -> None:
    save_checkpoint({"a": 1}, tmp_path / "c")
    assert load_checkpoint(tmp_path / "c") == {"a": 1}


def test_loaded_tensors_can_be_changed_and_the_file_does_not(tmp_path: Path) -> None:
    save_checkpoint(checkpoint(), tmp_path / "c")
    load_checkpoint(tmp_path / "c")["state_dict"]["weight"].zero_()
    assert value_in(tmp_path / "c") == 1.0


def test_a_newer_one_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "c"
    save_checkpoint(checkpoint(1.0), path)
    held = load_checkpoint(path)
    save_checkpoint(checkpoint(2.0), path)
    assert value_in(path) == 2.0
    assert held["state_dict"]["weight"][0, 0] == 1.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["c"]


class Killed(BaseException):
    """The process ends here: nothing below may tidy up."""


@pytest.mark.parametrize("moment", range(1, 12))
def test_whatever_the_moment_of_a_crash_a_whole_one_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    path = tmp_path / "c"
    save_checkpoint(checkpoint(1.0), path)
    left = moment

    def counted(function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left <= 0:
                raise Killed
            return function(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(checkpoints, "sync", counted(checkpoints.sync))
        patch.setattr(checkpoints, "_remove", counted(checkpoints._remove))
        with contextlib.suppress(Killed):
            save_checkpoint(checkpoint(2.0), path)
    assert value_in(path) in (1.0, 2.0)
    save_checkpoint(checkpoint(3.0), path)
    assert value_in(path) == 3.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["c"]


def test_a_crash_between_the_two_renames(tmp_path: Path) -> None:
    path = tmp_path / "c"
    save_checkpoint(checkpoint(1.0), path)
    path.rename(tmp_path / ".c.old")
    (tmp_path / ".c.new").mkdir()
    assert value_in(path) == 1.0
    restore_checkpoint(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["c"]
    assert value_in(path) == 1.0


@pytest.mark.parametrize("name", [TENSORS, STATE, MANIFEST])
def test_a_flipped_bit_or_a_lost_end_is_noticed(tmp_path: Path, name: str) -> None:
    path = tmp_path / "c"
    save_checkpoint(checkpoint(), path)
    whole = (path / name).read_bytes()
    for position in range(0, len(whole), max(1, len(whole) // 60)):
        if whole[position : position + 1].isspace():
            continue
        damaged = bytearray(whole)
        damaged[position] ^= 1
        (path / name).write_bytes(damaged)
        with pytest.raises(FileError) as caught:
            load_checkpoint(path)
        assert "\n" not in str(caught.value)
    for length in (0, len(whole) // 2, len(whole) - 1):
        (path / name).write_bytes(whole[:length])
        with pytest.raises(FileError):
            load_checkpoint(path)
    (path / name).unlink()
    with pytest.raises(FileError):
        load_checkpoint(path)
    (path / name).write_bytes(whole)
    assert value_in(path) == 1.0


def rewrite(path: Path, **changes: Any) -> None:
    manifest = json.loads((path / MANIFEST).read_text()) | changes
    del manifest["blake2b"]
    manifest["blake2b"] = checkpoints._digest_of(manifest)
    (path / MANIFEST).write_text(json.dumps(manifest))


def test_strangers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c"
    with pytest.raises(FileError, match=r"there is no checkpoint here"):
        load_checkpoint(path)
    save_checkpoint(checkpoint(), path)
    rewrite(path, version=2)
    with pytest.raises(FileError, match=r"newer version; update worldmodel"):
        load_checkpoint(path)
    rewrite(path, version=1, format="something else")
    with pytest.raises(FileError, match=r"is not a checkpoint of this program"):
        load_checkpoint(path)
    pickled = tmp_path / "weights.ckpt"
    torch.save({"a": 1}, pickled)
    with pytest.raises(FileError, match=r"pickled checkpoints are never read"):
        load_checkpoint(pickled)


def test_other_files_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(StorageError, match=r"the folder holds something else"):
        save_checkpoint(checkpoint(), tmp_path)
    with pytest.raises(StorageError, match=r"there is a file of that name"):
        save_checkpoint(checkpoint(), tmp_path / "thesis.tex")
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.fixture
def full_disk() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_leaves_the_older_one(tmp_path: Path, full_disk: None) -> None:
    path = tmp_path / "c"
    save_checkpoint(checkpoint(), path)
    with pytest.raises(StorageError, match=r"cannot be saved") as caught:
        save_checkpoint({"large": torch.zeros(100_000)}, path)
    assert "\n" not in str(caught.value)
    assert value_in(path) == 1.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["c"]


def test_what_is_not_plain_fails_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"^callbacks\.Mine\.file: cannot save a pathlib"):
        save_checkpoint({"callbacks": {"Mine": {"file": Path("a")}}}, tmp_path / "c")
    assert not list(tmp_path.iterdir())


class Tiny(LightningModule):
    """Two layers that share a weight, Adam with a schedule, hyperparameters."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(width, width)
        self.tied = torch.nn.Linear(width, width)
        self.tied.weight = self.layer.weight

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        return self.tied(self.layer(batch[0])).square().mean()

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-2)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=10)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit(tmp_path: Path, steps: int, resume: Path | None = None, keep: ModelCheckpoint | None = None) -> Trainer:
    trainer = Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=keep is not None,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[keep] if keep else [],
        plugins=[DirectoryCheckpointIO()],
        default_root_dir=tmp_path,
    )
    torch.manual_seed(0)
    # one batch, so that where Lightning resumes inside an epoch makes no difference
    data = DataLoader(TensorDataset(torch.randn(8, 3)), batch_size=8)
    trainer.fit(Tiny(), data, ckpt_path=None if resume is None else str(resume))
    return trainer


def test_a_trainer_saves_and_resumes_bit_by_bit(tmp_path: Path) -> None:
    path = tmp_path / "at_4"
    first = fit(tmp_path, 4)
    first.save_checkpoint(path)
    resumed = fit(tmp_path, 4, resume=path)
    straight = fit(tmp_path, 8)
    continued = fit(tmp_path, 8, resume=path)
    assert (resumed.global_step, continued.global_step) == (4, 8)
    for one, other in ((first, resumed), (straight, continued)):
        weights, again = one.lightning_module.state_dict(), other.lightning_module.state_dict()
        assert weights.keys() == again.keys()
        assert all(torch.equal(weights[key], again[key]) for key in weights)
        adam, adam_again = one.optimizers[0].state_dict(), other.optimizers[0].state_dict()
        assert adam["param_groups"] == adam_again["param_groups"]
        assert adam["state"].keys() == adam_again["state"].keys() == {0, 1, 2}
        for index, entry in adam["state"].items():
            assert all(torch.equal(entry[key], adam_again["state"][index][key]) for key in entry)
    assert load_checkpoint(path)["hyper_parameters"] == {"width": 3}


def test_model_checkpoint_keeps_and_removes_folders(tmp_path: Path) -> None:
    keep = ModelCheckpoint(tmp_path / "kept", "{step}", every_n_train_steps=2, save_top_k=1, save_last="link")
    fit(tmp_path, 4, keep=keep)
    assert sorted(entry.name for entry in (tmp_path / "kept").iterdir()) == ["last.ckpt", "step=4.ckpt"]
    assert load_checkpoint(tmp_path / "kept" / "last.ckpt")["global_step"] == 4
    DirectoryCheckpointIO().remove_checkpoint(tmp_path / "kept" / "last.ckpt")
    assert [entry.name for entry in (tmp_path / "kept").iterdir()] == ["step=4.ckpt"]
