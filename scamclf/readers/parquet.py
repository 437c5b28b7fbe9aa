"""Parquet with columns `call_id` and `turns` or `text`."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf.calls import Call, call_from_dict
from scamclf.errors import ReaderError

__all__ = ["read"]

_COLUMNS = (
    "call_id", "turns", "text", "label", "language", "direction", "source", "family", "group", "started_at",
)  # fmt: skip
_ROWS_AT_A_TIME = 256


def read(path: Path) -> Iterator[Call | ReaderError]:
    """Read a call from every row.

    Raises:
        ReaderError: the file is no Parquet file, or lacks `call_id` or both of `turns` and `text`.
    """
    try:
        file = pq.ParquetFile(path, memory_map=True)
        names = file.schema_arrow.names
    except (pa.ArrowException, OSError) as error:
        raise ReaderError("bad_parquet", f"{path}: not a readable Parquet file ({error})") from error
    if "call_id" not in names or not {"turns", "text"} & set(names):
        raise ReaderError("missing_column", f"{path}: columns are {names}; wanted call_id and one of turns, text")
    columns = [name for name in _COLUMNS if name in names]
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, columns=columns):
            for row in batch.to_pylist():
                number += 1
                try:
                    yield call_from_dict(row)
                except ReaderError as error:
                    yield ReaderError(error.code, f"{path} row {number}: {error}", call_id=error.call_id)
    except (pa.ArrowException, OSError) as error:
        raise ReaderError("bad_parquet", f"{path}: damaged after row {number} ({error})") from error
