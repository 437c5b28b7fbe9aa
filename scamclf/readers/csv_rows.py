"""CSV with a header: a column with the call's id and one with its text."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from scamclf.calls import MAX_TURN_CHARS, Call
from scamclf.errors import ReaderError
from scamclf.readers.documents import call_from_row

__all__ = ["MAX_LINE_CHARS", "read"]

_COLUMNS = ("label", "language", "direction", "source", "family", "group", "started_at")

MAX_LINE_CHARS = 32 * MAX_TURN_CHARS
"""Longest line that is read: a line without end must not fill the memory."""


def read(path: Path, *, id_column: str = "call_id", text_column: str = "text") -> Iterator[Call | ReaderError]:
    """Read a call from every record.

    Args:
        path: the file.
        id_column, text_column: columns that stand for `call_id` and `text`; other columns keep their names.

    Raises:
        ReaderError: the header lacks one of the two columns, or a line is too long to read on.
    """
    csv.field_size_limit(16 * MAX_TURN_CHARS)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        records = csv.DictReader(_lines(file, path))
        try:
            header = list(records.fieldnames or ())
        except csv.Error as error:
            raise ReaderError("bad_csv", f"{path}:1: {error}") from error
        missing = {id_column, text_column} - set(header)
        if missing:
            raise ReaderError(
                "missing_column",
                f"{path}: header is {records.fieldnames}; it lacks {', '.join(sorted(missing))}",
            )
        while True:
            try:
                record = next(records, None)
            except csv.Error as error:
                yield ReaderError("bad_csv", f"{path}:{records.line_num}: {error}")
                continue
            if record is None:
                return
            # By name, so that a column "turns" that is a count, say, does not make every row an error.
            row = {key: record.get(key) or None for key in _COLUMNS}
            row |= {"call_id": record[id_column] or None, "text": record[text_column] or None}
            yield call_from_row(row, f"{path}:{records.line_num}")


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_LINE_CHARS):
        number += 1
        if len(line) == MAX_LINE_CHARS and not line.endswith(("\n", "\r")):
            raise ReaderError("line_too_long", f"{path}:{number}: longer than {MAX_LINE_CHARS:,} characters")
        yield line
