"""Unpacking the wanted files of a repository's tarball, and of ZIP files inside it; nothing else, nothing unsafe."""

import gzip
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from scamclf.errors import DataError

__all__ = ["MAX_FILE_BYTES", "MAX_TOTAL_BYTES", "matches", "unpack_tarball"]

MAX_FILE_BYTES = 1 << 28
MAX_TOTAL_BYTES = 1 << 31
"""Largest file, and all files together, that an archive may unpack to."""

_CHUNK = 1 << 16
_UNSAFE = re.compile(r"^/|^[A-Za-z]:|\\|\x00|(?:^|/)\.\.(?:/|$)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, gzip.BadGzipFile)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path matches one of the glob patterns, folder by folder: `*` does not reach across a slash."""
    parts = path.split("/")
    return any(
        len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
        for wanted in (pattern.split("/") for pattern in patterns)
    )


def unpack_tarball(
    tarball: Path,
    folder: Path,
    *,
    include: Sequence[str],
    archives: Sequence[tuple[str, str]] = (),
    commit: str | None = None,
) -> list[str]:
    """Unpack the files of a gzipped tarball whose one top folder is the repository.

    Args:
        tarball: the file.
        folder: where to write; empty or not there yet.
        include: glob patterns of the files to unpack, counted from the repository's root.
        archives: where the files lie in ZIP files: glob patterns of those, and the folder that each one's files go
            to. Only they are unpacked then, and of them what matches `include` in its folder.
        commit: what the tarball says it was made from, where it says so at all.

    Returns:
        Paths below `folder`, sorted.

    Raises:
        DataError: the tarball is damaged, of another commit, holds no wanted file or an unsafe one (a link, an
            absolute path, one with ".."), or would unpack to more than the limits.
    """
    writer = _Writer(folder, str(tarball))
    try:
        with gzip.open(tarball) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            _unpack_members(archive, writer, include, archives, str(tarball))
            made_from = archive.pax_headers.get("comment", "")
            # To the end, where gzip's own checksum is: tarfile stops before it, and at a cut takes it for the end.
            for _ in _chunks(stream):
                pass
    except _BROKEN as error:
        raise DataError(f"{tarball}: damaged ({error}); wanted a whole gzipped tarball") from error
    if commit and _COMMIT.fullmatch(made_from) and made_from != commit:
        raise DataError(f"{tarball}: made from commit {made_from}; wanted {commit}")
    if not writer.paths:
        raise DataError(f"{tarball}: holds no file that matches {', '.join(include)}; wanted at least one")
    return sorted(writer.paths)


def _unpack_members(
    archive: tarfile.TarFile,
    writer: "_Writer",
    include: Sequence[str],
    archives: Sequence[tuple[str, str]],
    where: str,
) -> None:
    for member in archive:
        path = _safe(member.name, where).partition("/")[2]
        goals = [goal for pattern, goal in archives if matches(path, (pattern,))]
        wanted = bool(goals) if archives else matches(path, include)
        if not wanted or member.isdir():
            continue
        content = archive.extractfile(member) if member.isreg() else None
        if content is None:
            raise DataError(f"{where}: {member.name} is a link or no file; wanted plain files only")
        if goals:
            _unpack_zip(content, goals[0], include, writer)
        else:
            writer.write(path, content)


class _Writer:
    """Writes files below a folder, each once, and keeps count of them and of their bytes."""

    def __init__(self, folder: Path, where: str) -> None:
        self.paths: set[str] = set()
        self._folder = folder
        self._where = where
        self._left = MAX_TOTAL_BYTES

    def write(self, path: str, content: IO[bytes]) -> None:
        if path in self.paths:
            raise DataError(f"{self._where}: {path} is there twice; wanted every file once")
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        limit = min(MAX_FILE_BYTES, self._left)
        with target.open("xb") as file:
            for chunk in _chunks(content):
                limit -= len(chunk)
                self._left -= len(chunk)
                if limit < 0:
                    raise DataError(
                        f"{self._where}: unpacks to more than {MAX_FILE_BYTES:,} bytes a file or {MAX_TOTAL_BYTES:,} "
                        f"bytes in all (at {path}); wanted less"
                    )
                file.write(chunk)
        self.paths.add(path)


def _unpack_zip(content: IO[bytes], goal: str, include: Sequence[str], writer: _Writer) -> None:
    """Unpack a ZIP file flat into the folder `goal`, with spaces and `%3A` in names made `_` and `-`."""
    with zipfile.ZipFile(content) as archive:
        for info in archive.infolist():
            name = PurePosixPath(_safe(info.filename, goal)).name
            name = re.sub(r"%[0-9A-Fa-f]{2}", "-", name.replace(" ", "_"))
            path = name if goal == "." else f"{goal}/{name}"
            # macOS puts a shadow of every file beside it.
            if info.is_dir() or name.startswith("._") or not matches(path, include):
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                raise DataError(f"{info.filename} is a link; wanted plain files only")
            with archive.open(info) as file:
                writer.write(path, file)


def _safe(path: str, where: str) -> str:
    if _UNSAFE.search(path):
        raise DataError(f"{where}: holds the path {path!r}; wanted paths inside the repository")
    return path


def _chunks(content: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    return iter(lambda: content.read(_CHUNK), b"")
