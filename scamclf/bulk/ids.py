"""Which ids stand twice among any number of rows: digests go to the disk, a part at a time comes back."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

__all__ = ["IdSpool", "Numbers", "id_spool", "no_numbers", "repeats"]

_RECORD = np.dtype([("high", "<u8"), ("low", "<u8"), ("row", "<u8")])
_NUMBER = np.dtype([("row", "<i8"), ("first", "<i8"), ("occurrence", "<i8")])
_BUFFERED = 2**14

RECORDS_AT_A_TIME = 2**22
"""Digests that are sorted together: 100 MB."""

Numbers = npt.NDArray[np.void]
"""Rows whose id stood before, by row: `row`, `first` (the row where it stood first) and `occurrence` (2, 3, ...)."""


class IdSpool:
    """Takes the ids of rows in order: 24 bytes each, 16 of them a digest, in which no two ids are alike by chance.

    Args:
        file: to write to.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer: list[tuple[int, int, int]] = []
        self.count = 0
        """Ids taken."""

    def add(self, row: int, call_id: str) -> None:
        """Note the id of a row."""
        digest = hashlib.blake2b(call_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self.count += 1
        self._buffer.append((int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little"), row))
        if len(self._buffer) >= _BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered."""
        self._file.write(np.array(self._buffer, dtype=_RECORD).tobytes())
        self._buffer.clear()


@contextmanager
def id_spool(path: Path) -> Iterator[IdSpool]:
    """Write a new file of digests."""
    with path.open("wb") as file:
        spool = IdSpool(file)
        yield spool
        spool.flush()


def repeats(path: Path) -> Numbers:
    """Find the rows whose id stood before.

    Args:
        path: what an `IdSpool` wrote.

    Returns:
        Sorted by row. Memory: `RECORDS_AT_A_TIME` digests, and 24 bytes a row that is found.
    """
    size = path.stat().st_size // _RECORD.itemsize
    if not size:
        return no_numbers()
    records = np.memmap(path, dtype=_RECORD, mode="r")
    parts = -(-size // RECORDS_AT_A_TIME)
    found = np.concatenate([_repeats_of(_part(records, part, parts)) for part in range(parts)])
    return found[np.argsort(found["row"])]


def no_numbers() -> Numbers:
    """No row."""
    return np.zeros(0, dtype=_NUMBER)


def _part(records: Numbers, part: int, parts: int) -> Numbers:
    blocks = (records[i : i + RECORDS_AT_A_TIME] for i in range(0, len(records), RECORDS_AT_A_TIME))
    return np.concatenate([block[block["high"] % parts == part] for block in blocks])


def _repeats_of(records: Numbers) -> Numbers:
    records = records[np.lexsort((records["row"], records["low"], records["high"]))]
    new = np.ones(len(records), dtype=bool)
    new[1:] = (records["high"][1:] != records["high"][:-1]) | (records["low"][1:] != records["low"][:-1])
    firsts = np.flatnonzero(new)[np.cumsum(new) - 1]
    found = np.zeros(int((~new).sum()), dtype=_NUMBER)
    found["row"], found["first"] = records["row"][~new], records["row"][firsts][~new]
    found["occurrence"] = (np.arange(len(records)) - firsts)[~new] + 1
    return found
