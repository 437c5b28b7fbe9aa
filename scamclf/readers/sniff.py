"""Tell a file's format by what is in it; the suffix decides only where the content could be several."""

import json
import re
from pathlib import Path
from typing import Any

from scamclf.errors import ReaderError
from scamclf.readers.documents import load_json
from scamclf.readers.shapes import identify

__all__ = ["HEAD_BYTES", "SUFFIXES", "open_file", "sniff"]

HEAD_BYTES = 64 * 2**10
"""How much of a file is looked at; of a JSON document the keys are, wherever they stand."""

SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".vcon": "json",
    ".csv": "csv",
    ".parquet": "parquet",
    ".vtt": "vtt",
    ".srt": "srt",
    ".txt": "text",
}
"""Suffixes that a folder is searched for, with the format that they suggest."""

_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
"""gzip, zip, xz, zstd: a gigabyte of zeros is a megabyte of any of them."""

_JSON_START = re.compile(r"\{\s*[\"}]|\[\s*[\[{\]]")
_SRT_START = re.compile(r"\d{1,9}\s*\n\s*\d{1,4}:\d{1,2}:\d{1,2}[,.]\d{1,3}\s*-->")


def sniff(path: Path) -> str:
    """Name the format of a file.

    Args:
        path: a file.

    Returns:
        A key of `scamclf.readers.FORMATS`.

    Raises:
        ReaderError: no format fits, or a JSON document cannot be read.
    """
    return open_file(path)[0]


def open_file(path: Path) -> tuple[str, Any]:
    """Name the format of a file and, of a JSON document, give what is in it, so that it is parsed once.

    Raises:
        ReaderError: no format fits, or a JSON document cannot be read.
    """
    name = _family(path)
    if name != "json":
        return name, None
    text = SUFFIXES.get(path.suffix.lower()) == "text"
    try:
        document = load_json(path)
    except ReaderError:
        if text:
            return "text", None
        raise
    found = identify(document)
    if found is None and not text:
        keys = ", ".join(str(key)[:40] for key in list(document)[:8]) if isinstance(document, dict) else "no object"
        raise _unknown(path, f"JSON with the keys {keys}")
    return (found, document) if found is not None else ("text", None)


def _family(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    suggested = SUFFIXES.get(path.suffix.lower())
    if head.startswith(b"PAR1") or suggested in ("parquet", "csv"):
        return "parquet" if head.startswith(b"PAR1") else str(suggested)
    if head.startswith(_COMPRESSED):
        raise ReaderError("unknown_format", f"{path}: compressed; unpack it first", call_id=path.stem)
    utf_16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if utf_16 else "utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("WEBVTT"):
        return "vtt"
    if _JSON_START.match(text):
        return "jsonl" if suggested == "jsonl" or _has_lines(text) else "json"
    if _SRT_START.match(text):
        return "srt"
    if suggested is not None:
        return suggested
    header = text.partition("\n")[0].replace('"', "").strip().split(",")
    if {"call_id", "text"} <= set(header):
        return "csv"
    raise _unknown(path, f"cannot tell the format from {path.suffix!r} or the first {HEAD_BYTES:,} bytes")


def _has_lines(text: str) -> bool:
    """Whether JSON begins with an object on a line of its own and goes on with another."""
    first, _, rest = text.partition("\n")
    if not rest.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _unknown(path: Path, found: str) -> ReaderError:
    from scamclf.readers import FORMATS

    return ReaderError("unknown_format", f"{path}: {found}; use --format {'|'.join(FORMATS)}", call_id=path.stem)
