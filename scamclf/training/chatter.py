"""Honest talk beside what a window is taught for: in a real call the telling minute is one of many."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["add_chatter"]

Ints = npt.NDArray[np.int64]

_FEWEST, _MOST, _STEP = 24, 256, 8
"""Tokens of a piece, in steps that leave the padding of batches as it was."""


def add_chatter(
    windows: Sequence[Ints],
    honest: Sequence[Ints],
    follows: Sequence[bool],
    *,
    share: float,
    longest: int,
    rng: np.random.Generator,
) -> list[Ints]:
    """Put a piece of a legitimate call before or after some windows; what they are taught as stays.

    Args:
        windows: token ids without special tokens.
        honest: those of the legitimate calls that pieces are cut from; may be empty.
        follows: whether each window comes right after its twin, whose piece it gets too: they are still compared by
            what they say.
        share: of the windows that get one, in [0, 1]; those without room for it get none.
        longest: tokens of a window, at most.
        rng: of the draw.

    Returns:
        As many windows, in order.
    """
    found: list[Ints] = []
    piece, before = np.zeros(0, dtype=np.int64), False
    for window, follows_its_twin in zip(windows, follows, strict=True):
        if not follows_its_twin:
            piece, before = piece[:0], rng.random() < 0.5
            if len(honest) and rng.random() < share:
                call = honest[int(rng.integers(len(honest)))]
                start = int(rng.integers(max(1, len(call) - _FEWEST + 1)))
                piece = call[start : start + int(rng.integers(_FEWEST, _MOST + 1))]
        size = min(len(piece), longest - len(window)) // _STEP * _STEP
        some = piece[:size] if size >= _FEWEST else piece[:0]
        found.append(np.concatenate([some, window] if before else [window, some]))
    return found
