"""Which files a job reads, in an order that does not change, and what each of them is."""

import glob
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scamclf.bulk.durable import durable_file
from scamclf.errors import ReaderError
from scamclf.readers.sniff import SUFFIXES

__all__ = ["JOB_FOLDER", "STDIN", "Found", "Source", "file_of", "find_inputs", "fingerprint", "spool_stdin"]

JOB_FOLDER = "_scamclf"
"""Holds the state of a job within its output folder. A folder that has one is never read as input."""

STDIN = "-"
_WILDCARD = re.compile(r"[*?\[]")
_BLOCK_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Found:
    """An input file.

    Args:
        path: absolute path, or `STDIN`.
        label: path from the folder or pattern that led to it, without suffix; the stem of a file named itself.
    """

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Source:
    """An input file as the first pass saw it.

    Args:
        path, label: as of `Found`.
        size, sha256: of its bytes.
        rows: rows in it.
        errors: those of them that are no calls.
        generation: 0 for the inputs that the job began with, one more each time that inputs were added.
    """

    path: str
    label: str
    size: int
    sha256: str
    rows: int
    errors: int
    generation: int


def find_inputs(arguments: Sequence[str], out: Path, *, format: str | None) -> list[Found]:
    """Find the files that files, folders, patterns and `-` stand for.

    Args:
        arguments: as typed. A pattern is one only where nothing has that name.
        out: output folder, left out where it lies within an input folder.
        format: where it is given, files of every suffix count; else those that `SUFFIXES` names.

    Returns:
        Each file once, by argument and then by name.

    Raises:
        ReaderError: an argument stands for nothing.
        OSError: a folder cannot be listed.
    """
    found: dict[str, Found] = {}
    for argument in arguments:
        files = sorted(_expand(argument, out.absolute(), format), key=lambda file: Path(file.path).parts)
        if not files:
            raise ReaderError("no_input", f"{argument}: {_why_nothing(argument)}")
        for file in files:
            found.setdefault(file.path, file)
    return list(found.values())


def file_of(path: str, out: Path) -> Path:
    """The file to open: standard input lies in the job's folder."""
    return out / JOB_FOLDER / "stdin" if path == STDIN else Path(path)


def fingerprint(path: Path) -> tuple[int, str]:
    """Size in bytes, and sha256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def spool_stdin(path: Path) -> None:
    """Write standard input to a file that only this user can read, a block at a time."""
    with durable_file(path) as file:
        os.fchmod(file.fileno(), 0o600)
        while block := sys.stdin.buffer.read(_BLOCK_BYTES):
            file.write(block)


def _expand(argument: str, out: Path, format: str | None) -> Iterator[Found]:
    path = Path(argument)
    if argument == STDIN:
        yield Found(STDIN, "stdin")
    elif path.is_dir():
        yield from _walk(path, path, out, format)
    elif path.exists():
        yield _found(path, path.parent)
    elif _WILDCARD.search(argument):
        # The folder in front of the first wildcard.
        root = Path(_WILDCARD.split(argument)[0] + "x").parent
        for name in map(Path, glob.glob(argument, recursive=True)):  # noqa: PTH207 (takes absolute patterns too)
            if name.is_dir():
                yield from _walk(name, root, out, format)
            elif not any(_is_output(parent, out) for parent in name.parents):
                yield _found(name, root)


def _walk(folder: Path, root: Path, out: Path, format: str | None) -> Iterator[Found]:
    for at, folders, files in os.walk(folder, onerror=_raise):
        if _is_output(Path(at), out):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and (format is not None or Path(name).suffix.lower() in SUFFIXES):
                yield _found(Path(at, name), root)


def _is_output(folder: Path, out: Path) -> bool:
    return folder.absolute() == out or (folder / JOB_FOLDER).is_dir()


def _found(path: Path, root: Path) -> Found:
    # Not resolved: a link stays the name that it was given by.
    absolute = os.path.abspath(path)  # noqa: PTH100 (`Path.absolute` keeps "..")
    return Found(absolute, path.relative_to(root).with_suffix("").as_posix())


def _raise(error: OSError) -> None:
    raise error


def _why_nothing(argument: str) -> str:
    if Path(argument).is_dir():
        return f"no file that ends in {', '.join(SUFFIXES)}"
    return "no file fits the pattern" if _WILDCARD.search(argument) else "no such file or folder"
