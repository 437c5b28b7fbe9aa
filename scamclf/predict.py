"""Scores for calls, in one line and without torch.

from scamclf.predict import load

for prediction in load("bundle").score([{"call_id": "1", "text": "hello ..."}]):
    print(prediction.call_id, prediction.label, prediction.p_scam, prediction.alert)
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scamclf.batching import Padding, length_batches, pad_batch
from scamclf.bundle import LAYOUT, Manifest, OperatingPoint, Statistic, read_manifest, verify_bundle
from scamclf.calls import LABELS, Call, call_from_dict
from scamclf.encode import EncodedCall, Encoder
from scamclf.errors import BundleError, ConfigError, ReaderError
from scamclf.language import looks_english
from scamclf.linear import LinearModel, read_linear
from scamclf.metrics import sigmoid
from scamclf.pooling import Pooled, calibrated, pool_calls
from scamclf.render import render
from scamclf.runtimes import Runtime, open_runtime
from scamclf.windows import WindowSpec

__all__ = ["PREDICTION_SCHEMA", "EncodedRows", "Prediction", "Scorer", "load"]

CALLS_AT_A_TIME = 1024
"""Calls that are tokenised and sorted by length together: so many that padding stays under 3 %, and no more."""

CHARS_AT_A_TIME = 2**22
"""Text of the calls that are scored together: a few huge calls are as much work as many."""

MAX_PADDED_TOKENS = 4096
"""Tokens of one batch, padding counted: 16 full windows keep two cores busy within the cache."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one call.

    Args:
        call_id: as given; None where the row had none.
        status: "ok" or "error"; an error row has `error_code` and `error` and no scores.
        label: the likeliest of `LABELS`.
        p_scam: probability of a scam of either kind, in [0, 1].
        p_tech_support: probability of a technical-support scam, at most `p_scam`.
        logit_scam: log-odds of `p_scam`: near 1 a probability says nothing.
        alert: whether `logit_scam` reaches the operating point; None where the bundle ships none.
        decided_by: what gave the score: "model".
        n_turns, n_tokens, n_windows: size of the call.
        peak_window, peak_turn: the most suspicious window, and the turn that it begins in, from 0.
        language_ok: False where the words do not look like English; scored all the same.
        error_code, error: what was wrong with the row, for machines and for people.
    """

    call_id: str | None
    status: Literal["ok", "error"]
    label: str | None = None
    p_scam: float | None = None
    p_tech_support: float | None = None
    logit_scam: float | None = None
    alert: bool | None = None
    decided_by: str | None = None
    n_turns: int | None = None
    n_tokens: int | None = None
    n_windows: int | None = None
    peak_window: int | None = None
    peak_turn: int | None = None
    language_ok: bool | None = None
    error_code: str | None = None
    error: str | None = None


PREDICTION_SCHEMA = pa.schema(
    [
        (name, pa.float64() if name.startswith(("p_", "logit_")) else pa.int64())
        if name.startswith(("p_", "logit_", "n_", "peak_"))
        else (name, pa.bool_() if name in ("alert", "language_ok") else pa.string())
        for name in (field.name for field in dataclasses.fields(Prediction))
    ]
)
"""Arrow schema of predictions: the fields of `Prediction`, in order."""


class Scorer:
    """Scores calls with one bundle. A score does not depend on what it is batched with.

    Args:
        manifest: the bundle's.
        encoder: its tokenizer and windows.
        runtime: runs its network.
        linear: its second opinion, whose logits are added to the network's; None: it has none.
        precision: which of the manifest's precisions the runtime runs.
        operating_point: what `alert` means; None takes the bundle's own.
        why: how the runtime was chosen.

    Attributes:
        padding: tokens that were run so far, and how many of them were padding.

    Raises:
        ConfigError: the bundle ships no operating point of that name.
    """

    def __init__(
        self,
        manifest: Manifest,
        encoder: Encoder,
        runtime: Runtime,
        *,
        linear: LinearModel | None = None,
        precision: str = "fp32",
        operating_point: str | None = None,
        why: str = "given",
    ) -> None:
        self.manifest = manifest
        self.encoder = encoder
        self.runtime = runtime
        self.linear = linear
        self.why = why
        self.precision = precision
        self.padding = Padding()
        self.statistics = manifest.precisions[precision]
        self.operating_point = operating_point or manifest.operating_point
        self.alert_at = _operating_point(self.statistics.call, self.operating_point)

    def score(self, calls: Sequence[Call | Mapping[str, Any]]) -> list[Prediction]:
        """Score finished calls.

        Args:
            calls: `Call`s, or dictionaries of canonical JSON; may be empty.

        Returns:
            One prediction a call, in order. A dictionary that is no call gives an error row.

        Raises:
            TypeError: `calls` is a single text or call and not a sequence of calls.
        """
        if isinstance(calls, str | bytes | Mapping | Call):
            raise TypeError(f"score() takes a list of calls, not {type(calls).__name__}: wrap it in [ ]")
        return list(self.score_rows(_checked(call) for call in calls))

    def score_rows(self, rows: Iterable[Call | ReaderError]) -> Iterator[Prediction]:
        """Score a stream in bounded memory: one prediction a row, in order; errors become error rows."""
        # While the network runs over one chunk, the next is read and tokenised; no more than two are held.
        with ThreadPoolExecutor(1, thread_name_prefix="scamclf-encode") as encoding:
            before: Future[EncodedRows] | None = None
            for chunk in _chunks(rows):
                following = encoding.submit(self.encode_rows, chunk)
                if before is not None:
                    yield from self.score_encoded(before.result())
                before = following
            if before is not None:
                yield from self.score_encoded(before.result())

    def score_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score Arrow batches; the one core under files and engines.

        Args:
            batches: columns `call_id` and `text` or `turns`, as canonical JSON; others are ignored.

        Yields:
            A batch of `PREDICTION_SCHEMA` for each batch, row for row.
        """
        for batch in batches:
            predictions = self.score(batch.to_pylist())
            yield pa.RecordBatch.from_pylist(
                [dataclasses.asdict(prediction) for prediction in predictions], schema=PREDICTION_SCHEMA
            )

    def window_logits(self, windows: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.float32]:
        """Run the network over windows of any lengths, and add its second opinion.

        Args:
            windows: token ids with special tokens.

        Returns:
            (n, 3) float32 logits in the order of the windows.
        """
        logits = np.zeros((len(windows), len(LABELS)), dtype=np.float32)
        lengths = np.array([len(window) for window in windows], dtype=np.int64)
        # Never over a full window: a model may have no position for the padding beyond it.
        pad_to = np.gcd(self.runtime.pad_to, self.encoder.spec.max_tokens)
        for rows in length_batches(lengths, max_padded_tokens=MAX_PADDED_TOKENS):
            ids, mask = pad_batch([windows[row] for row in rows], pad_id=self.encoder.pad_id, multiple_of=int(pad_to))
            self.padding.add(tokens=int(lengths[rows].sum()), padded=ids.size)
            logits[rows] = self.runtime.run(ids, mask)
        return logits if self.linear is None else logits + self.linear.logits(windows)

    def pool(self, encoded: Sequence[EncodedCall]) -> tuple[Pooled, list[npt.NDArray[np.int64]]]:
        """Uncalibrated statistics of finished calls, and the windows of each."""
        spans = [self.encoder.call_spans(call) for call in encoded]
        windows = [
            window for call, span in zip(encoded, spans, strict=True) for window in self.encoder.window_ids(call, span)
        ]
        return pool_calls(self.window_logits(windows), [len(span) for span in spans]), spans

    def encode_rows(self, rows: list[Call | ReaderError]) -> "EncodedRows":
        """Tokenise rows, on all cores: the first half of `score_rows`, for whoever overlaps it with the second."""
        return EncodedRows(rows, self.encoder.encode([row for row in rows if isinstance(row, Call)]))

    def score_encoded(self, chunk: "EncodedRows") -> list[Prediction]:
        """Run the network over tokenised rows: one prediction a row, in order."""
        calls = [row for row in chunk.rows if isinstance(row, Call)]
        scored = iter(self._score_calls(calls, chunk.calls)) if calls else iter(())
        return [next(scored) if isinstance(row, Call) else _error_row(row) for row in chunk.rows]

    def _score_calls(self, calls: list[Call], encoded: list[EncodedCall]) -> list[Prediction]:
        pooled, spans = self.pool(encoded)
        call = self.statistics.call
        scam, tech = calibrated(pooled, slope=call.slope, intercept=call.intercept)
        p_scam, p_tech = sigmoid(scam), sigmoid(tech)
        likeliest = np.argmax(np.stack([1 - p_scam, p_tech, p_scam - p_tech]), axis=0)
        predictions = []
        for i, (one, tokens) in enumerate(zip(calls, encoded, strict=True)):
            peak = int(pooled.peak[i])
            first_token = spans[i][peak][0]
            predictions.append(
                Prediction(
                    call_id=one.call_id,
                    status="ok",
                    label=LABELS[likeliest[i]],
                    p_scam=float(p_scam[i]),
                    p_tech_support=float(p_tech[i]),
                    logit_scam=float(scam[i]),
                    alert=None if self.alert_at is None else bool(scam[i] >= self.alert_at.threshold),
                    decided_by="model",
                    n_turns=len(one.turns),
                    n_tokens=len(tokens.ids),
                    n_windows=len(spans[i]),
                    peak_window=peak,
                    peak_turn=int(np.searchsorted(tokens.boundaries, first_token, side="right")) - 1,
                    language_ok=looks_english(render(one)),
                )
            )
        return predictions


