"""CSV with a header: columns `call_id` and `text`."""

import csv
from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import MAX_TURN_CHARS, Call, call_from_dict
from scamclf.errors import ReaderError

__all__ = ["read"]


def read(path: Path) -> Iterator[Call | ReaderError]:
    """Read a call from every record.

    Raises:
        ReaderError: the header lacks `call_id` or `text`.
    """
    csv.field_size_limit(16 * MAX_TURN_CHARS)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        records = csv.DictReader(file)
        missing = {"call_id", "text"} - set(records.fieldnames or ())
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
            try:
                yield call_from_dict({key: value or None for key, value in record.items() if key})
            except ReaderError as error:
                where = f"{path}:{records.line_num}"
                yield ReaderError(error.code, f"{where}: {error}", call_id=error.call_id)
