"""Azure Speech: batch transcription (`recognizedPhrases`) and fast transcription (`phrases`).

The channels of a stereo recording stand one behind the other. Times are ticks of 100 ns, milliseconds or ISO 8601
durations, by the version of the service.
"""

import re
from collections.abc import Mapping
from typing import Any

from scamclf.errors import ReaderError, shown
from scamclf.readers.documents import Transcript, objects, whole_object
from scamclf.readers.pieces import (
    Piece,
    clean_text,
    interleave_phrases,
    join_pieces,
    read_confidence,
    read_name,
    read_seconds,
    speaker_label,
    with_times,
)

__all__ = ["parse"]

_ISO_DURATION = re.compile(r"PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?")


def parse(document: Any) -> Transcript:
    """Read the best alternative of every phrase that was recognised.

    Raises:
        ReaderError: the shape is another, or a number is none.
    """
    batch = "recognizedPhrases" in whole_object(document)
    if not batch and "phrases" not in document and "combinedPhrases" not in document:
        raise ReaderError("bad_shape", "neither recognizedPhrases nor phrases; wanted a result of Azure Speech")
    phrases = list(objects(document, "recognizedPhrases" if batch else "phrases"))
    channels = len({read_name(item.get("channel"), where) for where, item in phrases})
    pieces = [
        _piece(item, where, channels) for where, item in phrases if item.get("recognitionStatus") in (None, "Success")
    ]
    if not any(piece.text for piece in pieces):
        whole, key = ("combinedRecognizedPhrases", "display") if batch else ("combinedPhrases", "text")
        combined = list(objects(document, whole))
        pieces = [
            Piece(clean_text(item.get(key), where), speaker_label(None, item.get("channel"), channels=len(combined)))
            for where, item in combined
        ]
    language = next((item["locale"] for _, item in phrases if item.get("locale")), None)
    return Transcript(join_pieces(interleave_phrases(pieces)), language=language)


def _piece(item: Mapping[str, Any], where: str, channels: int) -> Piece:
    best = next((found for _, found in objects(item, "nBest")), item)
    text = next((best[key] for key in ("display", "text", "itn", "lexical") if best.get(key)), None)
    speaker = item.get("speaker", best.get("speaker"))
    piece = Piece(
        clean_text(text, where),
        speaker_label(speaker, item.get("channel"), channels=channels),
        confidence=read_confidence(best.get("confidence"), f"{where}.confidence"),
    )
    start, length = (_time(item, key, where) for key in ("offset", "duration"))
    return with_times(piece, start, None if start is None or length is None else start + length, where)


def _time(item: Mapping[str, Any], key: str, where: str) -> float | None:
    """`offset` or `duration` in seconds, whichever way this version writes it."""
    if item.get(f"{key}Milliseconds") is not None:
        return read_seconds(item[f"{key}Milliseconds"], f"{where}.{key}Milliseconds", per_second=1000)
    if item.get(f"{key}InTicks") is not None:
        return read_seconds(item[f"{key}InTicks"], f"{where}.{key}InTicks", per_second=10_000_000)
    value = item.get(key)
    if not isinstance(value, str):
        # The first preview of fast transcription named its milliseconds `offset` and `duration`.
        return read_seconds(value, f"{where}.{key}", per_second=1000)
    match = _ISO_DURATION.fullmatch(value)
    if match is None or not any(match.groups()):
        raise ReaderError("bad_number", f"{where}.{key} is {shown(value)}; wanted a duration such as PT1.5S")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds
