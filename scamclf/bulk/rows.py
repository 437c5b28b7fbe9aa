"""The rows of an input: calls and errors, each under the id that its output row will have."""

import dataclasses
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scamclf.bulk.ids import Numbers
from scamclf.bulk.settings import Settings
from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import read_calls, sniff
from scamclf.readers.documents import legal_text

__all__ = ["Row", "numbered", "read_rows"]

Row = Call | ReaderError

_NAMED_BY_FILE = {"text", "wtf", "azure_speech", "google_speech", "whisper", "vtt", "srt"}
"""Formats that hold no id, so that readers take the file's stem."""

_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


def read_rows(path: Path, label: str, settings: Settings) -> Iterator[Row]:
    """Read every row of a file; damage that stops its reader is the last row, an error.

    Args:
        path: the file.
        label: stands for the file's stem where that is a call's id, so that folders may hold files of equal names.
        settings: how to read it.

    Raises:
        OSError: the file cannot be read at all.
    """
    stem, by_file = legal_text(path.stem), None
    columns = {"id_column": settings.id_column, "text_column": settings.text_column}
    try:
        for row in read_calls(path, format=settings.input_format, **columns):
            if row.call_id == stem != label:
                by_file = _is_named_by_file(path, settings) if by_file is None else by_file
                yield _with_id(row, legal_text(label)) if by_file else row
            else:
                yield row
    except ReaderError as error:
        yield _with_id(error, legal_text(label)) if error.call_id == stem else error
    except _DAMAGED as error:
        yield ReaderError("damaged", f"{path}: damaged ({error})")


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


def _is_named_by_file(path: Path, settings: Settings) -> bool:
    try:
        return (settings.input_format or sniff(path)) in _NAMED_BY_FILE
    except ReaderError:
        return True


def _with_id(row: Row, call_id: str) -> Row:
    if isinstance(row, Call):
        return dataclasses.replace(row, call_id=call_id)
    return ReaderError(row.code, str(row), call_id=call_id)
