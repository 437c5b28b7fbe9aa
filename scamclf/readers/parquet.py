"""Parquet with columns `call_id` and `turns` or `text`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers.documents import call_from_row

__all__ = ["read"]

_COLUMNS = (
    "call_id", "turns", "text", "label", "language", "direction", "source", "family", "group", "started_at",
)  # fmt: skip
_ROWS_AT_A_TIME = 256
_ROWS_EXPANDED = 16
_DAMAGED = (pa.ArrowException, OSError, ValueError, OverflowError)


def read(path: Path, *, id_column: str = "call_id", text_column: str = "text") -> Iterator[Call | ReaderError]:
    """Read a call from every row.

    Args:
        path: the file.
        id_column, text_column: columns that stand for `call_id` and `text`. A text column with a name of its own is
            read even where there are `turns`.

    Raises:
        ReaderError: the file is no Parquet file, or lacks `call_id` or both of `turns` and `text`.
    """
    names, file = _open(path, text_column)
    wanted = {"turns", text_column} if text_column == "text" else {text_column}
    if id_column not in names or not wanted & set(names):
        found = f"{id_column} and {'one of turns, text' if text_column == 'text' else text_column}"
        raise ReaderError("missing_column", f"{path}: columns are {names}; wanted {found}")
    columns = {id_column: "call_id"} | {name: name for name in names if name in wanted} | {text_column: "text"}
    columns = {name: columns.get(name, name) for name in names if name in columns or name in _COLUMNS[3:]}
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, columns=list(columns)):
            for start in range(0, batch.num_rows, _ROWS_EXPANDED):
                for row in batch.slice(start, _ROWS_EXPANDED).to_pylist():
                    number += 1
                    yield call_from_row({columns[key]: row[key] for key in row}, f"{path} row {number}")
    except _DAMAGED as error:
        raise ReaderError("bad_parquet", f"{path}: damaged after row {number} ({error})") from error


def _open(path: Path, text_column: str) -> tuple[list[str], Any]:
    """Names of the columns, and the file with its long texts as dictionaries.

    A huge value repeated in every row fills a few bytes of a file; as a dictionary it is in memory once, and rows
    are expanded a few at a time.

    Raises:
        ReaderError: the file is no Parquet file.
    """
    try:
        file = pq.ParquetFile(path, memory_map=True)
        leaves = (file.schema.column(i) for i in range(len(file.schema)))
        texts = [
            leaf.path
            for leaf in leaves
            if leaf.physical_type == "BYTE_ARRAY" and leaf.path.split(".")[0] in ("turns", text_column)
        ]
        return list(file.schema_arrow.names), pq.ParquetFile(path, memory_map=True, read_dictionary=texts)
    except _DAMAGED as error:
        raise ReaderError("bad_parquet", f"{path}: not a readable Parquet file ({error})") from error
