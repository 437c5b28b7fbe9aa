"""Scores for calls, in one line and without torch.

from scamclf.predict import load

for prediction in load("bundle").score([{"call_id": "1", "text": "hello ..."}]):
    print(prediction.call_id, prediction.label, prediction.p_scam, prediction.alert)
"""

import copy
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scamclf.batching import Padding, length_batches, pad_batch
from scamclf.bundle import LAYOUT, Gate, Manifest, OperatingPoint, Statistic, read_manifest, verify_bundle
from scamclf.calls import LABELS, Call, call_from_dict
from scamclf.encode import EncodedCall, Encoder
from scamclf.errors import BundleError, ConfigError, ReaderError
from scamclf.language import looks_english
from scamclf.linear import LinearModel, read_linear
from scamclf.metrics import sigmoid
from scamclf.pooling import Pooled, calibrated, pool_calls
from scamclf.prediction import PREDICTION_SCHEMA, Prediction, as_batch
from scamclf.readers.arrow import batch_rows
from scamclf.readers.parquet_columns import choose_names
from scamclf.render import render
from scamclf.runtimes import Runtime, open_runtime
from scamclf.windows import WindowSpec

__all__ = ["PREDICTION_SCHEMA", "EncodedRows", "Prediction", "Scorer", "load"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CALLS_AT_A_TIME = 1024
"""Calls that are tokenised and sorted by length together: so many that padding stays under 3 %, and no more."""

CHARS_AT_A_TIME = 2**22
"""Text of the calls that are scored together: a few huge calls are as much work as many."""


class Scorer:
    """Scores calls with one bundle. A score does not depend on what it is batched with.

    Args:
        manifest: the bundle's.
        encoder: its tokenizer and windows.
        runtime: runs its network.
        linear: its second opinion, whose logits are added to the network's; None: it has none.
        precision: which of the manifest's precisions the runtime runs.
        operating_point: what `alert` means; None takes the bundle's own.
        gate: whether finished calls that the second opinion finds surely legitimate are decided by it alone. Their
            scores are its own, and they never alarm. A live call is always scored exactly.
        why: how the runtime was chosen.

    Attributes:
        padding: tokens that were run so far, and how many of them were padding.
        pass_below: log-odds of the second opinion below which a call is decided by it; None: no gate.

    Raises:
        ConfigError: the bundle ships no operating point of that name, or no gate for it.
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
        gate: bool = False,
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
        self.pass_below = self._pass_below() if gate else None

    def exact(self) -> "Scorer":
        """The same scorer without a gate."""
        scorer = copy.copy(self)
        scorer.pass_below = None
        return scorer

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

    def score_batches(
        self, batches: Iterable[pa.RecordBatch], *, id_column: str = "call_id", text_column: str = "text"
    ) -> Iterator[pa.RecordBatch]:
        """Score Arrow batches as the rows of a Parquet file are; the one core under engines.

        Args:
            batches: columns `call_id` and `text` or `turns`, and those of the other fields of a call; others are
                ignored.
            id_column, text_column: columns that stand for `call_id` and `text`. A text column with a name of its own is
                read even where there are `turns`.

        Yields:
            A batch of `PREDICTION_SCHEMA` for each batch, row for row.

        Raises:
            ReaderError: a column is missing, or of a type that a call's cannot be.
        """
        sizes: deque[int] = deque()

        def rows() -> Iterator[Call | ReaderError]:
            for batch in batches:
                sizes.append(batch.num_rows)
                names = choose_names(batch.schema, id_column, text_column)
                yield from batch_rows(batch.select(list(names.values())), names, [""] * batch.num_rows)

        # Over the ends of batches: small ones too are sorted by length together, and tokenised ahead.
        ready: list[Prediction] = []
        for prediction in self.score_rows(rows()):
            while len(ready) == sizes[0]:
                yield as_batch(ready)
                sizes.popleft()
                ready = []
            ready.append(prediction)
        while sizes:
            yield as_batch(ready)
            sizes.popleft()
            ready = []

    def window_logits(self, windows: Sequence[Ints]) -> npt.NDArray[np.float32]:
        """Run the network over windows of any lengths, and add its second opinion.

        Args:
            windows: token ids with special tokens.

        Returns:
            (n, 3) float32 logits in the order of the windows.
        """
        logits = self.network_logits(windows)
        return logits if self.linear is None else logits + self.linear.logits(windows)

    def network_logits(self, windows: Sequence[Ints]) -> npt.NDArray[np.float32]:
        """Run the network alone; as `window_logits`."""
        logits = np.zeros((len(windows), len(LABELS)), dtype=np.float32)
        lengths = np.array([len(window) for window in windows], dtype=np.int64)
        # Never over a full window: a model may have no position for the padding beyond it.
        pad_to = np.gcd(self.runtime.pad_to, self.encoder.spec.max_tokens)

        def run(rows: Ints) -> int:
            ids, mask = pad_batch([windows[row] for row in rows], pad_id=self.encoder.pad_id, multiple_of=int(pad_to))
            logits[rows] = self.runtime.run(ids, mask)
            return ids.size

        batches = length_batches(lengths, max_padded_tokens=self.runtime.batch_tokens)
        with ThreadPoolExecutor(self.runtime.at_once, thread_name_prefix="scamclf-run") as pool:
            # One at a time runs in this thread: torch would set up its own threads anew for another.
            padded = sum((map if self.runtime.at_once == 1 else pool.map)(run, batches))
        self.padding.add(tokens=int(lengths.sum()), padded=padded)
        return logits

    def pool(self, encoded: Sequence[EncodedCall]) -> tuple[Pooled, list[Ints]]:
        """Uncalibrated statistics of finished calls, never gated, and the windows of each."""
        windows, spans = self._cut(encoded)
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
        windows, spans = self._cut(encoded)
        found = self._scores(windows, np.array([len(span) for span in spans]))
        p_scam = sigmoid(found.scam)
        # Rounded apart, the part could be more than the whole.
        p_tech = np.minimum(sigmoid(found.tech), p_scam)
        likeliest = np.argmax(np.stack([1 - p_scam, p_tech, p_scam - p_tech]), axis=0)
        alerts = None if self.alert_at is None else ~found.gated & (found.scam >= self.alert_at.threshold)
        predictions = []
        for i, (one, tokens) in enumerate(zip(calls, encoded, strict=True)):
            peak = int(found.peak[i])
            first_token = spans[i][peak][0]
            predictions.append(
                Prediction(
                    call_id=one.call_id,
                    status="ok",
                    label=LABELS[likeliest[i]],
                    p_scam=float(p_scam[i]),
                    p_tech_support=float(p_tech[i]),
                    logit_scam=float(found.scam[i]),
                    alert=None if alerts is None else bool(alerts[i]),
                    decided_by="gate" if found.gated[i] else "exact",
                    n_turns=len(one.turns),
                    n_tokens=len(tokens.ids),
                    n_windows=len(spans[i]),
                    peak_window=peak,
                    peak_turn=int(np.searchsorted(tokens.boundaries, first_token, side="right")) - 1,
                    language_ok=looks_english(render(one)),
                )
            )
        return predictions

    def _cut(self, encoded: Sequence[EncodedCall]) -> tuple[list[Ints], list[Ints]]:
        """The windows of finished calls, and where those of each begin and end."""
        spans = [self.encoder.call_spans(call) for call in encoded]
        cut = zip(encoded, spans, strict=True)
        return [window for call, span in cut for window in self.encoder.window_ids(call, span)], spans

    def _scores(self, windows: list[Ints], n_windows: Ints) -> "_Scores":
        """Scores of finished calls: the second opinion's where it may pass a call, else the whole model's."""
        if self.pass_below is None or self.manifest.gate is None or self.linear is None:
            return _Scores.of(pool_calls(self.window_logits(windows), n_windows), self.statistics.call)
        opinion = self.linear.logits(windows)
        scores = _Scores.of(pool_calls(opinion, n_windows), self.manifest.gate)
        scores.gated[:] = scores.scam < self.pass_below
        sent = ~scores.gated
        rows = np.flatnonzero(np.repeat(sent, n_windows))
        logits = self.network_logits([windows[row] for row in rows]) + opinion[rows]
        exact = _Scores.of(pool_calls(logits, n_windows[sent]), self.statistics.call)
        scores.scam[sent], scores.tech[sent], scores.peak[sent] = exact.scam, exact.tech, exact.peak
        return scores

    def _pass_below(self) -> float:
        if self.manifest.gate is None or self.linear is None:
            raise ConfigError("this bundle has no gate: it was exported without a second opinion; score without a gate")
        if self.alert_at is None:
            raise ConfigError("this bundle has no operating point, from which a gate knows what alarms: score without")
        if self.alert_at.threshold < 0:
            raise ConfigError(
                f"{self.operating_point} alarms from {self.alert_at.threshold:+.2f} log-odds, calls that are rather "
                "legitimate; a gate knows those of 0 and more: take a stricter operating point, or score without a gate"
            )
        return self.manifest.gate.pass_below(self.alert_at.threshold)


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores of m calls, each array (m,): calibrated log-odds, the peak window, whether the gate decided."""

    scam: Floats
    tech: Floats
    peak: Ints
    gated: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, pooled: Pooled, mapping: Statistic | Gate) -> "_Scores":
        scam, tech = calibrated(pooled, slope=mapping.slope, intercept=mapping.intercept)
        return cls(scam, tech, pooled.peak, np.zeros(len(scam), dtype=bool))


def load(
    path: str | Path,
    *,
    precision: str = "fp32",
    runtime: str = "auto",
    operating_point: str | None = None,
    gate: bool = False,
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
        gate: whether the second opinion alone decides finished calls that it finds surely legitimate: many times
            faster, and a few alarms in a thousand may be lost (docs/scoring.md). Unless asked for, every call is
            scored by the whole model.
        threads: threads of the runtime; None takes every core that this process may use.
        verify: check every file against SHA256SUMS first (a fraction of a second).

    Returns:
        A scorer.

    Raises:
        BundleError: a file is missing, changed or of an unknown version.
        ConfigError: the bundle has no such precision or operating point, no gate for that point, or the runtime cannot
            run it here.
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
        manifest, encoder, opened,
        linear=linear, precision=precision, operating_point=operating_point, gate=gate, why=why,
    )  # fmt: skip


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
