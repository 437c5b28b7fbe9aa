"""The rows of an input: calls and errors, each under the id that its output row will have."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scamclf.bulk.ids import Numbers
from scamclf.bulk.settings import Settings
from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import read_calls
from scamclf.readers.documents import legal_text

__all__ = ["Row", "numbered", "read_rows"]

Row = Call | ReaderError


def read_rows(path: Path, label: str, settings: Settings) -> Iterator[Row]:
    """Read every row of a file; damage that stops its reader is the last row, an error.

    Args:
        path: the file.
        label: id of the call of a file that holds none, so that folders may hold files of equal names.
        settings: how to read it.

    Raises:
        OSError: the file cannot be read at all.
    """
    columns = {"id_column": settings.id_column, "text_column": settings.text_column}
    try:
        yield from read_calls(path, format=settings.input_format, name=label, **columns)
    except ReaderError as error:
        yield ReaderError(error.code, str(error), call_id=error.call_id or legal_text(label))


def numbered(rows: Iterator[Row], first: int, numbers: Numbers) -> Iterator[Row]:
    """Add `#2`, `#3` ... to ids that stood before.

    Args:
        rows: of one input.
        first: place of the first of them in the job.
        numbers: from `scamclf.bulk.ids.repeats`.
    """
    at = int(np.searchsorted(numbers["row"], first))
    for place, row in enumerate(rows, first):
        if at < len(numbers) and numbers["row"][at] == place:
            row = _with_id(row, f"{row.call_id}#{numbers['occurrence'][at]}")
            at += 1
        yield row


def _with_id(row: Row, call_id: str) -> Row:
    if isinstance(row, Call):
        return dataclasses.replace(row, call_id=call_id)
    return ReaderError(row.code, str(row), call_id=call_id)
