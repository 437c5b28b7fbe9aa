"""Score units: rows are read ahead in a thread, scored a chunk at a time, and written as files that appear whole."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scamclf.bulk.ahead import read_ahead
from scamclf.bulk.durable import durable_file
from scamclf.bulk.formats import part_writer
from scamclf.bulk.ids import Numbers
from scamclf.bulk.inputs import Source, file_of
from scamclf.bulk.manifest import Counts, Entry
from scamclf.bulk.plan import Unit
from scamclf.bulk.rows import Row, numbered, read_rows
from scamclf.bulk.settings import Settings
from scamclf.calls import Call
from scamclf.errors import JobError
from scamclf.metrics import sigmoid
from scamclf.predict import CALLS_AT_A_TIME, EncodedRows, Prediction, Scorer
from scamclf.render import render

__all__ = ["Stages", "score_units", "unit_rows"]

_CHARS_AT_A_TIME = 2**23
"""Text of the calls that are scored together: a few huge calls are as much work as many."""

_CHUNKS_AHEAD = 1
"""Ready while one is run and another is made. Reading is the faster of the two: more of them only take memory."""


@dataclass(slots=True)
class Stages:
    """Seconds that each stage was at work. Reading and tokenising are beside the others, in a thread."""

    read: float = 0.0
    encode: float = 0.0
    run: float = 0.0
    write: float = 0.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a unit that are scored together; the last chunk of a unit may be short."""

    rows: list[Row]
    last: bool


@dataclass(frozen=True, slots=True)
class EncodedChunk:
    """A chunk that is ready for the network."""

    rows: EncodedRows
    last: bool


def score_units(
    scorer: Scorer,
    units: Sequence[Unit],
    out: Path,
    settings: Settings,
    numbers: Numbers,
    stages: Stages,
    *,
    progress: Callable[[Counts], None] = lambda counts: None,
) -> Generator[Entry]:
    """Score units and write their files, one after the other.

    Args:
        scorer: a loaded bundle.
        units: in the order of their inputs.
        out: output folder.
        settings: how to read and write.
        numbers: rows whose id stood before.
        stages: seconds are added to it.
        progress: told what stands in the rows of each chunk.

    Yields:
        What the manifest says of each unit, once its file is on the disk.

    Raises:
        JobError: an input is not what it was in the first pass.
        OSError: an input cannot be read, or the disk is full or fails.
    """
    ready = _encoded(_timed(_chunks(units, out, settings, numbers), stages), scorer, stages)
    with read_ahead(ready, depth=_CHUNKS_AHEAD) as chunks:
        for unit in units:
            counts = Counts()
            with (
                durable_file(out / unit.name) as file,
                part_writer(file, settings.output_format, include_text=settings.include_text) as write,
            ):
                last = False
                while not last:
                    chunk = next(chunks)
                    last = chunk.last
                    begin = time.perf_counter()
                    predictions = scorer.score_encoded(chunk.rows)
                    scored = time.perf_counter()
                    stages.run += scored - begin
                    write(predictions, [render(row) if isinstance(row, Call) else None for row in chunk.rows.rows])
                    stages.write += time.perf_counter() - scored
                    found = _count(scorer, predictions)
                    counts.add(found)
                    progress(found)
                begin = time.perf_counter()
            stages.write += time.perf_counter() - begin
            with (out / unit.name).open("rb") as written:
                digest = hashlib.file_digest(written, "sha256").hexdigest()
                yield Entry(unit.name, written.tell(), digest, counts)


def unit_rows(units: Sequence[Unit], out: Path, settings: Settings, numbers: Numbers) -> Iterator[tuple[Row, bool]]:
    """Read the rows of units, each with whether it is its unit's last. Rows of no unit are read over.

    Raises:
        JobError: an input has fewer or more rows than it had, or was written to while it was read.
    """
    source: Source | None = None
    rows: Iterator[Row] = iter(())
    at, stamp = 0, (0, 0)
    for unit in units:
        for piece in unit.pieces:
            if piece.source is not source:
                source, at = piece.source, 0
                path = file_of(source.path, out)
                stamp = _stamp(path)
                rows = numbered(read_rows(path, source.label, settings), piece.place - piece.start, numbers)
            while at < piece.stop:
                row = next(rows, None)
                if row is None:
                    raise JobError(f"{path}: {at:,} rows where the first pass found {source.rows:,}; it was changed")
                at += 1
                if at == source.rows and next(rows, None) is not None:
                    raise JobError(f"{path}: more rows than the {source.rows:,} of the first pass; it was changed")
                if at == piece.stop and _stamp(path) != stamp:
                    raise JobError(f"{path}: changed while it was read; begin again with a new --out")
                if at > piece.start:
                    yield row, at == piece.stop and piece is unit.pieces[-1]


def _chunks(units: Sequence[Unit], out: Path, settings: Settings, numbers: Numbers) -> Iterator[Chunk]:
    rows: list[Row] = []
    chars = 0
    for row, last in unit_rows(units, out, settings, numbers):
        rows.append(row)
        chars += sum(len(turn.text) for turn in row.turns) if isinstance(row, Call) else 0
        if last or len(rows) == CALLS_AT_A_TIME or chars >= _CHARS_AT_A_TIME:
            yield Chunk(rows, last)
            rows, chars = [], 0


def _timed(chunks: Iterator[Chunk], stages: Stages) -> Iterator[Chunk]:
    begin = time.perf_counter()
    for chunk in chunks:
        stages.read += time.perf_counter() - begin
        yield chunk
        begin = time.perf_counter()


def _encoded(chunks: Iterator[Chunk], scorer: Scorer, stages: Stages) -> Iterator[EncodedChunk]:
    for chunk in chunks:
        begin = time.perf_counter()
        rows = scorer.encode_rows(chunk.rows)
        stages.encode += time.perf_counter() - begin
        yield EncodedChunk(rows, chunk.last)


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _count(scorer: Scorer, predictions: Sequence[Prediction]) -> Counts:
    counts = Counts(rows=len(predictions))
    counts.errors = Counter(row.error_code for row in predictions if row.error_code is not None)
    counts.not_english = sum(row.language_ok is False for row in predictions)
    counts.gated = sum(row.decided_by == "gate" for row in predictions)
    call, exact = scorer.statistics.call, [row for row in predictions if row.decided_by == "exact"]
    scam = np.array([row.logit_scam for row in exact], dtype=np.float64)
    tech = np.array([row.p_tech_support for row in exact], dtype=np.float64)
    counts.alerts.update({name: int((scam >= point.threshold).sum()) for name, point in call.scam.items()})
    counts.alerts.update(
        {
            f"tech_support/{name}": int((tech >= sigmoid(point.threshold)).sum())
            for name, point in call.tech_support.items()
        }
    )
    return counts
