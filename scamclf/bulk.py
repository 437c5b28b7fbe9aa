"""Files of calls in, a file of scores out: one output row for every input row."""

import csv
import dataclasses
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf.calls import Call
from scamclf.errors import ConfigError, ReaderError
from scamclf.predict import CALLS_AT_A_TIME, PREDICTION_SCHEMA, Prediction, Scorer
from scamclf.readers import read_calls

__all__ = ["OUTPUT_FORMATS", "Summary", "score_files"]

_COLUMNS = [field.name for field in dataclasses.fields(Prediction)]
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Write = Callable[[list[Prediction]], None]


@dataclass(slots=True)
class Summary:
    """What a job did.

    Args:
        output: the file written.
        rows, alerts: counts; every input row is one output row.
        errors: error rows by code.
        not_english: calls scored though their words do not look like English.
        top: the most suspicious calls with their predictions, highest first.
    """

    output: Path
    rows: int = 0
    alerts: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    not_english: int = 0
    top: list[tuple[Prediction, Call]] = field(default_factory=list)


def score_files(
    scorer: Scorer,
    inputs: Path,
    out: Path,
    *,
    input_format: str | None = None,
    id_column: str = "call_id",
    text_column: str = "text",
    output_format: str = "parquet",
    top: int = 0,
    progress: Callable[[int], None] = lambda rows: None,
) -> Summary:
    """Score every call of a file or folder.

    Args:
        scorer: a loaded bundle.
        inputs: file or folder of calls.
        out: folder to write `scores.<format>` and `summary.json` into; the file appears when it is whole.
        input_format: one of `scamclf.readers.FORMATS`; None looks into each file.
        id_column, text_column: columns of a CSV or Parquet file that hold the id and the text.
        output_format: one of `OUTPUT_FORMATS`.
        top: most suspicious calls to keep in the summary.
        progress: told the rows of each chunk as it is done.

    Returns:
        The summary.

    Raises:
        ConfigError: the output format is unknown, or `out` is a file.
        ReaderError: there is nothing to read, or a file is damaged.
    """
    if output_format not in OUTPUT_FORMATS:
        raise ConfigError(f"output format is {output_format!r}; wanted one of {', '.join(OUTPUT_FORMATS)}")
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file; wanted a folder to write the scores into")
    rows = read_calls(inputs, format=input_format, id_column=id_column, text_column=text_column)
    out.mkdir(parents=True, exist_ok=True)
    summary = Summary(out / f"scores.{output_format}")
    partial = summary.output.with_name(f".{summary.output.name}.part")
    with OUTPUT_FORMATS[output_format](partial) as write:
        while chunk := list(islice(rows, CALLS_AT_A_TIME)):
            predictions = list(scorer.score_rows(chunk))
            write(predictions)
            _count(summary, chunk, predictions, top)
            progress(len(chunk))
    partial.replace(summary.output)
    (out / "summary.json").write_text(json.dumps(_plain(summary, scorer), indent=2) + "\n", encoding="utf-8")
    return summary


def _count(summary: Summary, rows: Iterable[Call | ReaderError], predictions: list[Prediction], top: int) -> None:
    for row, prediction in zip(rows, predictions, strict=True):
        summary.rows += 1
        summary.alerts += bool(prediction.alert)
        summary.not_english += prediction.language_ok is False
        if isinstance(row, Call):
            summary.top.append((prediction, row))
        else:
            summary.errors[row.code] += 1
    summary.top.sort(key=lambda item: -(item[0].logit_scam or 0.0))
    del summary.top[top:]


def _plain(summary: Summary, scorer: Scorer) -> dict[str, Any]:
    return {
        "rows": summary.rows,
        "operating_point": scorer.operating_point,
        "alerts": summary.alerts,
        "errors": dict(summary.errors),
        "not_english": summary.not_english,
        "output": summary.output.name,
    }


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    with pq.ParquetWriter(path, PREDICTION_SCHEMA, compression="zstd") as writer:
        yield lambda rows: writer.write_table(
            pa.Table.from_pylist([dataclasses.asdict(row) for row in rows], schema=PREDICTION_SCHEMA)
        )
    _sync(path)


@contextmanager
def _jsonl(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda rows: file.writelines(
            json.dumps(dataclasses.asdict(row), ensure_ascii=False) + "\n" for row in rows
        )
    _sync(path)


@contextmanager
def _csv(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        yield lambda rows: writer.writerows(
            {name: _cell(value) for name, value in dataclasses.asdict(row).items()} for row in rows
        )
    _sync(path)


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula is quoted."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


OUTPUT_FORMATS = {"parquet": _parquet, "jsonl": _jsonl, "csv": _csv}
