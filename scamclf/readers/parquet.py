"""Parquet with columns `call_id` and `turns` or `text`.

Texts are read as dictionaries, in which a value that is repeated in every row is in memory once; what a row takes is
reckoned before it is made into Python's objects.
"""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers.documents import call_from_row
from scamclf.readers.limits import MAX_LINE_BYTES
from scamclf.readers.parquet_columns import Columns, choose_columns
from scamclf.readers.parquet_pages import check_row_group, read_footer

__all__ = ["read"]

_ROWS_AT_A_TIME = 256
_PLAIN_ROWS_AT_A_TIME = 16
_OBJECT_BYTES = 100
_BUFFER_BYTES = 2**18
_DAMAGED = (pa.ArrowException, ValueError, OverflowError, OSError)

Rows = Iterator[Call | ReaderError]


def read(path: Path, *, id_column: str = "call_id", text_column: str = "text") -> Rows:
    """Read a call from every row. A row group that is damaged or too large ends in an error row; the next is read on.

    Args:
        path: the file.
        id_column, text_column: columns that stand for `call_id` and `text`. A text column with a name of its own is
            read even where there are `turns`.

    Raises:
        OSError: the disk fails.
    """
    with path.open("rb") as file:
        try:
            groups = read_footer(file)
            columns = choose_columns(_open(path), id_column, text_column)
            plain = columns.texts.keys() & {i for group in groups for i in group.sharing()}
            parquet = _open(path, read_dictionary=[name for i, name in columns.texts.items() if i not in plain])
        except ReaderError as error:
            yield ReaderError(error.code, f"{path}: {error}")
            return
        except _DAMAGED as error:
            yield ReaderError("bad_parquet", f"{path}: not a readable Parquet file ({_damage(error)})")
            return
        row, rows_at_a_time = 0, _PLAIN_ROWS_AT_A_TIME if plain else _ROWS_AT_A_TIME
        for i, group in enumerate(groups):
            try:
                readable = check_row_group(file, group, columns.leaves, plain=plain, rows_at_a_time=rows_at_a_time)
            except ReaderError as error:
                yield ReaderError(error.code, f"{path}: after row {row}: {error}")
            else:
                batches = parquet.iter_batches(rows_at_a_time, row_groups=[i], columns=columns.paths, use_threads=False)
                if readable < group.rows:
                    # One batch less: Arrow may look at the next page before it needs it.
                    batches = _until_damage(batches, max(0, readable // rows_at_a_time - 1))
                yield from _row_group(path, batches, columns, row)
            row += group.rows


def _open(path: Path, **options: Any) -> Any:
    # Not memory-mapped: the process would die of a file that is cut off while it is read.
    return pq.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False, **options)


def _damage(error: Exception) -> Exception:
    """The error, where it tells of damage. Of a failing disk pyarrow raises an OSError too, but with its number."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    return error


def _until_damage(batches: Iterator[Any], n: int) -> Iterator[Any]:
    yield from islice(batches, n)
    raise ValueError("a page header is damaged")


def _row_group(path: Path, batches: Iterator[Any], columns: Columns, row: int) -> Rows:
    """Read a row group; `row` rows are before it."""
    try:
        for batch in batches:
            yield from _batch_rows(batch, columns, path, row)
            row += batch.num_rows
    except _DAMAGED as error:
        yield ReaderError("bad_parquet", f"{path}: damaged after row {row} ({_damage(error)})")


def _batch_rows(batch: Any, columns: Columns, path: Path, row: int) -> Rows:
    # Entries of lists are counted first: even the sizes of very many would fill the memory.
    for start, few in _cut(batch, _entries(batch) * _OBJECT_BYTES):
        pieces = [(0, None)] if few is None else _cut(few, _sizes_of_rows(few))
        for offset, rows in pieces:
            first = row + start + offset + 1
            if rows is None:
                yield ReaderError("row_too_large", f"{path} row {first}: more than {MAX_LINE_BYTES:,} bytes")
            else:
                yield from _calls(rows, columns, [f"{path} row {first + i}" for i in range(rows.num_rows)])


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


def _calls(rows: Any, columns: Columns, where: list[str]) -> Rows:
    try:
        found = rows.to_pylist()
    except UnicodeDecodeError as error:
        if rows.num_rows == 1:
            yield ReaderError("bad_encoding", f"{where[0]}: not UTF-8 ({error.reason})")
            return
        for i in range(rows.num_rows):
            yield from _calls(rows.slice(i, 1), columns, where[i : i + 1])
        return
    for values, place in zip(found, where, strict=True):
        row = {field: values[name] for field, name in columns.names.items()}
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
