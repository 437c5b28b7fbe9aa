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

__all__ = ["LinearModel", "features", "read_linear", "write_linear"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_FIELDS = ("features", "idf", "weights", "bias")
_PAIR = 2**20
"""More than there are tokens: a pair is a number above it, a single token one below."""


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
        found = np.repeat(self.bias[None], len(windows), axis=0)
        for row, window in enumerate(windows):
            at, values = self.values(*features(window))
            found[row] += values @ self.weights[at]
        return found

    def values(self, present: Ints, counts: Ints) -> tuple[Ints, Floats]:
        """Places of those features that have a weight, and their values."""
        at = np.searchsorted(self.features, present)
        known = np.append(self.features, -1)[at] == present
        values = self.idf[at[known]] * (1 + np.log(counts[known]))
        length = np.sqrt(values @ values)
        return at[known], (values / length if length else values).astype(np.float32)


def features(window: Ints) -> tuple[Ints, Ints]:
    """The tokens and pairs of neighbours of a window, without its special tokens.

    Returns:
        Numbers of the different ones, sorted, and how often each is there.
    """
    ids = np.asarray(window, dtype=np.int64)[1:-1]
    return np.unique(np.concatenate([ids, (ids[:-1] + 1) * _PAIR + ids[1:]]), return_counts=True)


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
