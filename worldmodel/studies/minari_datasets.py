"""Recorded life as a data set of Minari, the Farama Foundation's format for offline learning, and back."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from worldmodel.errors import ConfigurationError, FileError, StorageError
from worldmodel.experience import Spec
from worldmodel.memory.whole_episodes import Episode
from worldmodel.untrusted import check_spec, parse_json

SPEC = "worldmodel_spec"
"""Under this name, among a data set's metadata, lies the description of the world."""


def write_dataset(path: Path, spec: Spec, episodes: Iterable[Episode]) -> int:
    """Write `episodes` as a new Minari data set in the folder `path`; how many rows.

    Minari counts T - 1 steps in an episode of T rows: action t of it leads from observation t to t + 1.

    Raises FileError where there is no episode or something lies there, StorageError where writing fails.
    """
    storage, buffer = _minari("dataset.minari_storage").MinariStorage, _minari("data_collector").EpisodeBuffer
    if path.exists():
        raise FileError(f"{path}: exists already; choose another folder")
    kind = np.dtype(spec.observation_dtype)
    low, high = (0, 255) if spec.pixels else (-np.inf, np.inf)
    observations = gymnasium.spaces.Box(low, high, spec.observation_shape, kind.type)
    actions, rows, buffers = gymnasium.spaces.Discrete(len(spec.actions)), 0, []
    for number, episode in enumerate(episodes):
        rows += len(episode.action)
        ends = np.arange(1, len(episode.action)) == len(episode.action) - 1
        buffers.append(
            buffer(
                id=number,
                observations=list(episode.observation),
                actions=list(episode.action[:-1]),
                rewards=episode.reward[1:].tolist(),
                terminations=(ends & episode.terminated).tolist(),
                truncations=(ends & (not episode.terminated)).tolist(),
            )
        )
    if not rows:
        raise FileError(f"{path}: there is no whole episode to be written")
    try:
        made = storage.new(path, observations, actions, None, "hdf5", jpeg_encoding=False)
        made.update_episodes(buffers)
        name = f"{spec.environment.rpartition('/')[2]}/{path.name}-v0"
        made.update_metadata(
            {SPEC: json.dumps(spec.to_json()), "dataset_id": name, "minari_version": _minari("").__version__}
        )
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error
    return rows


def read_dataset(path: Path) -> tuple[Spec, Iterator[tuple[str, Episode]]]:
    """The world a Minari data set in the folder `path` is about, and its episodes, each with its place.

    Actions must be Discrete and observations a Box: uint8 images, or numbers, which become float32 vectors.
    Raises FileError where it is damaged, or of a kind that is not supported.
    """
    storage = _minari("dataset.minari_storage").MinariStorage
    if not path.is_dir():
        raise FileError(f"{path}: is not the folder of a Minari data set")
    try:
        stored = storage.read(path)
        spec, lowest = _spec(stored, path)
    # whatever the library finds wrong in a damaged file
    except Exception as error:
        raise _damaged(path, error) from error
    return spec, _episodes(stored, spec, lowest, path)


def _episodes(stored: Any, spec: Spec, lowest: int, path: Path) -> Iterator[tuple[str, Episode]]:
    for number in range(stored.total_episodes):
        place = f"{path}, episode {number}"
        try:
            (found,) = stored.get_episodes([number])
            yield place, _episode(found, spec, lowest, place)
        except Exception as error:
            raise _damaged(path, error) from error


def _episode(found: dict[str, Any], spec: Spec, lowest: int, place: str) -> Episode:
    observation = np.asarray(found["observations"])
    action, reward = (np.asarray(found[name]).reshape(-1) for name in ("actions", "rewards"))
    ended = np.asarray(found["terminations"], bool)
    if len(action) != len(reward) or len(ended) != len(action):
        raise FileError(f"{place}: {len(action)} actions, {len(reward)} rewards and {len(ended)} terminations")
    if ended[:-1].any():
        raise FileError(f"{place}, row {int(np.argmax(ended)) + 1}: the episode terminated and goes on")
    if action.dtype.kind not in "iu":
        raise FileError(f"{place}: actions are {action.dtype}, expected whole numbers")
    observation = observation.astype(spec.observation_dtype).reshape(len(observation), *spec.observation_shape)
    rewards = np.concatenate([[0], reward]).astype(np.float32)
    return Episode(observation, np.append(action - lowest, 0).astype(np.int64), rewards, bool(ended[-1]))


def _spec(stored: Any, path: Path) -> tuple[Spec, int]:
    """The world, as it was written down or else from the spaces, and the lowest action."""
    shown, actions = stored.observation_space, stored.action_space
    if not isinstance(shown, gymnasium.spaces.Box) or not isinstance(actions, gymnasium.spaces.Discrete):
        kinds = f"{type(shown).__name__} observations and {type(actions).__name__} actions"
        raise FileError(f"{path}: has {kinds}, only Box and Discrete are supported")
    written = stored.metadata.get(SPEC)
    if written is not None:
        return check_spec(parse_json(written)), int(actions.start)
    image = shown.dtype == np.uint8 and len(shown.shape) in (2, 3)
    shape = (*shown.shape, 1)[:3] if image else (int(np.prod(shown.shape)),)
    data = {
        "environment": str(stored.metadata.get("dataset_id", path.name)),
        "observation_shape": [int(size) for size in shape],
        "observation_dtype": "uint8" if image else "float32",
        "actions": [str(index) for index in range(int(actions.n))],
        "protocol": {"max_episode_steps": None},
    }
    return check_spec(data), int(actions.start)


def _damaged(path: Path, error: Exception) -> FileError:
    if isinstance(error, FileError):
        return error
    reason = " ".join(str(error).split())
    return FileError(f"{path}: is no Minari data set that can be read ({type(error).__name__}: {reason})")


def _minari(module: str) -> Any:
    """A module of Minari; ConfigurationError where the package is missing."""
    try:
        return importlib.import_module(f"minari.{module}".rstrip("."))
    except ImportError as error:
        raise ConfigurationError("Minari data sets need an extra: pip install 'worldmodel[minari]'") from error
