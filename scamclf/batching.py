"""Batches of windows of like length, bounded by the tokens that they take once padded."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Padding", "length_batches", "pad_batch"]

Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class Padding:
    """Counts what batches are made of.

    Args:
        tokens: of windows.
        padded: the same with the padding of their batches: what a network works through.
    """

    tokens: int = 0
    padded: int = 0

    def add(self, *, tokens: int, padded: int) -> None:
        """Count one batch."""
        self.tokens += tokens
        self.padded += padded

    def since(self, before: "Padding") -> "Padding":
        """What was counted after `before`."""
        return Padding(self.tokens - before.tokens, self.padded - before.padded)

    @property
    def share(self) -> float:
        """Share of padding in what was worked through, in [0, 1)."""
        return 1 - self.tokens / self.padded if self.padded else 0.0


def length_batches(lengths: Ints, *, max_padded_tokens: int) -> list[Ints]:
    """Group windows so that none is padded by much.

    Args:
        lengths: (n,) int64, tokens of each window.
        max_padded_tokens: most tokens of one batch, padding counted: rows times the longest row.
            A window longer than that is a batch of its own.

    Returns:
        Index arrays, longest windows first (the first batch needs the most memory); each index once.
    """
    order = np.argsort(-lengths, kind="stable")
    batches, first = [], 0
    while first < len(order):
        rows = max(1, max_padded_tokens // max(1, int(lengths[order[first]])))
        batches.append(order[first : first + rows])
        first += rows
    return batches


def pad_batch(windows: list[Ints], *, pad_id: int, multiple_of: int = 1) -> tuple[Ints, Ints]:
    """Pad windows on the right to the longest.

    Args:
        windows: b arrays of token ids.
        pad_id: the tokenizer's padding id.
        multiple_of: the padded length is one of this number.

    Returns:
        ids and attention mask, both (b, t) int64; the mask is 1 on tokens and 0 on padding.
    """
    longest = -(-max(len(window) for window in windows) // multiple_of) * multiple_of
    ids = np.full((len(windows), longest), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    return ids, mask