def load(
    path: str | Path,
    *,
    precision: str = "fp32",
    runtime: str = "auto",
    operating_point: str | None = None,
    threads: int | None = None,
    verify: bool = True,
) -> Scorer:
    """Load a bundle.

    Args:
        path: folder made by `scamclf export`.
        precision: one of those that the bundle ships.
        runtime: one of `scamclf.runtimes.RUNTIMES`; what "auto" took, and why, is in the scorer's `runtime.name`
            and `why`.
        operating_point: what `alert` means, for example "fpr_1pct"; None takes the bundle's own.
        threads: threads of the runtime; None takes every core that this process may use.
        verify: check every file against SHA256SUMS first (a fraction of a second).

    Returns:
        A scorer.

    Raises:
        BundleError: a file is missing, changed or of an unknown version.
        ConfigError: the bundle has no such precision or operating point, or the runtime cannot run it here.
        MissingExtraError: the runtime is not installed.
    """
    folder = Path(path)
    if verify:
        verify_bundle(folder)
    manifest = read_manifest(folder)
    if manifest.labels != LABELS:
        raise BundleError(f"{folder}: labels are {manifest.labels}; this scamclf scores {LABELS}")
    if precision not in manifest.precisions:
        raise ConfigError(f"precision is {precision!r}; {folder} has {', '.join(manifest.precisions)}")
    encoder = Encoder.from_file(folder / LAYOUT.tokenizer, WindowSpec(**manifest.windows))
    file = manifest.precisions[precision].file
    opened, why = open_runtime(folder, file, precision=precision, runtime=runtime, threads=threads)
    linear = read_linear(folder / LAYOUT.linear)
    return Scorer(
        manifest, encoder, opened, linear=linear, precision=precision, operating_point=operating_point, why=why
    )


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows and the token ids of those that are calls.

    Args:
        rows: calls, and errors in the place of what is none.
        calls: one for each call.
    """

    rows: list[Call | ReaderError]
    calls: list[EncodedCall]


def _chunks(rows: Iterable[Call | ReaderError]) -> Iterator[list[Call | ReaderError]]:
    chunk: list[Call | ReaderError] = []
    chars = 0
    for row in rows:
        chunk.append(row)
        chars += sum(len(turn.text) for turn in row.turns) if isinstance(row, Call) else 0
        if len(chunk) == CALLS_AT_A_TIME or chars >= CHARS_AT_A_TIME:
            yield chunk
            chunk, chars = [], 0
    if chunk:
        yield chunk


def _checked(call: Call | Mapping[str, Any]) -> Call | ReaderError:
    if isinstance(call, Call):
        return call
    try:
        return call_from_dict(call)
    except ReaderError as error:
        return error


def _error_row(error: ReaderError) -> Prediction:
    call_id, message = (None if text is None else _printable(text) for text in (error.call_id, str(error)))
    return Prediction(call_id=call_id, status="error", error_code=error.code, error=message)


def _printable(text: str) -> str:
    """A file name that is no UTF-8 holds half characters, which no output format takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _operating_point(statistic: Statistic, name: str | None) -> OperatingPoint | None:
    if name is None:
        return None
    if name not in statistic.scam:
        known = ", ".join(statistic.scam) or "none: its calibration calls were too few"
        raise ConfigError(f"operating point is {name!r}; this bundle ships {known}")
    return statistic.scam[name]
