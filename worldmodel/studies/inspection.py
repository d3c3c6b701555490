"""What is in a run directory, read from its files alone and while it is still being trained."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from worldmodel.configuration import differences, settings_to_dict
from worldmodel.environments import protocol_in_words
from worldmodel.errors import FileError
from worldmodel.experience import Spec
from worldmodel.learning import Agent
from worldmodel.memory.chunks import ROW
from worldmodel.memory.folder import INDEX, ExperienceFolder
from worldmodel.running.checkpoints import MANIFEST
from worldmodel.running.reached import metrics_so_far, reached_by, reached_in_metrics
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.untrusted import read_json

Found = dict[str, Any]
"""Dotted names and plain values: text, numbers, lists, None where something is not known (yet)."""


def inspect_run(run: str | Path) -> Found:
    """Everything worth knowing about a run, under dotted names such as `checkpoint.last.gradient_steps`.

    `run` is a run directory or a checkpoint in one. Sizes are in bytes. Raises FileError where there is no such run.
    """
    directory = RunDirectory.open(run)
    settings, spec = directory.settings(), directory.spec()
    found: Found = {"run": str(directory.path), "environment": spec.environment, "protocol": protocol_in_words(spec)}
    found["machine"] = "; ".join(directory.machines()) or None
    checkpoints = _checkpoints(directory)
    found |= _steps(directory, checkpoints)
    found |= _experience(directory, spec, settings.data.compress)
    found |= checkpoints
    found |= _last_evaluation(directory)
    found |= _parameters(settings, spec)
    found |= _changed_settings(settings)
    found |= _formats(directory)
    return found


def _steps(run: RunDirectory, checkpoints: Found) -> Found:
    """How far the run is, by whatever was written last: a row of metrics or a checkpoint."""
    logged = reached_in_metrics(run.path)
    counters = {"environment_steps": logged.environment_steps or 0, "gradient_steps": logged.gradient_steps}
    for name in counters:
        saved = [value for key, value in checkpoints.items() if key.endswith(f".{name}") and value is not None]
        counters[name] = max([counters[name], *saved])
    return counters


def _checkpoints(run: RunDirectory) -> Found:
    """Size and counters of each checkpoint; counters are None where it is damaged, or just being replaced."""
    found: Found = {}
    for folder in sorted(run.checkpoints.glob("[!.]*")):
        reached = None
        with suppress(FileError):
            reached = reached_by(folder)
        found[f"checkpoint.{folder.name}.bytes"] = _size(folder.glob("*"))
        found[f"checkpoint.{folder.name}.environment_steps"] = reached.environment_steps if reached else None
        found[f"checkpoint.{folder.name}.gradient_steps"] = reached.gradient_steps if reached else None
    return found


def _experience(run: RunDirectory, spec: Spec, compress: bool) -> Found:
    """What was recorded up to the last full chunk or checkpoint, on disk and loaded for training."""
    rows, episodes, on_disk = 0, 0, 0
    if (run.experience / INDEX).exists():
        listing = ExperienceFolder.open(run.experience).read_listing()
        files = [*listing.chunks, *listing.partial]
        rows = sum(file.rows for file in files)
        paths = [run.experience / file.name for file in files]
        on_disk = _size(paths)
        episodes = len(_episodes(paths))
    # held compressed, rows take about as much memory as disk
    in_memory = on_disk if compress and spec.pixels else rows * (spec.bytes_per_observation + ROW.itemsize)
    return {
        "experience.rows": rows,
        "experience.episodes": episodes,
        "experience.bytes_on_disk": on_disk,
        "experience.bytes_in_memory": in_memory,
    }


def _episodes(paths: list[Path]) -> set[int]:
    """Ids of the episodes in chunk files, of which nothing else is read; one that is gone by now counts for none.

    Raises FileError where one is damaged.
    """
    episodes: set[int] = set()
    for path in paths:
        try:
            with suppress(FileNotFoundError), safe_open(path, "numpy") as file:
                episodes.update(np.unique(file.get_tensor("episode")).tolist())
        except (SafetensorError, OSError) as error:
            raise FileError(f"{path}: is damaged ({error}); restore it, or learn from another run") from error
    return episodes


def _last_evaluation(run: RunDirectory) -> Found:
    """The newest evaluation in the metrics, with the steps at which it was made; nothing where there is none."""
    rows = [row for row in metrics_so_far(run.path) if "evaluation/mean" in row]
    if not rows:
        return {}
    wanted = {key: value for key, value in rows[-1].items() if key.startswith("evaluation/") or key.endswith("_step")}
    return {
        f"evaluation.{key.removeprefix('evaluation/')}": value if value is None or math.isfinite(value) else None
        for key, value in wanted.items()
    }


def _parameters(settings: Settings, spec: Spec) -> Found:
    """Numbers that are learned, counted on networks that take no memory."""
    with torch.device("meta"):
        agent = Agent(spec, settings.world_model, settings.agent)
    parts = {"world_model": agent.world_model, "q_network": agent.q_network}
    if settings.trainer.learner == "world_model":
        del parts["q_network"]
    return {f"parameters.{name}": sum(p.numel() for p in part.parameters()) for name, part in parts.items()}


def _changed_settings(settings: Settings) -> Found:
    """Settings that are not the default ones."""
    usual, chosen = settings_to_dict(Settings()), settings_to_dict(settings)
    # environment.kwargs holds names of its own, and is shown whole
    names = dict.fromkeys(".".join(key.split(".", 2)[:2]) for key in differences(usual, chosen))
    return {f"settings.{name}": chosen[name.split(".")[0]][name.split(".")[1]] for name in names}


def _formats(run: RunDirectory) -> Found:
    """Versions of the file formats, and of the libraries the newest checkpoint was written with."""
    found: Found = {"format.checkpoint": None, "format.experience": None}
    for manifest in (run.checkpoints / "last" / MANIFEST, run.checkpoints / "best" / MANIFEST):
        with suppress(FileError, ValueError, KeyError, TypeError):
            written = read_json(manifest)
            found["format.checkpoint"] = written["version"]
            found |= {f"written_with.{name}": version for name, version in written["versions"].items()}
            break
    for chunk in sorted(run.experience.glob("lane*.safetensors"))[:1]:
        with suppress(OSError, SafetensorError), safe_open(chunk, "numpy") as file:
            found["format.experience"] = file.metadata()["version"]
    return found


def _size(paths: Any) -> int:
    """Bytes of the files that are there."""
    total = 0
    for path in paths:
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
