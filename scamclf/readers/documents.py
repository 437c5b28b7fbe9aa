"""JSON documents of any size and shape, read within bounds."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn, call_from_dict
from scamclf.errors import ReaderError
from scamclf.readers.limits import MAX_DOCUMENT_BYTES, MAX_EXPANDED_BYTES

__all__ = [
    "Transcript",
    "call_from_row",
    "call_from_transcript",
    "in_front",
    "language_tag",
    "legal_text",
    "load_json",
    "named_columns",
    "objects",
    "parse_json",
    "read_bounded",
    "sub_object",
    "whole_object",
]

_HALF = re.compile("[\ud800-\udfff]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a vendor's document tells about one call.

    Args:
        turns: in the order in which they were spoken.
        call_id: the job's or contact's id, None where the format has none.
        language: as the vendor writes it.
        started_at: ISO 8601 time.
        skipped: what of the document was not read, and why.
    """

    turns: tuple[Turn, ...]
    call_id: str | None = None
    language: str | None = None
    started_at: str | None = None
    skipped: tuple[str, ...] = ()


def read_bounded(path: Path) -> bytes:
    """Read a whole file.

    Raises:
        ReaderError: it is larger than `MAX_DOCUMENT_BYTES`.
    """
    with path.open("rb") as file:
        data = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise ReaderError("file_too_large", f"{path}: larger than {MAX_DOCUMENT_BYTES:,} bytes; write one call a file")
    return data


def load_json(path: Path) -> Any:
    """Read a JSON file. Duplicate keys are legal: the last one counts.

    Raises:
        ReaderError: too large, not UTF-8, -16 or -32, not JSON, or nested too deeply.
    """
    return parse_json(read_bounded(path), str(path))


def parse_json(data: bytes | str, where: str) -> Any:
    """Read JSON from memory.

    Raises:
        ReaderError: not Unicode, not JSON, nested too deeply, or larger in memory than `MAX_EXPANDED_BYTES`.
    """
    try:
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
        del data
        if (expanded := _expanded_bytes(text)) > MAX_EXPANDED_BYTES:
            message = f"may take {expanded:,} bytes of memory; at most {MAX_EXPANDED_BYTES:,}: write one call a file"
            raise ReaderError("file_too_large", f"{where}: {message}")
        value = json.loads(text)
        # JSON may escape half a character, which no tokenizer and no Parquet file takes.
        return _legal_value(value) if _SURROGATE.search(text) else value
    except UnicodeDecodeError as error:
        raise ReaderError("bad_encoding", f"{where}: not UTF-8 ({error.reason} at byte {error.start})") from error
    except ValueError as error:
        raise ReaderError("bad_json", f"{where}: not JSON ({error})") from error
    except RecursionError as error:
        raise ReaderError("bad_json", f"{where}: not JSON (nested too deeply)") from error


def _expanded_bytes(text: str) -> int:
    """Most memory that the text takes once it is parsed: as measured for each object, list, value and character."""
    return 2 * text.__sizeof__() + 120 * text.count("{") + 72 * text.count("[") + 80 * text.count(",")


def _legal_value(value: Any) -> Any:
    if isinstance(value, str):
        return legal_text(value) if _HALF.search(value) else value
    if isinstance(value, list):
        return [_legal_value(item) for item in value]
    if isinstance(value, dict):
        return {legal_text(key): _legal_value(item) for key, item in value.items()}
    return value


def legal_text(text: str) -> str:
    """The text with every half of a surrogate pair replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def objects(document: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each object of the list `document[key]`, with its place for error messages; a missing list is empty.

    Raises:
        ReaderError: the value is no list, or an entry no object.
    """
    value = document.get(key)
    if value is None:
        return
    if not isinstance(value, list):
        raise ReaderError("bad_shape", f"{key} is {type(value).__name__}; wanted a list of objects")
    for i, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise ReaderError("bad_shape", f"{key}[{i}] is {type(item).__name__}; wanted an object")
        yield f"{key}[{i}]", item


def whole_object(document: Any) -> Mapping[str, Any]:
    """The document.

    Raises:
        ReaderError: it is no object.
    """
    if not isinstance(document, Mapping):
        raise ReaderError("bad_shape", f"the document is {type(document).__name__}; wanted an object")
    return document


def sub_object(document: Any, key: str) -> Mapping[str, Any]:
    """The object `document[key]`, empty where it is missing or null.

    Raises:
        ReaderError: the document or the value is no object.
    """
    value = whole_object(document).get(key)
    if value is not None and not isinstance(value, Mapping):
        raise ReaderError("bad_shape", f"{key} is {type(value).__name__}; wanted an object")
    return value or {}


def language_tag(value: Any) -> str | None:
    """A language tag such as `en` or `en-US`; None for anything else, names such as `english` included."""
    if not isinstance(value, str):
        return None
    parts = value.replace("_", "-").split("-")
    plain = all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts)
    return "-".join(parts) if plain and parts[0].isalpha() and 2 <= len(parts[0]) <= 3 else None


def call_from_transcript(
    transcript: Transcript, path: Path, *, format: str, name: str, call_id: str | None = None
) -> Call:
    """A call of what a vendor's file tells.

    Args:
        transcript: what was read.
        path: the file.
        format: name of the format, told in `Call.meta` with the file's name and what was skipped.
        name: the call's id where the format has none.
        call_id: stands above the transcript's own.

    Raises:
        ReaderError: it holds no words, or too many.
    """
    skipped = {"skipped": list(transcript.skipped)} if transcript.skipped else {}
    return call_from_dict(
        {
            "call_id": call_id or transcript.call_id or name,
            "language": language_tag(transcript.language),
            "started_at": transcript.started_at,
            "meta": {"format": format, "file": legal_text(path.name)} | skipped,
            "turns": [{key: getattr(turn, key) for key in Turn.__slots__} for turn in transcript.turns],
        }
    )


def named_columns(row: Any, id_column: str, text_column: str) -> Any:
    """A row of canonical JSON with `call_id` and `text` under the names that a user's own file has for them."""
    if not isinstance(row, Mapping) or (id_column, text_column) == ("call_id", "text"):
        return row
    found = {**row, "call_id": row.get(id_column)}
    return found if text_column == "text" else found | {"text": row.get(text_column), "turns": None}


def call_from_row(row: Any, where: str) -> Call | ReaderError:
    """`call_from_dict`, its error returned with the place in front; a turn that ends before it starts is one."""
    place = in_front(where)
    try:
        call = call_from_dict(row)
    except ReaderError as error:
        return ReaderError(error.code, f"{place}{error}", call_id=error.call_id)
    except OverflowError as error:
        return ReaderError("bad_number", f"{place}a number is too large ({error})")
    for i, turn in enumerate(call.turns):
        if turn.start_s is not None and turn.end_s is not None and turn.end_s < turn.start_s:
            message = (
                f"{place}call {call.call_id!r}: turn {i} ends at {turn.end_s} s, before it starts at {turn.start_s} s"
            )
            return ReaderError("bad_time", message, call_id=call.call_id)
    return call


def in_front(where: str) -> str:
    """A place as it stands in front of a message; nothing for a row that has none, such as an engine's."""
    return where and f"{where}: "
