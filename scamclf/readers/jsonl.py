"""Canonical JSONL: one call a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers.documents import call_from_row, parse_json

__all__ = ["MAX_LINE_BYTES", "read"]

MAX_LINE_BYTES = 16 * 2**20
"""Longest line that is read: a line without end must not fill the memory."""


def read(path: Path) -> Iterator[Call | ReaderError]:
    """Read `{"call_id", "turns"}` or `{"call_id", "text"}` from every line; blank lines are none."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            where = f"{path}:{number}"
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                _skip_line(file)
                yield ReaderError("line_too_long", f"{where}: longer than {MAX_LINE_BYTES:,} bytes")
            elif line.strip():
                yield _read_line(line, where)


def _read_line(line: bytes, where: str) -> Call | ReaderError:
    try:
        return call_from_row(parse_json(line, where), where)
    except ReaderError as error:
        return error


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass
