"""vCon (draft-ietf-vcon-vcon-core): a container of dialogs and of analyses, in which a provider's transcript stands.

Text dialogs are turns as they are. A recording's words come from an analysis of it: the provider's own JSON, the World
Transcription Format, WebVTT or plain text. Nothing behind a `url` is ever fetched.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scamclf.calls import Turn, call_from_dict
from scamclf.errors import ReaderError, shown
from scamclf.readers import cues
from scamclf.readers.documents import Transcript, objects, parse_json, whole_object
from scamclf.readers.pieces import (
    Piece,
    clean_text,
    interleave_phrases,
    join_pieces,
    read_name,
    read_seconds,
    with_times,
)
from scamclf.readers.shapes import identify, unwrap
from scamclf.readers.vendors import PARSERS

__all__ = ["parse"]

_SUPPORTED_EXTENSIONS = ("wtf", "wtf_transcription")
_JSON = re.compile(r"""\s*(?:\{|\[\s*[\[{"\]]|"\s*\\?[\[{])""")
_MAX_SKIPPED = 20
_TRANSCRIPT_TYPES = ("wtf_transcription", "transcript", "transcription")


@dataclass(slots=True)
class _Found:
    """Phrases with the times of the call, and why a body gave none."""

    phrases: list[Piece] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def parse(document: Any) -> Transcript:
    """Read the text dialogs and the transcripts of the recordings as one call.

    Raises:
        ReaderError: signed, encrypted, in need of an extension that is not known here, or without words.
    """
    _refuse(document)
    dialogs = [item for _, item in objects(document, "dialog")]
    starts = [_date(item.get("start")) for item in dialogs]
    first = min((start for start in starts if start is not None), default=None)
    offsets = [
        0.0 if len(dialogs) == 1 else (start - first).total_seconds() if start and first else None for start in starts
    ]
    found = _Found()
    spoken = _read_dialogs(document, dialogs, offsets, found)
    _read_analyses(document, offsets, spoken, found)
    turns = join_pieces(interleave_phrases(found.phrases))
    if not turns:
        raise ReaderError("no_text", "; ".join(found.skipped[:5]) or "neither text dialogs nor a transcript")
    return Transcript(
        turns,
        call_id=clean_text(document.get("uuid"), "uuid") or None,
        language=next(iter(found.languages), None),
        started_at=None if first is None else first.isoformat(),
        skipped=tuple(found.skipped[:_MAX_SKIPPED]),
    )


def _refuse(document: Any) -> None:
    if "ciphertext" in whole_object(document):
        raise ReaderError("encrypted", "an encrypted vCon (ciphertext, recipients); decrypt it first")
    if "payload" in document and {"signatures", "signature"} & set(document):
        raise ReaderError("signed", "a signed vCon (payload, signatures); verify it and take the payload out first")
    for key in ("critical", "must_support"):
        names = document.get(key) or []
        unknown = [name for name in names if name not in _SUPPORTED_EXTENSIONS] if isinstance(names, list) else [names]
        if unknown:
            listed = ", ".join(shown(name) for name in unknown[:5])
            raise ReaderError("unknown_critical", f"{key} names {listed}; not known here, so the vCon must not be read")


def _read_dialogs(
    document: Mapping[str, Any], dialogs: list[Mapping[str, Any]], offsets: list[float | None], found: _Found
) -> set[int]:
    """Read the text dialogs.

    Returns:
        Their indexes: an analysis that repeats them is not read again.
    """
    parties = [item for _, item in objects(document, "parties")]
    spoken = set()
    for i, (dialog, offset) in enumerate(zip(dialogs, offsets, strict=True)):
        if dialog.get("type") != "text":
            continue
        body = _body(dialog, f"dialog[{i}]", found)
        text = clean_text(body, f"dialog[{i}].body") if isinstance(body, str) else ""
        if not text:
            continue
        spoken.add(i)
        start = offset if dialog.get("start") is not None else None
        length = read_seconds(dialog.get("duration"), f"dialog[{i}].duration")
        end = None if start is None or length is None else start + length
        found.phrases.append(with_times(Piece(text, _party(dialog, parties)), start, end, f"dialog[{i}]"))
    return spoken


def _party(dialog: Mapping[str, Any], parties: list[Mapping[str, Any]]) -> str | None:
    index = dialog.get("originator", dialog.get("parties"))
    while isinstance(index, list):
        index = index[0] if index else None
    if not isinstance(index, int) or not 0 <= index < len(parties):
        return None
    party = parties[index]
    return read_name(party.get("name") or party.get("role"), f"parties[{index}]") or f"party {index}"


def _read_analyses(document: Mapping[str, Any], offsets: list[float | None], spoken: set[int], found: _Found) -> None:
    """Read one transcript for every dialog, the World Transcription Format before a provider's own."""
    analyses = [item for item in objects(document, "analysis") if item[1].get("type") in _TRANSCRIPT_TYPES]
    done = set(spoken)
    for where, analysis in sorted(analyses, key=lambda item: item[1]["type"] != "wtf_transcription"):
        about = analysis.get("dialog")
        about = about if isinstance(about, list) else [0 if about is None else about]
        indexes = {index for index in about if isinstance(index, int) and not isinstance(index, bool)}
        if indexes & done:
            continue
        try:
            vendor = (read_name(analysis.get("vendor"), f"{where}.vendor") or "").lower()
            transcript = _transcript(_body(analysis, where, found), vendor, where)
        except ReaderError as error:
            if error.code in ("bad_number", "bad_time", "text_too_long"):
                raise
            found.skipped.append(f"{where}: {error}")
            continue
        if transcript is None or not transcript.turns:
            continue
        done |= indexes
        first = min(indexes, default=0)
        offset = offsets[first] if 0 <= first < len(offsets) else 0.0
        found.phrases += [_moved(turn, offset) for turn in transcript.turns]
        found.languages += [transcript.language] if transcript.language else []


def _moved(turn: Turn, offset: float | None) -> Piece:
    start, end = (None if time is None or offset is None else time + offset for time in (turn.start_s, turn.end_s))
    return Piece(turn.text, turn.speaker, start, end, turn.confidence)


def _body(item: Mapping[str, Any], where: str, found: _Found) -> Any:
    """The inline content, decoded; None where there is none."""
    body, encoding = item.get("body"), item.get("encoding")
    if body is None:
        if item.get("url") is not None:
            found.skipped.append(f"{where} lies behind a url, which is never fetched")
        return None
    if isinstance(body, str) and encoding in ("base64url", "base64"):
        try:
            padded = body.translate(str.maketrans("-_", "+/")).rstrip("=") + "=" * (-len(body.rstrip("=")) % 4)
            return b64decode(padded, validate=True).decode("utf-8-sig")
        except (Base64Error, ValueError):
            found.skipped.append(f"{where}: the body is not text in {encoding}")
            return None
    return body


def _transcript(body: Any, vendor: str, where: str) -> Transcript | None:
    for _ in range(2):
        # JSON inside a string, and from some libraries a string inside that.
        if isinstance(body, str) and _JSON.match(body):
            body = parse_json(body, where)
    if body is None:
        return None
    if isinstance(body, str):
        if body.lstrip("\ufeff").startswith("WEBVTT"):
            return Transcript(cues.parse_vtt(body.lstrip("\ufeff")))
        return Transcript(call_from_dict({"call_id": "-", "text": body}).turns)
    document = unwrap(body, vendor)
    name = identify(document)
    if name is None or name not in PARSERS:
        raise ReaderError("unknown_format", "the body is of no format known here")
    return PARSERS[name](document)


def _date(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
