"""Calls tokenised once and kept beside the run: an Arrow file that is read without being loaded."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import pyarrow as pa

from scamclf.calls import Call
from scamclf.encode import EncodedCall, Encoder

__all__ = ["StoredTokens", "store_tokens"]

_SCHEMA = pa.schema([("ids", pa.list_(pa.int32())), ("boundaries", pa.list_(pa.int32()))])
_BATCH = 1024


class StoredTokens(Sequence[EncodedCall]):
    """Tokens of calls in the order in which they were stored.

    Args:
        path: file that `store_tokens` wrote.
    """

    def __init__(self, path: Path) -> None:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        self._ids, self._boundaries = table["ids"], table["boundaries"]

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> EncodedCall: ...
    @overload
    def __getitem__(self, index: slice) -> list[EncodedCall]: ...
    def __getitem__(self, index: int | slice) -> EncodedCall | list[EncodedCall]:
        """One call's tokens, or those of several."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        ids, boundaries = (
            column[int(index)].values.to_numpy(zero_copy_only=False).astype(np.int64)
            for column in (self._ids, self._boundaries)
        )
        return EncodedCall(ids, boundaries)


def store_tokens(calls: Sequence[Call], encoder: Encoder, folder: Path, *, fingerprint: str) -> Path:
    """Tokenise calls into a file, unless that was done before.

    Args:
        calls: what to tokenise.
        encoder: how.
        folder: where the file goes.
        fingerprint: of the calls; with the tokenizer it makes the file's name.

    Returns:
        The file; it appears whole or not at all.
    """
    key = hashlib.sha256(f"{fingerprint}\n{encoder.tokenizer.to_str()}".encode()).hexdigest()[:16]
    path = folder / f"tokens-{key}.arrow"
    if path.is_file():
        return path
    partial = path.with_suffix(".partial")
    with pa.OSFile(str(partial), "wb") as file, pa.ipc.new_file(file, _SCHEMA) as writer:
        for first in range(0, len(calls), _BATCH):
            encoded = encoder.encode(calls[first : first + _BATCH])
            columns = [[call.ids for call in encoded], [call.boundaries for call in encoded]]
            arrays = [pa.array([c.astype(np.int32) for c in column], pa.list_(pa.int32())) for column in columns]
            writer.write_batch(pa.record_batch(arrays, schema=_SCHEMA))
    partial.rename(path)
    return path
