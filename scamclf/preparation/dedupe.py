"""Exact and near duplicates, found across all sources before anything is split."""

import re
import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scamclf.calls import Call
from scamclf.render import render

__all__ = ["find_duplicates", "shingles"]

_WORD = re.compile(r"[^\W_]+")
_SHINGLE_WORDS = 5
_BANDS, _ROWS = 48, 2

Hashes = npt.NDArray[np.uint64]


def find_duplicates(calls: Sequence[Call], *, threshold: float) -> dict[int, int]:
    """Find calls that say the same as an earlier one.

    Candidates come from MinHash with banding (Broder 1997); each is then checked by the share of the
    shorter call's word shingles that the other has, so that a call cut short is found too.

    Args:
        calls: in order of preference: of two that are alike the earlier one is kept.
        threshold: share of shingles, in (0, 1], from which two calls are the same.

    Returns:
        For the index of each duplicate the index of the call that is kept. The two calls of one group with
        different labels (an authored pair) are never duplicates of each other.
    """
    sets = [shingles(render(call)) for call in calls]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    duplicates: dict[int, int] = {}
    for i, signature in enumerate(_signatures(sets)):
        keys = [(band, signature[band].tobytes()) for band in range(_BANDS)]
        candidates = sorted({other for key in keys for other in buckets[key]})
        match = next((j for j in candidates if _same(calls, sets, i, j, threshold)), None)
        if match is not None:
            duplicates[i] = match
            continue
        for key in keys:
            buckets[key].append(i)
    return duplicates


def shingles(text: str) -> Hashes:
    """Hashes of all runs of five words, sorted and unique; (n,) uint64, n >= 1.

    Case and punctuation do not matter. A text of fewer words is one run.
    """
    words = [zlib.crc32(word.encode()) for word in _WORD.findall(text.lower())] or [0]
    hashes = np.array(words, dtype=np.uint64)
    width = min(_SHINGLE_WORDS, len(hashes))
    runs = np.zeros(len(hashes) - width + 1, dtype=np.uint64)
    for offset in range(width):
        # Wraps around on purpose: arithmetic modulo 2**64 is the hash.
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + hashes[offset : offset + len(runs)]
    return np.unique(runs)


def _signatures(sets: Sequence[Hashes]) -> npt.NDArray[np.uint64]:
    """(n, bands, rows) MinHash signatures."""
    rng = np.random.default_rng(20261122)
    factors = rng.integers(1, 2**63, size=_BANDS * _ROWS, dtype=np.uint64) | np.uint64(1)
    signatures = np.empty((len(sets), _BANDS * _ROWS), dtype=np.uint64)
    for i, values in enumerate(sets):
        mixed = (values ^ (values >> np.uint64(29)))[:, None] * factors
        signatures[i] = (mixed ^ (mixed >> np.uint64(32))).min(axis=0)
    return signatures.reshape(len(sets), _BANDS, _ROWS)


def _same(calls: Sequence[Call], sets: Sequence[Hashes], i: int, j: int, threshold: float) -> bool:
    if calls[i].group == calls[j].group and calls[i].label != calls[j].label:
        return False
    shared = np.intersect1d(sets[i], sets[j], assume_unique=True).size
    return bool(shared >= threshold * min(sets[i].size, sets[j].size))
