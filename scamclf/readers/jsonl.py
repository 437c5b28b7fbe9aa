"""Canonical JSONL: one call a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers.documents import call_from_row, named_columns, parse_json
from scamclf.readers.limits import MAX_LINE_BYTES

__all__ = ["read"]


def read(path: Path, *, id_column: str = "call_id", text_column: str = "text") -> Iterator[Call | ReaderError]:
    """Read `{"call_id", "turns"}` or `{"call_id", "text"}` from every line; blank lines are none.

    Args:
        path: the file.
        id_column, text_column: keys that stand for `call_id` and `text`. A text key with a name of its own is read even
            where there are `turns`.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            where = f"{path}:{number}"
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                _skip_line(file)
                yield ReaderError("line_too_long", f"{where}: longer than {MAX_LINE_BYTES:,} bytes")
            elif line.strip():
                yield _read_line(line, where, id_column, text_column)


def _read_line(line: bytes, where: str, id_column: str, text_column: str) -> Call | ReaderError:
    try:
        return call_from_row(named_columns(parse_json(line, where), id_column, text_column), where)
    except ReaderError as error:
        return error


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass
