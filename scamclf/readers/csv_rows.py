"""CSV with a header: a column with the call's id and one with its text."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from scamclf.calls import Call
from scamclf.errors import ReaderError, shown
from scamclf.readers.documents import call_from_row, legal_text
from scamclf.readers.limits import MAX_RECORD_CHARS

__all__ = ["read"]

_COLUMNS = ("label", "language", "direction", "source", "family", "group", "started_at")


def read(path: Path, *, id_column: str = "call_id", text_column: str = "text") -> Iterator[Call | ReaderError]:
    """Read a call from every record; a header without its columns is the only row, an error.

    Args:
        path: the file.
        id_column, text_column: columns that stand for `call_id` and `text`; other columns keep their names.
    """
    csv.field_size_limit(MAX_RECORD_CHARS)
    # What is no UTF-8 becomes half characters, so that it is an error of its own record alone.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file)
        records = csv.reader(lines)
        header = next(_records(records, lines, path), [])
        if isinstance(header, ReaderError):
            yield header
            return
        missing = {id_column, text_column} - set(header)
        if missing:
            found = ", ".join(shown(legal_text(name)) for name in header[:20])
            message = f"{path}: header is {found}; it lacks {', '.join(sorted(missing))}"
            yield ReaderError("missing_column", message)
            return
        # By name, so that a column "turns" that is a count, say, does not make every row an error.
        at = {name: i for i, name in enumerate(header) if name in _COLUMNS}
        at |= {"call_id": header.index(id_column), "text": header.index(text_column)}
        for record in _records(records, lines, path):
            if isinstance(record, ReaderError):
                yield record
            else:
                row = {field: (record[i] if i < len(record) else "") or None for field, i in at.items()}
                yield _call(row, f"{path}:{lines.number}")


def _records(records: Iterator[list[str]], lines: "_Lines", path: Path) -> Iterator[list[str] | ReaderError]:
    """Records that are not empty, and errors in the place of those that cannot be read."""
    while True:
        try:
            record = next(records, None)
            if record is None:
                return
            if lines.ended_within:
                raise ReaderError("bad_csv", "a quote is not closed before the file ends")
            if record:
                yield record
        except csv.Error as error:
            yield ReaderError("bad_csv", f"{path}:{lines.number}: {error}")
        except ReaderError as error:
            yield ReaderError(error.code, f"{path}:{lines.number}: {error}")
        lines.begin_record()


def _call(row: dict[str, str | None], where: str) -> Call | ReaderError:
    try:
        "".join(value for value in row.values() if value).encode()
    except UnicodeEncodeError:
        call_id = row["call_id"]
        return ReaderError("bad_encoding", f"{where}: not UTF-8", call_id=call_id and legal_text(call_id))
    return call_from_row(row, where)


class _Lines:
    """Lines for `csv.reader`, as many as a record may have.

    A class, because a generator could not go on after an error.
    """

    def __init__(self, file: TextIO) -> None:
        self.number = 0
        """Number of the last line read, from 1."""
        self.ended_within = False
        """Whether the file ended while a record wanted more."""
        self._file = file
        self._left = MAX_RECORD_CHARS

    def begin_record(self) -> None:
        """Let the next record have its full length."""
        self._left = MAX_RECORD_CHARS

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._left + 1)
        if not line:
            self.ended_within = True
            raise StopIteration
        self.number += 1
        if len(line) > self._left:
            while line and not line.endswith(("\n", "\r")):
                line = self._file.readline(MAX_RECORD_CHARS)
            raise ReaderError("line_too_long", f"a record of more than {MAX_RECORD_CHARS:,} characters")
        self._left -= len(line)
        return line
