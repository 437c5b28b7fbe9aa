"""Duplicates, exact, cut short or written down by another hand, found across all sources before anything is split."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from scamclf.calls import Call
from scamclf.preparation.alignment import aligned_share, content_words, plain_words
from scamclf.render import render

__all__ = ["alike", "find_duplicates"]

_RUN = 3  # content words; an error in ten words leaves three of four such runs whole, three errors one of three
_SHARED_RUNS = 0.1  # of the shorter call's; of unrelated calls few share so many
_FIRST = 32  # calls with a run that the later ones are compared with: the work grows with the calls, not their square
_FEWEST_WORDS = 10  # content words; what is shorter is alike by chance and is compared word for word alone

_CALL_BITS = np.uint64(24)


def find_duplicates(calls: Sequence[Call], *, threshold: float) -> dict[int, int]:
    """Find calls that say the same as an earlier one.

    Args:
        calls: in order of preference: of two that are alike the earlier one is kept.
        threshold: share of the shorter call, in (0, 1], as `alike` gives it, from which two calls are the same.

    Returns:
        For the index of each duplicate the index of the call that is kept. The two calls of one group with
        different labels (an authored pair) are never duplicates of each other.
    """
    duplicates: dict[int, int] = {}
    for i, j, share in alike(calls, at_least=threshold):
        if share >= threshold and i not in duplicates and j not in duplicates:
            duplicates[i] = j
    return duplicates


def alike(calls: Sequence[Call], *, at_least: float = 0.0) -> Iterator[tuple[int, int, float]]:
    """Compare all calls that share word for word more than chance would.

    Args:
        calls: in any order.
        at_least: shares that are lower are not computed to the end; they come out lower, but no more.

    Yields:
        Index of a call, of an earlier one, and the share of the shorter one's content words, weighed by their rarity
        among the calls, that stand in the other in the same order; ascending. 1 for calls that are the same word
        for word, which are compared with the first of their kind alone.
    """
    words = [plain_words(render(call)) for call in calls]
    firsts: dict[tuple[str, ...], list[int]] = defaultdict(list)
    same: dict[int, int] = {}
    for i, said in enumerate(words):
        firsts_of = firsts[tuple(said)]
        first = next((j for j in firsts_of if not _is_pair(calls[i], calls[j])), None)
        if first is None:
            firsts_of.append(i)
        else:
            same[i] = first
    content = [[] if i in same else content_words(said) for i, said in enumerate(words)]
    content = [said if len(said) >= _FEWEST_WORDS else [] for said in content]
    frequency = Counter(chain.from_iterable(map(set, content)))
    weight = {word: 1 + math.log((1 + len(calls)) / (1 + n)) for word, n in frequency.items()}
    near = (
        (i, j, aligned_share(content[i], content[j], weight, at_least=at_least))
        for i, j in _candidates(content)
        if not _is_pair(calls[i], calls[j])
    )
    yield from sorted(chain(((i, j, 1.0) for i, j in same.items()), near))


def _is_pair(one: Call, other: Call) -> bool:
    return one.group is not None and one.group == other.group and one.label != other.label


def _candidates(content: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """Pairs (i, j), j < i, that share enough runs of words; of each run only the first calls are met by the later."""
    hashes, call = _runs(content)
    starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
    sizes = np.diff(starts, append=len(hashes))
    run = np.repeat(np.arange(len(starts)), sizes)
    first = np.arange(len(run)) - np.repeat(starts, sizes) < _FIRST
    ones, shape = np.ones(len(run), dtype=np.int32), (len(content), len(starts))
    has = csr_array((ones, (call, run)), shape=shape)
    is_first = csr_array((ones[first], (call[first], run[first])), shape=shape)
    shared = (has @ is_first.T).tocoo()
    n_runs = np.maximum([len(said) - _RUN + 1 for said in content], 1)
    enough = shared.data >= _SHARED_RUNS * np.minimum(n_runs[shared.row], n_runs[shared.col])
    enough &= shared.row > shared.col
    yield from zip(shared.row[enough].tolist(), shared.col[enough].tolist(), strict=True)


def _runs(content: Sequence[Sequence[str]]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """(m,) 40-bit hashes of runs, ascending, and (m,) indices of calls that they are in; each run once a call."""
    every = list(chain.from_iterable(content))
    number = {word: i for i, word in enumerate(dict.fromkeys(every), 1)}
    words = np.fromiter(map(number.__getitem__, every), dtype=np.uint64, count=len(every))
    call = np.repeat(np.arange(len(content), dtype=np.uint64), [len(said) for said in content])
    n = max(len(words) - _RUN + 1, 0)
    runs = np.zeros(n, dtype=np.uint64)
    for offset in range(_RUN):
        # Wraps around on purpose: arithmetic modulo 2**64 is the hash.
        runs = (runs + words[offset : offset + n]) * np.uint64(0x9E3779B97F4A7C15)
        runs ^= runs >> np.uint64(29)
    inside = call[:n] == call[len(call) - n :]
    runs, call = runs[inside], call[:n][inside]
    # Most runs occur once: some bits of their hashes tell them before the costly sort.
    bits = (runs >> np.uint64(40)).astype(np.int64)
    again = np.bincount(bits, minlength=1)[bits] > 1
    # Hash and call in one number, so that one sort is enough.
    keys = np.sort((runs[again] >> _CALL_BITS << _CALL_BITS) | call[again])
    keys = keys[np.diff(keys, prepend=~keys[:1]) != 0]
    return keys >> _CALL_BITS, (keys & ((np.uint64(1) << _CALL_BITS) - np.uint64(1))).astype(np.int64)
