"""Rows of Arrow batches, from a file or from an engine, as calls.

What a row takes is reckoned before it is made into Python's objects.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers.documents import call_from_row, in_front
from scamclf.readers.limits import MAX_LINE_BYTES

__all__ = ["batch_rows"]

_OBJECT_BYTES = 100

Rows = Iterator[Call | ReaderError]


def batch_rows(batch: Any, names: Mapping[str, str], where: Sequence[str]) -> Rows:
    """Read the rows of a `pyarrow.RecordBatch`: for each a call or an error.

    Args:
        batch: columns as `scamclf.readers.parquet_columns.choose_names` takes them.
        names: its columns by the fields of canonical JSON.
        where: the place of each row for messages, or an empty text.

    Raises:
        ValueError: an index lies outside of its dictionary.
    """
    # Entries of lists are counted first: even the sizes of very many would fill the memory.
    for start, few in _cut(batch, _entries(batch) * _OBJECT_BYTES):
        pieces = [(0, None)] if few is None else _cut(few, _sizes_of_rows(few))
        for offset, rows in pieces:
            first = start + offset
            if rows is None:
                yield ReaderError("row_too_large", f"{in_front(where[first])}more than {MAX_LINE_BYTES:,} bytes")
            else:
                yield from _calls(rows, names, where[first : first + rows.num_rows])


def _cut(batch: Any, sizes: npt.NDArray[np.int64]) -> Iterator[tuple[int, Any]]:
    """Cut a batch into runs of rows of at most `MAX_LINE_BYTES`, each with its start; None for a row that is larger."""
    start = 0
    while start < batch.num_rows:
        fitting = int(np.searchsorted(np.cumsum(sizes[start:]), MAX_LINE_BYTES, side="right"))
        yield start, batch.slice(start, fitting) if fitting else None
        start += max(1, fitting)


def _entries(batch: Any) -> npt.NDArray[np.int64]:
    counts = np.zeros(batch.num_rows, dtype=np.int64)
    for column in batch.columns:
        if _is_list(column.type):
            counts += np.diff(column.offsets.to_numpy())
    return counts


def _calls(rows: Any, names: Mapping[str, str], where: Sequence[str]) -> Rows:
    try:
        found = rows.to_pylist()
    except UnicodeDecodeError as error:
        if rows.num_rows == 1:
            yield ReaderError("bad_encoding", f"{in_front(where[0])}not UTF-8 ({error.reason})")
            return
        for i in range(rows.num_rows):
            yield from _calls(rows.slice(i, 1), names, where[i : i + 1])
        return
    for values, place in zip(found, where, strict=True):
        row = {field: values[name] for field, name in names.items()}
        if isinstance(row.get("started_at"), date):
            row["started_at"] = row["started_at"].isoformat()
        yield call_from_row(row, place)


def _sizes_of_rows(batch: Any) -> npt.NDArray[np.int64]:
    return sum((_sizes(column) for column in batch.columns), np.zeros(batch.num_rows, dtype=np.int64))


def _sizes(column: Any) -> npt.NDArray[np.int64]:
    """Bytes that each value would take as a Python object, about: (n,) int64."""
    kind, sizes = column.type, np.full(len(column), _OBJECT_BYTES, dtype=np.int64)
    if pa.types.is_dictionary(kind):
        sizes += _sizes_of_indexed(column)
    elif _is_list(kind):
        offsets = column.offsets.to_numpy()
        ends = np.cumsum(_sizes(column.values.slice(offsets[0], offsets[-1] - offsets[0])))
        sizes += np.diff(np.concatenate([[0], ends])[offsets - offsets[0]])
    elif pa.types.is_struct(kind):
        for i in range(kind.num_fields):
            sizes += _sizes(column.field(i))
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        sizes += pc.binary_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    return sizes


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _sizes_of_indexed(column: Any) -> npt.NDArray[np.int64]:
    """The same of a dictionary array. Arrow takes the indexes from the file as they are.

    Raises:
        ValueError: one is of no value: to look it up would read whatever else is in memory.
    """
    indices = column.indices.drop_null().to_numpy(zero_copy_only=False)
    if len(indices) and not 0 <= indices.min() <= indices.max() < len(column.dictionary):
        raise ValueError("an index outside of its dictionary")
    sizes = np.zeros(len(column), dtype=np.int64)
    sizes[column.is_valid().to_numpy(zero_copy_only=False)] = _sizes(column.dictionary)[indices]
    return sizes
