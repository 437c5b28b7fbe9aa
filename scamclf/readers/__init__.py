"""Transcripts in any format as a stream of calls. One module a format; a bad row is a row, never a stop."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import csv_rows, cues, google_speech, json_calls, jsonl, parquet, text, vcon
from scamclf.readers.documents import call_from_transcript, load_json
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


def read_calls(path: Path, *, format: str | None = None, id_column: str = "call_id", text_column: str = "text") -> Rows:
    """Read every call of a file or of a folder of files.

    Args:
        path: a file; or a folder, whose files are read in order of their names.
        format: one of `FORMATS`; None looks into each file.
        id_column, text_column: columns of a CSV or Parquet file that hold the id and the text.

    Yields:
        A call a row, in order, or the error of a row or of a folder's file that is none.

    Raises:
        ReaderError: the path does not exist, holds nothing to read, or a format is unknown.
    """
    if format is not None and format not in FORMATS:
        raise ReaderError("unknown_format", f"format is {format!r}; wanted one of {', '.join(FORMATS)}")
    if not path.exists():
        raise ReaderError("no_input", f"{path}: no such file or folder")
    columns = {"id_column": id_column, "text_column": text_column}
    if not path.is_dir():
        return _read_file(path, *_opened(path, format), columns)
    files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
    if format is None:
        files = [file for file in files if file.suffix.lower() in SUFFIXES]
    if not files:
        raise ReaderError("no_input", f"{path}: no file that ends in {', '.join(SUFFIXES)}")
    return (row for file in files for row in _read_any(file, format, columns))


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


def _read_any(path: Path, format: str | None, columns: Mapping[str, str]) -> Rows:
    """Read a file of a folder, in which one that is of no format is a row's error."""
    try:
        opened = _opened(path, format)
    except ReaderError as error:
        yield error
        return
    yield from _read_file(path, *opened, columns)


def _read_file(path: Path, format: str, document: Any, columns: Mapping[str, str]) -> Rows:
    match format:
        case "jsonl":
            return jsonl.read(path)
        case "csv":
            return csv_rows.read(path, **columns)
        case "parquet":
            return parquet.read(path, **columns)
        case "text":
            return text.read(path)
        case "vtt" | "srt":
            return cues.read(path, format=format)
    return _read_json(path, format, document)


def _read_json(path: Path, format: str, document: Any) -> Rows:
    try:
        if isinstance(document, ReaderError):
            raise document
        if document is None:
            document = load_json(path)
    except ReaderError as error:
        yield ReaderError(error.code, str(error), call_id=path.stem)
        return
    if format == "json":
        yield from json_calls.calls(document, str(path))
    elif format == "google_speech":
        yield from _read_recordings(path, document)
    else:
        yield _read_document(path, format, document)


def _read_recordings(path: Path, document: Any) -> Rows:
    """Read a response of Google's, which may hold several recordings."""
    try:
        recordings = list(google_speech.files(document))
    except ReaderError as error:
        yield ReaderError(error.code, f"{path}: {error}", call_id=path.stem)
        return
    for address, recording in recordings:
        yield _read_document(path, "google_speech", recording, call_id=address)


def _read_document(path: Path, format: str, document: Any, call_id: str | None = None) -> Call | ReaderError:
    parse = vcon.parse if format == "vcon" else PARSERS[format]
    try:
        return call_from_transcript(parse(document), path, format=format, call_id=call_id)
    except ReaderError as error:
        found = call_id or error.call_id or path.stem
        return ReaderError(error.code, f"{path}: {error}", call_id=found)
