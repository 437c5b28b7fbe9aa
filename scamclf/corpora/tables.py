"""Reading the authors' files: tables, documents and closed lists of values, refused with the place named."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from scamclf.errors import DataError

__all__ = ["list_files", "look_up", "need", "read_json", "read_json_lines", "read_table", "read_text"]

T = TypeVar("T")


def read_text(path: Path) -> str:
    """Read a UTF-8 file whole, with or without a byte-order mark.

    Raises:
        DataError: the file is missing or no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; wanted the corpus as its authors published it") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} is no UTF-8; wanted a UTF-8 text file") from error


def read_json(path: Path) -> Any:
    """Read one JSON document.

    Raises:
        DataError: the file is missing, no UTF-8 or no JSON.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: line {error.lineno} is no JSON ({error.msg}); wanted one document") from error


def read_json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Read one JSON document a line; empty lines are passed over.

    Yields:
        Line number, counted from 0, and the document.

    Raises:
        DataError: the file is missing or no UTF-8, or a line is no JSON.
    """
    for number, line in enumerate(read_text(path).split("\n")):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(f"{path}: line {number + 1} is no JSON ({error.msg}); wanted one document") from error


def read_table(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a CSV file with a header.

    Args:
        path: the file.
        columns: columns that must be there; others are passed through.

    Yields:
        Row number, counted from 0 without the header, and the row.

    Raises:
        DataError: the file or a column is missing, a row has too few fields, or a quotation mark is not closed.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        yield from _checked_rows(reader, path, columns)
    except csv.Error as error:
        raise DataError(
            f"{path}, near line {reader.line_num}: no CSV ({error}); wanted the file as its authors published it"
        ) from error


def _checked_rows(
    reader: "csv.DictReader[str]", path: Path, columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    found = list(reader.fieldnames or ())
    if missing := [column for column in columns if column not in found]:
        raise DataError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(found) or 'no header'}, "
            f"wanted {', '.join(columns)}"
        )
    for number, row in enumerate(reader):
        if short := [column for column in columns if row[column] is None]:
            raise DataError(
                f"{path}, row {number}: {', '.join(short)} is missing; wanted {len(found)} fields in every row"
            )
        yield number, row


def list_files(folder: Path, pattern: str) -> list[Path]:
    """Find the files that match `pattern` under `folder`, sorted by path.

    Raises:
        DataError: there is none.
    """
    paths = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not paths:
        raise DataError(f"{folder}: no file matches {pattern}; wanted the corpus as its authors published it")
    return paths


def look_up(table: Mapping[str, T], value: str, where: str, column: str) -> T:
    """Look up `value` in a closed list.

    Raises:
        DataError: it is not in the list; the message names `where` and `column`.
    """
    if value not in table:
        raise DataError(f"{where}: {column} is {value!r}; wanted one of {_quote(table)}")
    return table[value]


def need(row: Any, key: str, kind: type[T], where: str) -> T:
    """Take the value of `key` from a JSON object, checked for its type.

    Raises:
        DataError: `row` is no object, has no such key, or its value is of another type.
    """
    if not isinstance(row, Mapping):
        raise DataError(f"{where}: found {type(row).__name__}; wanted an object with {key}")
    if key not in row:
        raise DataError(f"{where}: no key {key}; found {_quote(row)}")
    value = row[key]
    if not isinstance(value, kind):
        raise DataError(f"{where}: {key} is {type(value).__name__}; wanted {kind.__name__}")
    return value


def _quote(values: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(values))) or "nothing"
