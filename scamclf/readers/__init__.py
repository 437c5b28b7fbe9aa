"""Transcripts in any format as a stream of calls. One module a format; a bad row is a row, never a stop."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import csv_rows, cues, google_speech, json_calls, jsonl, parquet, text, vcon
from scamclf.readers.documents import call_from_transcript, legal_text, load_json
from scamclf.readers.sniff import SUFFIXES, open_file, sniff
from scamclf.readers.vendors import PARSERS

__all__ = ["FORMATS", "Rows", "read_calls", "sniff"]

Rows = Iterator[Call | ReaderError]

FORMATS: Mapping[str, str] = {
    "jsonl": "canonical calls, one a line",
    "json": "canonical calls in one JSON document",
    "csv": "a header, then a call a record",
    "parquet": "a call a row",
    "text": "a call a file, a turn a line",
    "vcon": "vCon, the IETF's container of conversations",
    "wtf": "World Transcription Format",
    "amazon_contact_lens": "Amazon Connect Contact Lens",
    "amazon_call_analytics": "Amazon Transcribe Call Analytics",
    "amazon_transcribe": "Amazon Transcribe",
    "assemblyai": "AssemblyAI",
    "azure_speech": "Azure Speech, batch and fast transcription",
    "deepgram": "Deepgram, pre-recorded",
    "google_speech": "Google Speech-to-Text v2 and v1",
    "whisper": "Whisper, faster-whisper and WhisperX JSON",
    "vtt": "WebVTT",
    "srt": "SubRip",
}
"""Every format by name, with what it is."""


def read_calls(
    path: Path,
    *,
    format: str | None = None,
    id_column: str = "call_id",
    text_column: str = "text",
    name: str | None = None,
) -> Rows:
    """Read every call of a file or of a folder of files.

    Args:
        path: a file; or a folder, whose files are read in order of their names.
        format: one of `FORMATS`; None looks into each file.
        id_column, text_column: columns or keys of a canonical file that hold the id and the text.
        name: id of the call of a file that holds none; None takes the file's stem or, in a folder, its path from there
            without suffix.

    Yields:
        A call a row, in order, or the error of a row or of what of a file cannot be read.

    Raises:
        ReaderError: at once: the path does not exist, holds nothing to read, or a format is unknown.
        OSError: a file cannot be opened, or the disk fails.
    """
    if format is not None and format not in FORMATS:
        raise ReaderError("unknown_format", f"format is {format!r}; wanted one of {', '.join(FORMATS)}")
    if not path.exists():
        raise ReaderError("no_input", f"{path}: no such file or folder")
    columns = {"id_column": id_column, "text_column": text_column}
    if not path.is_dir():
        return _read_file(path, *_opened(path, format), columns, legal_text(name or path.stem))
    files = sorted(p for p in path.rglob("*") if p.is_file() and not _is_hidden(p.relative_to(path)))
    if format is None:
        files = [file for file in files if file.suffix.lower() in SUFFIXES]
    if not files:
        raise ReaderError("no_input", f"{path}: no file that ends in {', '.join(SUFFIXES)}")
    return (row for file in files for row in _read_any(file, format, columns, _name_in(path, file)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _name_in(folder: Path, file: Path) -> str:
    return legal_text(file.relative_to(folder).with_suffix("").as_posix())


def _opened(path: Path, format: str | None) -> tuple[str, Any]:
    """The format and, of a JSON document, what is in it.

    Raises:
        ReaderError: no format fits.
    """
    if format is not None:
        return format, None
    try:
        return open_file(path)
    except ReaderError as error:
        if error.code == "unknown_format":
            raise
        # The file is what its suffix says, but damaged: that is a row's error.
        return "json", error


def _read_any(path: Path, format: str | None, columns: Mapping[str, str], name: str) -> Rows:
    """Read a file of a folder, in which one that is of no format is a row's error."""
    try:
        opened = _opened(path, format)
    except ReaderError as error:
        yield ReaderError(error.code, str(error), call_id=name)
        return
    yield from _read_file(path, *opened, columns, name)


def _read_file(path: Path, format: str, document: Any, columns: Mapping[str, str], name: str) -> Rows:
    match format:
        case "jsonl":
            return jsonl.read(path, **columns)
        case "csv":
            return csv_rows.read(path, **columns)
        case "parquet":
            return parquet.read(path, **columns)
        case "text":
            return text.read(path, name=name)
        case "vtt" | "srt":
            return cues.read(path, format=format, name=name)
    return _read_json(path, format, document, columns, name)


def _read_json(path: Path, format: str, document: Any, columns: Mapping[str, str], name: str) -> Rows:
    try:
        if isinstance(document, ReaderError):
            raise document
        if document is None:
            document = load_json(path)
    except ReaderError as error:
        yield ReaderError(error.code, str(error), call_id=name)
        return
    if format == "json":
        yield from json_calls.calls(document, str(path), **columns)
    elif format == "google_speech":
        yield from _read_recordings(path, document, name)
    else:
        yield _read_document(path, format, document, name)


def _read_recordings(path: Path, document: Any, name: str) -> Rows:
    """Read a response of Google's, which may hold several recordings."""
    try:
        recordings = list(google_speech.files(document))
    except ReaderError as error:
        yield ReaderError(error.code, f"{path}: {error}", call_id=name)
        return
    for address, recording in recordings:
        yield _read_document(path, "google_speech", recording, name, call_id=address)


def _read_document(path: Path, format: str, document: Any, name: str, call_id: str | None = None) -> Call | ReaderError:
    parse = vcon.parse if format == "vcon" else PARSERS[format]
    try:
        return call_from_transcript(parse(document), path, format=format, name=name, call_id=call_id)
    except ReaderError as error:
        return ReaderError(error.code, f"{path}: {error}", call_id=call_id or error.call_id or name)
