"""How the calls of an epoch are said and tokenised: here, or ahead of time in other processes.

A GPU trains on the windows of an epoch in seconds; saying thousands of calls otherwise takes as long. So the calls
of the next epoch are made while this one trains. What they say follows from (seed, view) alone, wherever it is made.
"""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

from tokenizers import Tokenizer

from scamclf.calls import Call
from scamclf.encode import EncodedCall, Encoder
from scamclf.preparation.augment import AugmentConfig, augment
from scamclf.windows import WindowSpec

__all__ = ["View", "Views"]

EVIDENCE_TOKENS = 32
"""Tokens from the start of the turn that gives a scam away that a window must reach to be taught as a scam: in a
line of captions the first telling word may stand late."""

_CHUNK = 128


@dataclass(frozen=True, slots=True)
class View:
    """One way of saying a call.

    Args:
        call: what is said.
        encoded: its tokens.
        onset: the token that a window must reach to hold evidence; 0 where any window may be taught.
    """

    call: Call
    encoded: EncodedCall
    onset: int


class Views:
    """Makes views of calls.

    Args:
        calls: labelled.
        encoder: tokenises.
        augment: how calls are said otherwise; None: never.
        seed: of how.
        tokens: of the calls as they are, where they were made before; used without `augment`.
        workers: processes that make views ahead of time; 0: they are made here when they are wanted.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        encoder: Encoder,
        *,
        augment: AugmentConfig | None,
        seed: int,
        tokens: Sequence[EncodedCall] | None = None,
        workers: int = 0,
    ) -> None:
        self._calls = calls
        self._encoder = encoder
        self._augment = augment
        self._seed = seed
        self._tokens = tokens if augment is None else None
        self._pool = None
        if workers and self._tokens is None:
            # Not forked: the threads of torch and of the tokenizer do not survive a fork.
            self._pool = ProcessPoolExecutor(
                workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_worker,
                initargs=(calls, encoder.tokenizer.to_str(), encoder.spec, augment, seed),
            )

    def start(self, drawn: Sequence[int], first_view: int) -> "list[Future[list[View]]]":
        """Begin to make the views of drawn calls in other processes; nothing where there are none."""
        if self._pool is None:
            return []
        chunks = [(drawn[i : i + _CHUNK], first_view + i) for i in range(0, len(drawn), _CHUNK)]
        return [self._pool.submit(_work, *chunk) for chunk in chunks]

    def of(self, drawn: Sequence[int], first_view: int) -> list[View]:
        """Make the views of drawn calls.

        Args:
            drawn: indices of calls.
            first_view: number of the first one's view; the others count on from it.
        """
        if self._tokens is not None:
            pairs = [(self._calls[i], self._tokens[i]) for i in drawn]
        else:
            calls = [self._calls[i] for i in drawn]
            if self._augment is not None:
                calls = [
                    augment(call, self._augment, seed=self._seed, view=first_view + i) for i, call in enumerate(calls)
                ]
            pairs = list(zip(calls, self._encoder.encode(calls), strict=True))
        return [View(call, encoded, _onset_token(call, encoded)) for call, encoded in pairs]

    def close(self) -> None:
        """End the other processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _onset_token(call: Call, encoded: EncodedCall) -> int:
    onset = call.meta.get("onset_turn")
    if onset is None:
        return 0
    return min(len(encoded.ids), int(encoded.boundaries[onset]) + EVIDENCE_TOKENS)


_of_worker: list[Views] = []


def _begin_worker(
    calls: Sequence[Call], tokenizer: str, spec: WindowSpec, augment: AugmentConfig | None, seed: int
) -> None:
    # The workers share the cores already.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _of_worker[:] = [Views(calls, Encoder(Tokenizer.from_str(tokenizer), spec), augment=augment, seed=seed)]


def _work(drawn: Sequence[int], first_view: int) -> list[View]:
    return _of_worker[0].of(drawn, first_view)
