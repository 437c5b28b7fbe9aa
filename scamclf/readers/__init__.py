"""Transcripts in any format as a stream of calls. One module a format; a bad row is a row, never a stop."""

from collections.abc import Callable, Iterator
from pathlib import Path

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import csv_rows, jsonl, parquet, text

__all__ = ["FORMATS", "Rows", "read_calls"]

Rows = Iterator[Call | ReaderError]

FORMATS: dict[str, Callable[[Path], Rows]] = {
    "jsonl": jsonl.read,
    "csv": csv_rows.read,
    "parquet": parquet.read,
    "text": text.read,
}
_BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".txt": "text",
}


def read_calls(path: Path, *, format: str | None = None) -> Rows:
    """Read every call of a file or of a folder of files.

    Args:
        path: a file; or a folder, whose files are read in order of their names.
        format: one of `FORMATS`; None goes by each file's suffix.

    Yields:
        A call a row, in order, or the error of a row that is none.

    Raises:
        ReaderError: the path does not exist, holds nothing to read, or a format is unknown.
    """
    if format is not None and format not in FORMATS:
        raise ReaderError("unknown_format", f"format is {format!r}; wanted one of {', '.join(FORMATS)}")
    if not path.exists():
        raise ReaderError("no_input", f"{path}: no such file or folder")
    files = (
        sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")) if path.is_dir() else [path]
    )
    if path.is_dir() and format is None:
        files = [file for file in files if file.suffix.lower() in _BY_SUFFIX]
    if not files:
        raise ReaderError("no_input", f"{path}: no file that ends in {', '.join(_BY_SUFFIX)}")
    readers = [FORMATS[format or _format_of(file)] for file in files]
    return (row for read, file in zip(readers, files, strict=True) for row in read(file))


def _format_of(file: Path) -> str:
    suffix = file.suffix.lower()
    if suffix not in _BY_SUFFIX:
        raise ReaderError(
            "unknown_format",
            f"{file}: cannot tell the format from {suffix!r}; use --format {'|'.join(FORMATS)}",
        )
    return _BY_SUFFIX[suffix]
