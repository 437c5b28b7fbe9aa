"""What a model is shown: windows drawn anew each epoch, balanced over classes and sources.

Everything follows from seed and epoch, so that a resumed run sees exactly what an uninterrupted one would.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scamclf.calls import LABELS, Call
from scamclf.encode import EncodedCall, Encoder
from scamclf.preparation.augment import AugmentConfig, augment

__all__ = ["CallWindows", "DrawnWindows"]

Ints = npt.NDArray[np.int64]

CLASS_SHARES = {"legitimate": 0.5, "tech_support_scam": 0.3, "other_scam": 0.2}
"""Shares of the drawn windows: half of them legitimate, tech support before the scams it is confused with."""

MIN_WINDOW = 24
"""Fewest tokens of a drawn window: some fifteen words, the least that a monitor would be asked about."""

EVIDENCE_TOKENS = 32
"""Tokens from the start of the turn that gives a scam away that a window must reach to be taught as a scam: in a
line of captions the first telling word may stand late."""

_BATCHES_SORTED_TOGETHER = 16


class DrawnWindows:
    """Training windows of one epoch at a time; a map-style data set for a sequential sampler.

    Args:
        calls: labelled.
        encoder: tokenises and cuts.
        n_windows: windows an epoch; None: as many as calls.
        batch_size: windows of one step over all processes: neighbours are of like length.
        prefix_share: share of the windows that are beginnings of calls.
        seed: of the draw.
        augment: how drawn calls are said otherwise, anew each epoch; None: never.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        encoder: Encoder,
        *,
        n_windows: int | None,
        batch_size: int,
        prefix_share: float,
        seed: int,
        augment: AugmentConfig | None = None,
    ) -> None:
        self._calls = calls
        self._encoder = encoder
        self._augment = augment
        self._batch_size = batch_size
        self._prefix_share = prefix_share
        self._seed = seed
        self._n = n_windows or len(calls)
        self._strata: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i, call in enumerate(calls):
            self._strata[str(call.label)][str(call.source)].append(i)
        self._windows: list[tuple[Ints, int]] = []
        self._epoch: int | None = None
        self.set_epoch(0)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: int) -> dict[str, Any]:
        ids, label = self._windows[index]
        return {"input_ids": self._encoder.wrap(ids), "labels": label}

    def set_epoch(self, epoch: int) -> None:
        """Draw the windows of an epoch."""
        if epoch == self._epoch:  # told by Trainer and by accelerate too
            return
        self._epoch = epoch
        rng = np.random.default_rng([self._seed, epoch])
        calls = [self._calls[i] for i in self._draw_calls(rng)]
        if self._augment is not None:
            calls = [
                augment(call, self._augment, seed=self._seed, view=epoch * self._n + i) for i, call in enumerate(calls)
            ]
        windows = []
        for call, encoded in zip(calls, self._encoder.encode(calls), strict=True):
            start, end = self._draw_window(encoded, _onset_token(call, encoded), rng)
            windows.append((encoded.ids[start:end], LABELS.index(call.label or "legitimate")))
        self._windows = _bucketed(windows, self._batch_size, rng)

    def _draw_calls(self, rng: np.random.Generator) -> Ints:
        shares = {label: CLASS_SHARES[label] for label in self._strata}
        drawn: list[Ints] = []
        for label, sources in self._strata.items():
            # By the square root of their size: a small source is heard without being learnt by heart.
            sizes = np.sqrt([len(calls) for calls in sources.values()])
            wanted = self._n * shares[label] / sum(shares.values()) * sizes / sizes.sum()
            for calls, n in zip(sources.values(), wanted, strict=True):
                rounds = -(-int(np.ceil(n)) // len(calls))
                cycle = np.concatenate([rng.permutation(calls) for _ in range(max(1, rounds))])
                drawn.append(cycle[: int(np.ceil(n))])
        return rng.permutation(np.concatenate(drawn))[: self._n]

    def _draw_window(self, encoded: EncodedCall, onset: int, rng: np.random.Generator) -> tuple[int, int]:
        n, body = len(encoded.ids), self._encoder.body
        if n <= MIN_WINDOW:
            return 0, n
        size = int(rng.integers(MIN_WINDOW, min(n, body) + 1)) if rng.random() < 0.5 else min(n, body)
        if rng.random() < self._prefix_share:
            end = min(max(size, onset), n)
            return max(0, end - body), end
        # A window of a scam without its evidence is not taught as a scam.
        low = max(0, onset - size)
        start = int(rng.integers(low, max(low, n - size) + 1))
        starts = encoded.boundaries[(encoded.boundaries <= start) & (encoded.boundaries >= low)]
        start = int(starts[-1]) if len(starts) and start - starts[-1] < size // 2 else start
        return start, min(n, start + size)


class CallWindows:
    """All windows of finished calls, in order; a map-style data set for evaluation.

    Args:
        calls: labelled.
        encoder: tokenises and cuts.
    """

    def __init__(self, calls: Sequence[Call], encoder: Encoder) -> None:
        self._windows: list[Ints] = []
        self._labels: list[int] = []
        self.n_windows: list[int] = []
        for call, encoded in zip(calls, encoder.encode(calls), strict=True):
            windows = encoder.window_ids(encoded, encoder.call_spans(encoded))
            self._windows += windows
            self._labels += [LABELS.index(call.label or "legitimate")] * len(windows)
            self.n_windows.append(len(windows))

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"input_ids": self._windows[index], "labels": self._labels[index]}


def _onset_token(call: Call, encoded: EncodedCall) -> int:
    """The token that a window must reach to hold evidence; 0 where any window may be taught."""
    onset = call.meta.get("onset_turn")
    if onset is None:
        return 0
    return min(len(encoded.ids), int(encoded.boundaries[onset]) + EVIDENCE_TOKENS)


def _bucketed(drawn: list[tuple[Ints, int]], batch_size: int, rng: np.random.Generator) -> list[tuple[Ints, int]]:
    """Sort by length within runs of some batches and shuffle the batches: hardly a padded token."""
    size = batch_size * _BATCHES_SORTED_TOGETHER
    batches: list[list[tuple[Ints, int]]] = []
    for first in range(0, len(drawn), size):
        run = sorted(drawn[first : first + size], key=lambda item: -len(item[0]))
        batches += [run[i : i + batch_size] for i in range(0, len(run), batch_size)]
    # A short last batch stays last: the sampler cuts batches by count.
    tail = [batches.pop()] if len(batches[-1]) < batch_size else []
    order = rng.permutation(len(batches))
    return [item for batch in [*(batches[i] for i in order), *tail] for item in batch]
