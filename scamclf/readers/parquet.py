"""Parquet with columns `call_id` and `turns` or `text`.

Texts are read as dictionaries, in which a value that is repeated in every row is in memory once.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers.arrow import batch_rows
from scamclf.readers.parquet_columns import Columns, choose_columns
from scamclf.readers.parquet_pages import check_row_group, read_footer

__all__ = ["read"]

_ROWS_AT_A_TIME = 256
_PLAIN_ROWS_AT_A_TIME = 16
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
            yield from batch_rows(batch, columns.names, [f"{path} row {row + i + 1}" for i in range(batch.num_rows)])
            row += batch.num_rows
    except _DAMAGED as error:
        yield ReaderError("bad_parquet", f"{path}: damaged after row {row} ({_damage(error)})")
