"""Checkpoints as folders of plain files, written so that a crash at any moment leaves a whole one."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import lightning
import safetensors.numpy as numpy_writer
import torch
from lightning.fabric.plugins import CheckpointIO
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

import worldmodel
from worldmodel.atomic import sync
from worldmodel.errors import FileError, StorageError
from worldmodel.fault_points import fault_point
from worldmodel.running.tensor_trees import join_tensors, split_tensors
from worldmodel.untrusted import check_header, read_json

FORMAT = "worldmodel checkpoint"
VERSION = 1
TENSORS, STATE, MANIFEST = "tensors.safetensors", "state.json", "manifest.json"


class DirectoryCheckpointIO(CheckpointIO):
    """Lets a Lightning Trainer save and resume from checkpoint folders; nothing is pickled."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any | None = None
    ) -> None:
        """Save what `Trainer.save_checkpoint` collected; raises StorageError, and TypeError for what is not plain.

        storage_options: those of `save_checkpoint`.
        """
        save_checkpoint(checkpoint, Path(path), **(storage_options or {}))

    def load_checkpoint(
        self, path: str | os.PathLike[str], map_location: Any | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Load to CPU memory, from which Lightning moves everything itself; raises FileError.

        `map_location` and `weights_only` belong to pickled files and change nothing.
        """
        return load_checkpoint(Path(path))

    def remove_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Remove the folder, if it is there; raises StorageError."""
        try:
            for folder in (*_neighbours(Path(path)), Path(path)):
                _remove(folder)
        except OSError as error:
            raise StorageError(f"{path}: cannot be removed: {error.strerror}") from error


def save_checkpoint(checkpoint: dict[str, Any], path: Path, previous: Path | None = None) -> None:
    """Write a checkpoint folder, replacing an older one of that name.

    At every moment a whole checkpoint is there, as `path` or beside it (see `restore_checkpoint`).

    previous: where the replaced one stays, in the same folder, in place of what was there; by default it is removed.

    Raises TypeError with the place of whatever is not plain, and StorageError where writing fails.
    """
    state, tensors = split_tensors(checkpoint)
    new, old = _neighbours(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        restore_checkpoint(path)
        refuse_to_replace_strangers(path)
        _write_folder(new, state, tensors)
        fault_point("checkpoint.before_renames")
        if path.exists():
            path.rename(old)
        fault_point("checkpoint.between_renames")
        new.rename(path)
        sync(path.parent)
        fault_point("checkpoint.after_renames")
        if previous is not None and old.exists():
            _remove(previous)
            fault_point("checkpoint.before_previous")
            old.rename(previous)
        fault_point("checkpoint.saved")
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StorageError(f"{path}: cannot be saved: {reason}; free some space or choose another folder") from error
    finally:
        # after a success this removes the older checkpoint, after a failure it puts it back
        with contextlib.suppress(OSError):
            restore_checkpoint(path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint folder after checking that it is whole; tensors are on the CPU.

    Raises FileError where it is missing, damaged, foreign or of a newer version.
    """
    folder = check_checkpoint(path)
    try:
        check_header(folder / TENSORS)
        state = read_json(folder / STATE)
        return join_tensors(state, load_file(folder / TENSORS))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise FileError(f"{path}: is damaged ({error}); use another checkpoint") from error


def check_checkpoint(path: Path) -> Path:
    """Where a checkpoint lies that is byte by byte as it was written; FileError where it is not."""
    folder = whole_checkpoint(path)
    if folder.is_file():
        raise FileError(f"{path}: is a file, and checkpoints are folders; pickled checkpoints are never read")
    _verify(folder)
    return folder


def whole_checkpoint(path: Path) -> Path:
    """Where checkpoint `path` lies: between two renames, or after a crash there, the older one is beside its place."""
    if path.exists():
        return path
    _, old = _neighbours(path)
    return old if old.exists() else path


def restore_checkpoint(path: Path) -> None:
    """Tidy up after a save that was cut short: the older checkpoint back in its place, the unfinished one gone.

    Only for the process that owns the run directory. Raises OSError.
    """
    new, old = _neighbours(path)
    if old.exists() and not path.exists():
        old.rename(path)
    _remove(old)
    _remove(new)


def refuse_to_replace_strangers(path: Path) -> None:
    """Raise FileExistsError where something lies in the place of a checkpoint that no save may take away."""
    if path.is_file():
        raise FileExistsError(0, "there is a file of that name")
    if path.is_symlink() and not path.exists():
        raise FileExistsError(0, "there is a link of that name that leads nowhere")
    if path.is_dir() and not (path / MANIFEST).exists() and any(path.iterdir()):
        raise FileExistsError(0, "the folder holds something else")


def _neighbours(path: Path) -> tuple[Path, Path]:
    """Where a checkpoint is written, and where the one that it replaces waits until then."""
    return path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")


def _write_folder(folder: Path, state: Any, tensors: dict[str, torch.Tensor]) -> None:
    folder.mkdir()
    fault_point("checkpoint.begun")
    _write_tensors(tensors, folder / TENSORS)
    (folder / TENSORS).chmod(0o644)  # as the other files, which any reader of the run may read
    fault_point("checkpoint.tensors_written")
    (folder / STATE).write_text(json.dumps(state, allow_nan=False), "utf-8")
    fault_point("checkpoint.state_written")
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "files": {name: _fingerprint(folder / name) for name in (TENSORS, STATE)},
        "versions": {
            "worldmodel": worldmodel.__version__,
            "torch": str(torch.__version__),
            "lightning": str(lightning.__version__),
        },
    }
    manifest["blake2b"] = _digest_of(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2), "utf-8")
    fault_point("checkpoint.manifest_written")
    for name in (TENSORS, STATE, MANIFEST, "."):
        sync(folder / name)


def _write_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    try:
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    except TypeError:  # of a type that numpy lacks, such as bfloat16
        save_file(tensors, path)
    else:
        # the writer for tensors never frees some kB for every size it meets, and recorded life has many sizes
        numpy_writer.save_file(arrays, path)


def _verify(folder: Path) -> None:
    """Raise FileError where a folder is not, byte by byte, a checkpoint that this version can read."""
    if not (folder / MANIFEST).exists():
        raise FileError(f"{folder}: there is no checkpoint here ({MANIFEST} is missing)")
    try:
        manifest = read_json(folder / MANIFEST)
        if manifest["format"] != FORMAT:
            raise FileError(f"{folder}: is not a checkpoint of this program")
        if manifest["version"] > VERSION:
            raise FileError(f"{folder}: was written by a newer version; update worldmodel to read it")
        if manifest.pop("blake2b") != _digest_of(manifest):
            raise FileError(f"{folder}: {MANIFEST} is damaged; use another checkpoint")
        for name in (TENSORS, STATE):
            expected = manifest["files"][name]
            if (folder / name).stat().st_size != expected["bytes"]:
                raise FileError(f"{folder}: {name} is truncated or too long; use another checkpoint")
            if _fingerprint(folder / name) != expected:
                raise FileError(f"{folder}: {name} is damaged; use another checkpoint")
    except OSError as error:
        raise FileError(f"{folder}: cannot be read: {error.strerror} ({error.filename})") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileError(f"{folder}: {MANIFEST} is damaged; use another checkpoint") from error


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32))
    return {"bytes": path.stat().st_size, "blake2b": digest.hexdigest()}


def _digest_of(manifest: dict[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(manifest, sort_keys=True).encode(), digest_size=32).hexdigest()


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
