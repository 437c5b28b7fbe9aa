"""Files that are whole or not there, on POSIX: temporary name, write, fsync, rename, fsync of the folder.

Tests kill a job where it hurts: `SCAMCLF_FAILPOINT=after_rename:3` sends this process SIGKILL the third time that it
comes by, `SCAMCLF_FAILPOINT=before_fsync:3:ENOSPC` raises that error from the third time on. The points, in order:
`after_temporary`, `before_fsync`, `after_fsync`, `before_rename`, `after_rename` of every file; `before_manifest` and
`after_manifest` of every line; `before_success`.
"""

import errno
import fcntl
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from scamclf.errors import JobError

__all__ = ["FAILPOINTS", "append_line", "durable_file", "failpoint", "fsync_folder", "locked", "without_torn_line"]

FAILPOINTS = (
    "after_temporary", "before_fsync", "after_fsync", "before_rename", "after_rename",
    "before_manifest", "after_manifest", "before_success",
)  # fmt: skip

_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die or fail here where `SCAMCLF_FAILPOINT` says so; otherwise nothing.

    Raises:
        OSError: the variable names an error.
    """
    wanted = os.environ.get("SCAMCLF_FAILPOINT", "")
    at, _, rest = wanted.partition(":")
    if at != name:
        return
    count, _, error = rest.partition(":")
    _passed[wanted] += 1
    if error and _passed[wanted] >= int(count):
        code = getattr(errno, error)
        raise OSError(code, os.strerror(code))
    if not error and _passed[wanted] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def durable_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file that appears under its name when it is whole and on the disk.

    Nothing is tried twice: after a failed fsync nobody knows what is on the disk.

    Args:
        path: a file there is replaced.

    Yields:
        The file to write to.

    Raises:
        OSError: the disk is full or fails; `path` is as it was.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            failpoint("after_temporary")
            file.flush()
            failpoint("before_fsync")
            os.fsync(file.fileno())
            failpoint("after_fsync")
        failpoint("before_rename")
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    failpoint("after_rename")
    fsync_folder(path.parent)


def append_line(path: Path, line: str) -> None:
    """Add a line to a file, and return when it is on the disk.

    Raises:
        OSError: the disk is full or fails; a part of the line may stand there (`without_torn_line`).
    """
    failpoint("before_manifest")
    with path.open("ab") as file:
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    failpoint("after_manifest")


def without_torn_line(path: Path) -> None:
    """Cut off a last line that a crash left without its end; make the file where there is none."""
    with path.open("a+b") as file:
        file.seek(0)
        data = file.read()
        file.truncate(data.rfind(b"\n") + 1)
        os.fsync(file.fileno())
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, however it ends.

    Raises:
        JobError: another process holds it.
    """
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read(20) or "unknown"
            raise JobError(f"{path.parent.parent}: process {owner} is writing here; wait for it to end") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
