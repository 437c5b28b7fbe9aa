"""From calls to token ids, and from those to windows: the same code in training, calibration and scoring."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from scamclf.calls import Call
from scamclf.errors import BundleError
from scamclf.render import render, turn_starts
from scamclf.windows import Spans, WindowSpec, cut_windows, monitor_spans

__all__ = ["EncodedCall", "Encoder"]

_BYTES_AT_A_TIME = 2**18
"""Text that is tokenised together: the tokenizer takes up to 300 bytes of memory for each byte."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EncodedCall:
    """A call as token ids.

    Args:
        ids: (n,) int64, without special tokens.
        boundaries: (t,) int64, the token at which each turn begins; a turn of which nothing is left after
            normalisation begins where the next one does.
    """

    ids: Ints
    boundaries: Spans


class Encoder:
    """A tokenizer and the way its calls are cut.

    Args:
        tokenizer: with the normaliser of `scamclf.normalise`, without padding and truncation.
        spec: sizes of the windows.
    """

    def __init__(self, tokenizer: Tokenizer, spec: WindowSpec) -> None:
        self.tokenizer = tokenizer
        self.spec = spec
        self._prefix, self._suffix = _special_tokens(tokenizer)
        self.body = spec.max_tokens - len(self._prefix) - len(self._suffix)
        """Most tokens of a call in one window."""
        # Two steps may pass within a long turn: with more than half a window each, tokens would go unseen.
        self.monitor_step = min(spec.monitor_step, self.body // 2)
        """New tokens after which a live monitor scores again."""
        padding = [tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>")]
        self.pad_id: int = next((token for token in padding if token is not None), 0)

    @classmethod
    def from_file(cls, path: Path, spec: WindowSpec) -> "Encoder":
        """Load `tokenizer.json`.

        Raises:
            BundleError: it is missing, or no tokenizer.
        """
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises nothing more exact
            raise BundleError(f"{path}: not a readable tokenizer ({error})") from error
        return cls(tokenizer, spec)

    def encode(self, calls: Sequence[Call]) -> list[EncodedCall]:
        """Tokenise calls, on all cores.

        Returns:
            One `EncodedCall` a call, in order.
        """
        encoded = []
        for batch in _batches(calls):
            encodings = self.tokenizer.encode_batch([render(call) for call in batch], add_special_tokens=False)
            encoded += [
                EncodedCall(np.array(encoding.ids, dtype=np.int64), _boundaries(encoding, call))
                for call, encoding in zip(batch, encodings, strict=True)
            ]
        return encoded

    def call_spans(self, encoded: EncodedCall) -> Spans:
        """Windows of a finished call: (k, 2) int64, k >= 1."""
        return cut_windows(
            len(encoded.ids), encoded.boundaries, body=self.body, stride=min(self.spec.stride, self.body)
        )

    def monitor_spans(self, encoded: EncodedCall) -> Spans:
        """Windows that a live monitor would have scored: (p, 2) int64, p >= 1."""
        return monitor_spans(len(encoded.ids), encoded.boundaries, body=self.body, step=self.monitor_step)

    def window_ids(self, encoded: EncodedCall, spans: Spans) -> list[Ints]:
        """Token ids of each window with the model's special tokens around them."""
        return [self.wrap(encoded.ids[start:end]) for start, end in spans]

    def wrap(self, ids: Ints) -> Ints:
        """Put the model's special tokens around token ids."""
        return np.concatenate([self._prefix, ids, self._suffix])


def _batches(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """Calls in order, as many as are tokenised together: at most `_BYTES_AT_A_TIME`, or one."""
    batch: list[Call] = []
    size = 0
    for call in calls:
        more = sum(turn.text.__sizeof__() for turn in call.turns)
        if batch and size + more > _BYTES_AT_A_TIME:
            yield batch
            batch, size = [], 0
        batch.append(call)
        size += more
    if batch:
        yield batch


def _special_tokens(tokenizer: Tokenizer) -> tuple[Ints, Ints]:
    """The tokens that the post-processor puts before and after a text, for example [CLS] and [SEP]."""
    encoding = tokenizer.encode("a", add_special_tokens=True)
    inner = [i for i, special in enumerate(encoding.special_tokens_mask) if not special]
    first, last = (inner[0], inner[-1]) if inner else (len(encoding.ids) // 2, len(encoding.ids) // 2 - 1)
    ids = np.array(encoding.ids, dtype=np.int64)
    return ids[:first], ids[last + 1 :]


def _boundaries(encoding: Encoding, call: Call) -> Spans:
    if len(call.turns) == 1:
        return np.zeros(1, dtype=np.int64)
    # A token of a byte-level tokenizer may begin with the space before its word: its end tells its turn.
    ends = np.array([end for _, end in encoding.offsets], dtype=np.int64)
    return np.searchsorted(ends, np.array(turn_starts(call), dtype=np.int64), side="right").astype(np.int64)
