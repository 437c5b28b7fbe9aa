"""What a Parquet row group takes in memory, told by its footer and page headers before Arrow reads any of it.

A page of a few bytes may stand for gigabytes: a long value repeated, a run of equal list entries, values that share
a beginning with the one before. A footer may lie about that; page headers may not, for Arrow allocates by them. The
footer is parsed here as well because pyarrow's own view of a damaged one ends the process.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, BinaryIO

from scamclf.errors import ReaderError
from scamclf.readers.limits import MAX_FOOTER_BYTES, MAX_ROW_GROUP_BYTES
from scamclf.readers.thrift import read_struct

__all__ = ["RowGroup", "check_row_group", "read_footer"]

_MAX_HEADER_BYTES = 2**20
_LIST_ENTRY_BYTES = 16
"""Levels, index and value of one entry of a list in Arrow, as measured."""
_LENGTH_BYTES = 4

# Numbers of fields, and of an encoding, in parquet.thrift.
_ROW_GROUPS, _GROUP_COLUMNS, _GROUP_ROWS, _CHUNK_METADATA = 4, 1, 3, 3
_CHUNK_ENCODINGS, _CHUNK_VALUES, _CHUNK_SIZE, _CHUNK_DATA, _CHUNK_DICTIONARY = 2, 5, 7, 9, 11
_UNCOMPRESSED_SIZE, _COMPRESSED_SIZE, _DATA_PAGE, _DATA_PAGE_V2 = 2, 3, 5, 8
_NUM_VALUES = 1
_DELTA_BYTE_ARRAY = 7


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A column of a row group: where its pages are in the file, how many values they hold, and if these share bytes."""

    start: int
    size: int
    values: int
    shares: bool


@dataclass(frozen=True, slots=True)
class RowGroup:
    """What the footer says of a row group.

    Args:
        rows: how many there are.
        chunks: its columns, leaf by leaf.
    """

    rows: int
    chunks: tuple[_Chunk, ...]

    def sharing(self) -> set[int]:
        """Indexes of the leaves whose values share bytes, which Arrow cannot read as dictionaries."""
        return {i for i, chunk in enumerate(self.chunks) if chunk.shares}


@dataclass(frozen=True, slots=True)
class _Page:
    """What a header says: size in bytes once unpacked, and values (None: a dictionary)."""

    size: int
    values: int | None


def read_footer(file: BinaryIO) -> list[RowGroup]:
    """Read the row groups of a Parquet file.

    Raises:
        ReaderError: it is none, or its footer is damaged or too large.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - 8))
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != b"PAR1" or length > size - 12:
        raise _damaged("cut off, encrypted or none at all")
    if length > MAX_FOOTER_BYTES:
        raise _damaged(f"a footer of {length:,} bytes; at most {MAX_FOOTER_BYTES:,}")
    file.seek(size - 8 - length)
    try:
        footer, _ = read_struct(file.read(length))
        return [
            RowGroup(_whole(group[_GROUP_ROWS]), tuple(_chunk(column) for column in group[_GROUP_COLUMNS]))
            for group in footer[_ROW_GROUPS]
        ]
    except (LookupError, TypeError, ValueError) as error:
        raise _damaged(f"a damaged footer: {type(error).__name__} {error}") from error


def check_row_group(
    file: BinaryIO, group: RowGroup, columns: Mapping[int, bool], *, plain: Set[int], rows_at_a_time: int
) -> int:
    """Refuse a row group that would take too much memory.

    Args:
        file: the Parquet file.
        group: the row group.
        columns: indexes of the leaves that will be read, each with whether it lies in a list.
        plain: those of them whose texts will not be read as dictionaries.
        rows_at_a_time: how many rows will be read at once.

    Returns:
        Rows before the first page whose header is damaged; all rows where none is.

    Raises:
        ReaderError: it would.
    """
    if any(i >= len(group.chunks) for i in columns):
        raise ReaderError("bad_parquet", "damaged: columns are missing")
    needed, readable = 0, group.rows
    for i, in_list in columns.items():
        size, values = _bytes_needed(file, group.chunks[i], in_list, i in plain, rows_at_a_time)
        needed += size
        if values < group.chunks[i].values:
            readable = 0 if in_list else min(readable, values)
    if needed > MAX_ROW_GROUP_BYTES:
        raise ReaderError(
            "row_group_too_large",
            f"{group.rows:,} rows may take {needed:,} bytes at once; at most {MAX_ROW_GROUP_BYTES:,}: "
            "write fewer rows a row group, and texts as dictionaries",
        )
    return readable


def _damaged(found: str) -> ReaderError:
    return ReaderError("bad_parquet", f"not a readable Parquet file ({found})")


def _whole(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r:.40} where a number belongs")
    return value


def _chunk(column: Mapping[int, Any]) -> _Chunk:
    found = column[_CHUNK_METADATA]
    start, dictionary = _whole(found[_CHUNK_DATA]), found.get(_CHUNK_DICTIONARY)
    # As Arrow does it: some writers say 0 where there is no dictionary.
    start = min(start, _whole(dictionary)) if dictionary else start
    shares = _DELTA_BYTE_ARRAY in found[_CHUNK_ENCODINGS]
    return _Chunk(start, _whole(found[_CHUNK_SIZE]), _whole(found[_CHUNK_VALUES]), shares)


def _bytes_needed(file: BinaryIO, chunk: _Chunk, in_list: bool, plain: bool, rows_at_a_time: int) -> tuple[int, int]:
    """Most memory that one column takes at once: its dictionary, its largest page, the entries of its lists.

    Returns:
        It, and the values before a damaged page header.
    """
    dictionary = largest = entries = copies = 0
    for page in _pages(file, chunk):
        if page.values is None:
            dictionary += page.size
            continue
        # A row may be all of a column's lists; other columns are taken a few values at a time.
        entries += page.values
        at_once = page.values if in_list else min(page.values, rows_at_a_time)
        copies = max(copies, at_once if plain else 0)
        largest = max(largest, page.size + _LENGTH_BYTES * page.values)
    # Not read as a dictionary, each value may be as long as the dictionary or page that it is in.
    return (dictionary + largest) * (1 + copies) + (_LIST_ENTRY_BYTES * entries if in_list else 0), entries


def _pages(file: BinaryIO, chunk: _Chunk) -> Iterator[_Page]:
    """The pages that Arrow would read of a column of a row group, as far as their headers are whole."""
    at, end, seen = chunk.start, chunk.start + chunk.size, 0
    while at < end and seen < chunk.values:
        try:
            header, length = _page_header(file, at)
            size, stored = _whole(header[_UNCOMPRESSED_SIZE]), _whole(header[_COMPRESSED_SIZE])
            page = header.get(_DATA_PAGE) or header.get(_DATA_PAGE_V2)
            values = None if page is None else _whole(page[_NUM_VALUES])
        except (AttributeError, LookupError, TypeError, ValueError):
            return
        if stored > end - at:
            return
        at += length + stored
        seen += values or 0
        yield _Page(size, values)


def _page_header(file: BinaryIO, at: int) -> tuple[Mapping[int, Any], int]:
    size = 1024
    while True:
        file.seek(at)
        data = file.read(size)
        try:
            return read_struct(data)
        except IndexError:
            # Statistics may make a header long.
            if len(data) < size or size >= _MAX_HEADER_BYTES:
                raise
            size *= 4
