"""Recorded life goes out as a file that others read, and comes in from one."""

from __future__ import annotations

from pathlib import Path

from worldmodel.memory import open_experience
from worldmodel.memory.archives import read_archive, write_archive
from worldmodel.memory.whole_episodes import whole_episodes, write_life
from worldmodel.studies.minari_datasets import read_dataset, write_dataset

ARCHIVE = ".npz"


def export_life(run: Path, target: Path) -> int:
    """Write the whole episodes of a run to an npz file, or to a Minari data set where `target` is no .npz; rows.

    Raises FileError where the run recorded nothing that is whole, StorageError where writing fails.
    """
    life = open_experience(run)
    write = write_archive if target.suffix == ARCHIVE else write_dataset
    return write(target, life.spec, whole_episodes(life))


def import_life(source: Path, run: Path) -> int:
    """Write an npz file, or a Minari data set, as the recorded life of the new folder `run`; rows.

    Raises FileError at the first wrong row, which it names; then nothing counts as recorded.
    """
    spec, episodes = read_archive(source) if source.suffix == ARCHIVE else read_dataset(source)
    return write_life(episodes, spec, run)
