"""Cutting a call's tokens into windows that a model can read, and into the prefixes that a monitor sees."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scamclf.errors import ConfigError

__all__ = ["Spans", "WindowSpec", "cut_windows", "monitor_spans"]

Spans = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """How calls are cut.

    Args:
        max_tokens: tokens of one window, the model's special tokens among them.
        stride: tokens from the start of one window to the start of the next.
        monitor_step: new tokens after which a live monitor scores again.
    """

    max_tokens: int = 256
    stride: int = 192
    monitor_step: int = 64

    def __post_init__(self) -> None:
        if not 8 <= self.max_tokens <= 8192:
            raise ConfigError(f"windows.max_tokens is {self.max_tokens}; wanted 8 to 8192")
        if not 1 <= self.stride <= self.max_tokens:
            raise ConfigError(f"windows.stride is {self.stride}; wanted 1 to max_tokens ({self.max_tokens})")
        if not 1 <= self.monitor_step <= self.max_tokens:
            raise ConfigError(f"windows.monitor_step is {self.monitor_step}; wanted 1 to {self.max_tokens}")


def cut_windows(n_tokens: int, boundaries: Spans, *, body: int, stride: int) -> Spans:
    """Cut a finished call into overlapping windows; every token is in at least one.

    A window ends, and the next begins, at a turn's start where one lies within reach, so that sentences are
    rarely torn; where there is none (captions without turns) they end and begin after `body` and `stride`.

    Args:
        n_tokens: tokens of the call, without special tokens.
        boundaries: (m,) int64, ascending: the tokens at which turns begin.
        body: most tokens of one window, without special tokens.
        stride: most tokens between the starts of two windows; where it is over `body`, `body` is taken.

    Returns:
        (k, 2) int64, k >= 1: start and end of each window. An empty call has one empty window.
    """
    stride = min(stride, body)
    spans, start = [], 0
    while n_tokens - start > body:
        spans.append((start, _last_in(boundaries, start + stride, start + body)))
        start = _last_in(boundaries, start + stride // 2, start + stride)
    spans.append((start, n_tokens))
    return np.array(spans, dtype=np.int64)


def monitor_spans(n_tokens: int, boundaries: Spans, *, body: int, step: int) -> Spans:
    """List the windows that a live monitor scores as a call unfolds: each the newest `body` tokens so far.

    A score is due at the first turn that brings `step` new tokens, within a long turn after two steps.

    Args:
        n_tokens: tokens of the call so far, without special tokens.
        boundaries: (m,) int64, ascending: the tokens at which turns begin.
        body: most tokens of one window, without special tokens.
        step: new tokens after which a score is due.

    Returns:
        (p, 2) int64, p >= 1; the last one ends with the call. The spans of a prefix of the call that ends
        with a turn are, but for its last one, spans of the whole call.
    """
    ends, last = [], 0
    while n_tokens - last > step:
        due = boundaries[np.searchsorted(boundaries, last + step) :]
        end = int(due[0]) if due.size and due[0] <= last + 2 * step else last + 2 * step
        if end >= n_tokens:
            break
        ends.append(end)
        last = end
    ends.append(n_tokens)
    return np.array([(max(0, end - body), end) for end in ends], dtype=np.int64)


def _last_in(boundaries: Spans, above: int, upto: int) -> int:
    """The last boundary in (above, upto], or `upto` where there is none."""
    index = int(np.searchsorted(boundaries, upto, side="right")) - 1
    return int(boundaries[index]) if index >= 0 and boundaries[index] > above else upto
