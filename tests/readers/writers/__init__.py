"""One invented call written the way each vendor writes it: the opposite of the readers, from the same documents.

A format that has several ways to say who spoke has a writer for each.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import read_calls
from tests.readers.writers.amazon import (
    call_analytics,
    contact_lens,
    transcribe_channels,
    transcribe_old_speakers,
    transcribe_speakers,
)
from tests.readers.writers.assemblyai import assemblyai
from tests.readers.writers.azure import azure_batch, azure_fast, azure_iso
from tests.readers.writers.cues import srt, vtt
from tests.readers.writers.deepgram import deepgram_channels, deepgram_diarised
from tests.readers.writers.google import google_v1_diarised, google_v2, google_v2_channels
from tests.readers.writers.plain import csv_rows, json_list, parquet, text
from tests.readers.writers.talk import Talk, to_json
from tests.readers.writers.vcon import vcon_base64, vcon_inner, vcon_string, vcon_text, vcon_wtf
from tests.readers.writers.whisper import whisper_one_segment, whisperx, wtf

WRITERS: dict[str, tuple[str, Callable[[Talk], bytes]]] = {
    "json_list": (".json", json_list),
    "text": (".txt", text),
    "csv": (".csv", csv_rows),
    "parquet": (".parquet", parquet),
    "deepgram_diarised": (".json", deepgram_diarised),
    "deepgram_channels": (".json", deepgram_channels),
    "assemblyai": (".json", assemblyai),
    "contact_lens": (".json", contact_lens),
    "call_analytics": (".json", call_analytics),
    "transcribe_speakers": (".json", transcribe_speakers),
    "transcribe_old_speakers": (".json", transcribe_old_speakers),
    "transcribe_channels": (".json", transcribe_channels),
    "azure_batch": (".json", azure_batch),
    "azure_iso": (".json", azure_iso),
    "azure_fast": (".json", azure_fast),
    "google_v2": (".json", google_v2),
    "google_v2_channels": (".json", google_v2_channels),
    "google_v1_diarised": (".json", google_v1_diarised),
    "whisperx": (".json", whisperx),
    "whisper_one_segment": (".json", whisper_one_segment),
    "wtf": (".json", wtf),
    "vtt": (".vtt", vtt),
    "srt": (".srt", srt),
    "vcon_text": (".vcon", vcon_text),
    "vcon_wtf": (".vcon", vcon_wtf),
    "vcon_string": (".json", vcon_string),
    "vcon_inner": (".json", vcon_inner),
    "vcon_base64": (".json", vcon_base64),
}
"""Every writer with the suffix of its file."""


def write(talk: Talk, name: str, folder: Path) -> Path:
    suffix, writer = WRITERS[name]
    path = folder / f"{name}{suffix}"
    path.write_bytes(writer(talk))
    return path


def read_one(path: Path, format: str | None = None) -> Call:
    """The one call of a file."""
    (call,) = read_calls(path, format=format)
    assert isinstance(call, Call), call
    return call


def read_row(document: Any, folder: Path, format: str | None = None, name: str = "1.json") -> Call | ReaderError:
    """The one row of a document written as JSON."""
    path = folder / name
    path.write_bytes(to_json(document))
    (row,) = read_calls(path, format=format)
    return row


def error_of(document: Any, folder: Path, format: str | None = None) -> ReaderError:
    """The error of a document that is no call."""
    row = read_row(document, folder, format)
    assert isinstance(row, ReaderError), row
    return row


def call_of(document: Any, folder: Path, format: str | None = None) -> Call:
    """The call of a document."""
    row = read_row(document, folder, format)
    assert isinstance(row, Call), row
    return row
