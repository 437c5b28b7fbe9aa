"""World Transcription Format (draft-howe-vcon-wtf-extension): `transcript` and `segments`, times in seconds."""

from collections.abc import Mapping
from typing import Any

from scamclf.errors import ReaderError
from scamclf.readers.documents import Transcript, objects, sub_object
from scamclf.readers.pieces import (
    Piece,
    clean_text,
    interleave_phrases,
    join_pieces,
    read_confidence,
    read_name,
    timed,
)

__all__ = ["parse"]


def parse(document: Any) -> Transcript:
    """Read the segments, else the whole text. A segment's `words` are indexes into words that it repeats.

    Raises:
        ReaderError: the shape is another, or a number is none.
    """
    transcript = sub_object(document, "transcript")
    if not transcript and "segments" not in document:
        raise ReaderError("bad_shape", "neither transcript nor segments; wanted the World Transcription Format")
    speakers = document.get("speakers")
    speakers = speakers if isinstance(speakers, Mapping) else {}
    pieces = [_piece(item, where, speakers) for where, item in objects(document, "segments")]
    if not any(piece.text for piece in pieces):
        confidence = read_confidence(transcript.get("confidence"), "transcript.confidence")
        pieces = [Piece(clean_text(transcript.get("text"), "transcript.text"), confidence=confidence)]
    return Transcript(join_pieces(interleave_phrases(pieces)), language=transcript.get("language"))


def _piece(item: Mapping[str, Any], where: str, speakers: Mapping[str, Any]) -> Piece:
    speaker = read_name(item.get("speaker"), f"{where}.speaker")
    entry = speakers.get(speaker or "")
    label = entry.get("label") if isinstance(entry, Mapping) else None
    piece = Piece(
        clean_text(item.get("text"), f"{where}.text"),
        speaker and (read_name(label, f"{where}.speaker") or speaker),
        confidence=read_confidence(item.get("confidence"), f"{where}.confidence"),
    )
    return timed(piece, item, where)
