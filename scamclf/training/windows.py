"""What a model is shown: windows drawn anew each epoch, balanced over classes and sources.

Everything follows from seed and epoch, so that a resumed run sees exactly what an uninterrupted one would.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from scamclf.calls import LABELS, Call
from scamclf.encode import EncodedCall, Encoder
from scamclf.preparation.augment import AugmentConfig
from scamclf.training.chatter import add_chatter
from scamclf.training.twins import as_units, beside_twins, find_twins, follow_twins
from scamclf.training.views import View, Views

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["CallWindows", "DrawnWindows", "Teacher", "call_weights"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

CLASS_SHARES = {"legitimate": 0.5, "tech_support_scam": 0.3, "other_scam": 0.2}
"""Shares of the drawn windows: half of them legitimate, tech support before the scams it is confused with."""

MIN_WINDOW = 24
"""Fewest tokens of a drawn window: some fifteen words, the least that a monitor would be asked about."""

PAD_TO = 8
"""Batches are padded to a multiple of this many tokens: what tensor cores want, and few shapes for a CPU, which
prepares its kernels for each anew."""

_BATCHES_SORTED_TOGETHER = 64


class Teacher(Protocol):
    """Something that knows better: see `scamclf.training.distill`."""

    def logits(self, views: Sequence[View], spans: Sequence[tuple[int, int]]) -> Floats:
        """Logits of one window of each view, (n, 3) float32; the spans are tokens of the student's."""


