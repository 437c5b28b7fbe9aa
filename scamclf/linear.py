"""The second opinion: a linear model of a window's tokens and pairs of neighbouring tokens, added to the network.

A network of this size learns from some thousand calls what is going on in them; a linear model learns from the same
calls which words go with it. They go wrong on different calls.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scamclf.calls import LABELS
from scamclf.errors import BundleError

__all__ = ["LinearModel", "read_linear", "tokens_and_pairs", "write_linear"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_FIELDS = ("features", "idf", "weights", "bias")
_PAIR = 2**20
"""More than there are tokens: a pair is a number above it, a single token one below."""

_WINDOWS_AT_A_TIME = 256
"""Windows that are counted together: many enough for numpy, few enough for the cache."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Logits from counts of tokens and pairs, weighed by rarity and scaled to length 1 (tf-idf).

    Args:
        features: (k,) int64, sorted: those that have a weight.
        idf: (k,) float32, their rarity.
        weights: (k, 3) float32, columns as `LABELS`.
        bias: (3,) float32.
    """

    features: Ints
    idf: Floats
    weights: Floats
    bias: Floats

    def logits(self, windows: Sequence[Ints]) -> Floats:
        """Logits of windows.

        Args:
            windows: token ids with special tokens.

        Returns:
            (n, 3) float32, each row from its own window alone.
        """
        found = np.empty((len(windows), len(LABELS)), dtype=np.float32)
        for first in range(0, len(windows), _WINDOWS_AT_A_TIME):
            some = windows[first : first + _WINDOWS_AT_A_TIME]
            rows, at, values = self.values(some)
            for label, bias in enumerate(self.bias):
                sums = np.bincount(rows, values * self.weights[:, label][at], len(some))
                found[first : first + len(some), label] = bias + sums
        return found

    def values(self, windows: Sequence[Ints]) -> tuple[Ints, Ints, Floats]:
        """Those features of windows that have a weight.

        Args:
            windows: n windows, token ids with special tokens.

        Returns:
            The window of each, from 0; its place in `features`, ascending; its value.
        """
        rows, keys = tokens_and_pairs(windows)
        # One number for a feature in a window: sorted, equal ones are neighbours, and looking them up is fast.
        n = max(1, len(windows))
        cells, counts = np.unique(keys * n + rows, return_counts=True)
        keys, rows = cells // n, cells % n
        at = np.searchsorted(self.features, keys)
        known = np.append(self.features, -1)[at] == keys
        rows, at = rows[known], at[known]
        values = self.idf[at] * (1 + np.log(counts[known]))
        lengths = np.sqrt(np.bincount(rows, values**2, len(windows)))
        return rows, at, (values / lengths[rows]).astype(np.float32)


def tokens_and_pairs(windows: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Every token and every pair of neighbours of windows, special tokens left out.

    Args:
        windows: token ids with one special token at each end.

    Returns:
        The window of each, from 0, and its number.
    """
    inner = [np.asarray(window, dtype=np.int64)[1:-1] for window in windows]
    ids = np.concatenate([*inner, np.zeros(0, dtype=np.int64)])
    rows = np.repeat(np.arange(len(inner)), [len(window) for window in inner])
    within = rows[:-1] == rows[1:]
    pairs = ((ids[:-1] + 1) * _PAIR + ids[1:])[within]
    return np.concatenate([rows, rows[:-1][within]]), np.concatenate([ids, pairs])


def write_linear(path: Path, model: LinearModel) -> None:
    """Write a `.npz` file."""
    np.savez_compressed(path, **{name: getattr(model, name) for name in _FIELDS})


def read_linear(path: Path) -> LinearModel | None:
    """Read it; None where there is no such file.

    Raises:
        BundleError: the file is damaged, or is none of ours.
    """
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as found:
            features, idf, weights, bias = (found[name] for name in _FIELDS)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BundleError(f"{path}: no linear model of scamclf ({type(error).__name__}: {error})") from error
    model = LinearModel(features, idf, weights, bias)
    n = len(features) if features.ndim else 0
    wanted = {"features": ((n,), "i8"), "idf": ((n,), "f4"), "weights": ((n, len(LABELS)), "f4")}
    wanted["bias"] = ((len(LABELS),), "f4")
    for name, (shape, kind) in wanted.items():
        array = getattr(model, name)
        if array.shape != shape or array.dtype != np.dtype(kind) or not np.isfinite(array).all():
            raise BundleError(f"{path}: {name} is {array.dtype} {array.shape}; wanted finite {kind} {shape}")
    return model
