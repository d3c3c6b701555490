"""A file is replaced as a whole or not at all, whenever the power goes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from worldmodel.errors import StorageError
from worldmodel.fault_points import fault_point

TEMPORARY = ".tmp-"


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader finds the old file or the new one, never a part.

    The temporary file lies in the same folder, because a rename is atomic within one file system only. A process that
    is killed leaves at most one file whose name begins with `TEMPORARY`.

    Raises StorageError where the disk is full or the folder cannot be written.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content[: len(content) // 2])
                fault_point("file.half_written")
                file.write(content[len(content) // 2 :])
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            fault_point("file.before_rename")
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync(path.parent)
        fault_point("file.after_rename")
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}): free some space or choose another folder"
        raise StorageError(message) from error


def sync(path: Path) -> None:
    """Make sure that the content of a file, or the names in a folder, are on the disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
