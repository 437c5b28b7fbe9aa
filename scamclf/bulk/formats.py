"""Output files: predictions as Parquet, JSONL or CSV, written a chunk at a time and read back a row at a time."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf.prediction import PREDICTION_SCHEMA, Prediction, as_batch

__all__ = ["output_schema", "part_rows", "part_writer"]

Write = Callable[[Sequence[Prediction], Sequence[str | None]], None]

_MAX_CELL_CHARS = 2**27
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


def output_schema(*, include_text: bool) -> pa.Schema:
    """Columns of the output: those of `Prediction`, and `text` where it is asked for."""
    return PREDICTION_SCHEMA.append(pa.field("text", pa.string())) if include_text else PREDICTION_SCHEMA


@contextmanager
def part_writer(file: BinaryIO, format: str, *, include_text: bool) -> Iterator[Write]:
    """Write rows into a file.

    Args:
        file: open for writing.
        format: one of `scamclf.bulk.settings.OUTPUT_FORMATS`.
        include_text: whether the texts go into a column of their own.

    Yields:
        Takes predictions and their texts.
    """
    schema, names = output_schema(include_text=include_text), PREDICTION_SCHEMA.names

    def rows(predictions: Sequence[Prediction], texts: Sequence[str | None]) -> Iterator[dict[str, Any]]:
        for prediction, text in zip(predictions, texts, strict=True):
            row = {name: getattr(prediction, name) for name in names}
            yield row | {"text": text} if include_text else row

    def batch(predictions: Sequence[Prediction], texts: Sequence[str | None]) -> pa.RecordBatch:
        columns = as_batch(predictions).columns
        return pa.RecordBatch.from_arrays(
            [*columns, pa.array(texts, pa.string())] if include_text else columns, schema=schema
        )

    match format:
        case "parquet":
            with pq.ParquetWriter(file, schema, compression="zstd") as parquet:
                yield lambda some, texts: parquet.write_batch(batch(some, texts))
        case "jsonl":
            yield lambda some, texts: file.writelines(
                f"{json.dumps(row, ensure_ascii=False)}\n".encode() for row in rows(some, texts)
            )
        case "csv":
            text_file = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
            table = csv.DictWriter(text_file, schema.names)
            table.writeheader()
            yield lambda some, texts: table.writerows(
                {name: _cell(value) for name, value in row.items()} for row in rows(some, texts)
            )
            text_file.detach()


def part_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read some columns of an output file, a row at a time. Cells of CSV are texts, or None where they are empty."""
    match path.suffix:
        case ".parquet":
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(columns=list(columns)):
                    yield from batch.to_pylist()
        case ".jsonl":
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    yield {name: row[name] for name in columns}
        case ".csv":
            csv.field_size_limit(_MAX_CELL_CHARS)
            with path.open(encoding="utf-8", newline="") as table:
                for row in csv.DictReader(table):
                    yield {name: _value(row[name]) for name in columns}


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets a quote in front; so does one that has a quote there."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _value(cell: str) -> str | None:
    return cell.removeprefix("'") or None