class DrawnWindows:
    """Training windows of one epoch at a time; a map-style data set for a sequential sampler.

    Args:
        calls: labelled.
        encoder: tokenises and cuts.
        n_windows: windows an epoch, rounded up to whole steps; None: as many as calls.
        batch_size: windows of one step over all processes: neighbours are of like length.
        prefix_share: share of the windows that are beginnings of calls.
        source_weights: how many times more often a source is drawn than its number of calls says; 1 if not named.
        seed: of the draw.
        augment: how drawn calls are said otherwise, anew each epoch; None: never.
        tokens: of the calls, where they were made before; used without `augment`.
        workers: processes that make the calls of the next epoch ahead of time.
        teacher: whose logits are learnt beside the labels.
        twins: whether a scam and its honest twin, the two calls of one group, are drawn together.
        chatter_share: share of the windows that get a piece of another, legitimate call; a teacher does not hear it.
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
        source_weights: Mapping[str, float] | None = None,
        augment: AugmentConfig | None = None,
        tokens: Sequence[EncodedCall] | None = None,
        workers: int = 0,
        teacher: Teacher | None = None,
        twins: bool = False,
        chatter_share: float = 0.0,
    ) -> None:
        self._calls = calls
        self._encoder = encoder
        self._views = Views(calls, encoder, augment=augment, seed=seed, tokens=tokens, workers=workers)
        self._teacher = teacher
        self._batch_size = batch_size
        self._prefix_share = prefix_share
        self._chatter_share = chatter_share
        self._seed = seed
        # Whole steps only: a short last one would be filled up, and so be another, by the number of processes.
        self._n = -(-(n_windows or len(calls)) // batch_size) * batch_size
        self._twins = find_twins(calls) if twins else {}
        self._strata = _strata(calls)
        self._shares = _shares(self._strata, source_weights or {})
        self._ahead: dict[int, list[Future[list[View]]]] = {}
        self._windows: list[dict[str, Any]] = []
        self._epoch: int | None = None
        self.set_epoch(0)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._windows[index]

    def set_epoch(self, epoch: int) -> None:
        """Draw the windows of an epoch."""
        if epoch == self._epoch:  # told by Trainer and by accelerate too
            return
        self._epoch = epoch
        rng = np.random.default_rng([self._seed, epoch])
        drawn = self._draw_calls(rng)
        ahead = self._ahead.pop(epoch, None) or self._views.start(drawn, epoch * self._n)
        views = [view for chunk in ahead for view in chunk.result()] or self._views.of(drawn, epoch * self._n)
        if ahead:
            following = self._draw_calls(np.random.default_rng([self._seed, epoch + 1]))
            self._ahead = {epoch + 1: self._views.start(following, (epoch + 1) * self._n)}

        follows = follow_twins(drawn, self._twins)
        spans: list[tuple[int, int]] = []
        for view, follows_its_twin in zip(views, follows, strict=True):
            # As long as its twin's, beside which it would be padded.
            size = spans[-1][1] - spans[-1][0] if follows_its_twin else None
            spans.append(self._draw_window(view, rng, size))
        bodies = add_chatter(
            [view.encoded.ids[start:end] for view, (start, end) in zip(views, spans, strict=True)],
            [view.encoded.ids for view in views if view.call.label == LABELS[0]],
            follows,
            share=self._chatter_share,
            longest=self._encoder.body,
            rng=np.random.default_rng([self._seed, epoch, 1]),
        )
        windows = [
            {"input_ids": self._encoder.wrap(body), "labels": LABELS.index(str(view.call.label))}
            for view, body in zip(views, bodies, strict=True)
        ]
        if self._teacher is not None:
            for window, logits in zip(windows, self._teacher.logits(views, spans), strict=True):
                window["teacher"] = logits
        self._windows = _bucketed(as_units(windows, follows), self._batch_size, rng)

    def count_tokens(self, step: int, *, micro_batch: int) -> tuple[int, int]:
        """Tokens of one step of this epoch, over all processes: real ones, and with padding."""
        first = step * self._batch_size
        lengths = np.array([len(window["input_ids"]) for window in self._windows[first : first + self._batch_size]])
        longest = lengths.reshape(-1, micro_batch).max(axis=1)
        return int(lengths.sum()), int((-(-longest // PAD_TO) * PAD_TO).sum()) * micro_batch

    def close(self) -> None:
        """End the processes that make calls ahead of time."""
        self._views.close()

    def _draw_calls(self, rng: np.random.Generator) -> list[int]:
        drawn: list[Ints] = []
        for (label, source), share in self._shares.items():
            calls, n = self._strata[label, source], int(np.ceil(self._n * share))
            rounds = max(1, -(-n // len(calls)))
            drawn.append(np.concatenate([rng.permutation(calls) for _ in range(rounds)])[:n])
        found: list[int] = rng.permutation(np.concatenate(drawn))[: self._n].tolist()
        return beside_twins(found, self._calls, self._twins, rng) if self._twins else found

    def _draw_window(self, view: View, rng: np.random.Generator, size: int | None) -> tuple[int, int]:
        encoded, onset = view.encoded, view.onset
        n, body = len(encoded.ids), self._encoder.body
        if n <= MIN_WINDOW or (n <= body and view.call.meta.get("whole")):
            return 0, n
        if size is None:
            size = self._draw_size(min(n, body), rng) if rng.random() < 0.5 else body
        size = min(size, n, body)
        if rng.random() < self._prefix_share:
            end = min(max(size, onset), n)
            return max(0, end - body), end
        # A window of a scam without its evidence is not taught as a scam.
        low = max(0, onset - size)
        start = int(rng.integers(low, max(low, n - size) + 1))
        starts = encoded.boundaries[(encoded.boundaries <= start) & (encoded.boundaries >= low)]
        start = int(starts[-1]) if len(starts) and start - starts[-1] < size // 2 else start
        return start, min(n, start + size)

    def _draw_size(self, longest: int, rng: np.random.Generator) -> int:
        """A window's length such that, with the special tokens around it, it needs no padding."""
        size, special = int(rng.integers(MIN_WINDOW, longest + 1)), self._encoder.spec.max_tokens - self._encoder.body
        return min(-(-(size + special) // PAD_TO) * PAD_TO - special, longest)


class CallWindows:
    """All windows of finished calls, longest first, so that hardly any is padded; a map-style data set.

    Args:
        calls: labelled.
        encoder: tokenises and cuts.
    """

    def __init__(self, calls: Sequence[Call], encoder: Encoder) -> None:
        windows: list[dict[str, Any]] = []
        self.n_windows: list[int] = []
        for call, encoded in zip(calls, encoder.encode(calls), strict=True):
            ids = encoder.window_ids(encoded, encoder.call_spans(encoded))
            windows += [{"input_ids": window, "labels": LABELS.index(str(call.label))} for window in ids]
            self.n_windows.append(len(ids))
        self._order = np.argsort([-len(window["input_ids"]) for window in windows], kind="stable")
        self._windows: list[dict[str, Any]] = [windows[i] for i in self._order]

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._windows[index]

    def by_call(self, rows: Floats) -> Floats:
        """Put one row for each window back into the order of the calls."""
        return rows[np.argsort(self._order)]


def call_weights(calls: Sequence[Call]) -> npt.NDArray[np.float64]:
    """How often each call is drawn where no source is named to come more often, (n,) float64 that sum to 1."""
    weights, strata = np.zeros(len(calls)), _strata(calls)
    for stratum, share in _shares(strata, {}).items():
        weights[strata[stratum]] = share / len(strata[stratum])
    return weights


def _strata(calls: Sequence[Call]) -> dict[tuple[str, str], list[int]]:
    """Indices of the calls of each label and source."""
    strata: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, call in enumerate(calls):
        strata[str(call.label), str(call.source)].append(i)
    return strata


def _shares(
    strata: Mapping[tuple[str, str], Sequence[int]], source_weights: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """Share of each stratum: a label's is divided by the square root of its sources' sizes.

    So a small source is heard without being learnt by heart.
    """
    sizes = {key: np.sqrt(len(calls)) * source_weights.get(key[1], 1.0) for key, calls in strata.items()}
    of_labels = sum(CLASS_SHARES[label] for label in {label for label, _ in strata})
    return {
        (label, source): CLASS_SHARES[label] / of_labels * size / sum(n for key, n in sizes.items() if key[0] == label)
        for (label, source), size in sizes.items()
    }


def _bucketed(units: Sequence[list[dict[str, Any]]], batch_size: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Sort by length within runs of some batches and shuffle the batches: hardly a padded token.

    Two windows of one unit stay next to each other, at an even place and the odd one after it: so no batch and no
    micro-batch of an even number parts them.
    """
    size = batch_size * _BATCHES_SORTED_TOGETHER
    runs: dict[int, list[list[dict[str, Any]]]] = defaultdict(list)
    n = 0
    for unit in units:
        runs[n // size].append(unit)
        n += len(unit)
    straight: list[dict[str, Any]] = []
    left: list[dict[str, Any]] = []
    for run in runs.values():
        singles = sorted(left + [unit[0] for unit in run if len(unit) == 1], key=_length, reverse=True)
        left = [singles.pop()] if len(singles) % 2 else []
        twos = [singles[i : i + 2] for i in range(0, len(singles), 2)] + [unit for unit in run if len(unit) == 2]
        for two in sorted(twos, key=lambda two: max(map(_length, two)), reverse=True):
            straight += two
    straight += left
    batches = [straight[i : i + batch_size] for i in range(0, n, batch_size)]
    return [window for i in rng.permutation(len(batches)) for window in batches[i]]


def _length(window: dict[str, Any]) -> int:
    return len(window["input_ids"])
