"""Whisper, faster-whisper and WhisperX JSON: `segments` with times in seconds.

WhisperX gives a segment and its words a speaker; words that it could not align have neither times nor speaker.
"""

from collections.abc import Mapping
from typing import Any

from scamclf.errors import ReaderError
from scamclf.readers.documents import Transcript, objects, whole_object
from scamclf.readers.pieces import (
    Piece,
    clean_text,
    join_pieces,
    read_confidence,
    read_name,
    timed,
)

__all__ = ["parse"]


def parse(document: Any) -> Transcript:
    """Read `segments`, else `words`, else `text`; a bare list is one of segments.

    Raises:
        ReaderError: the shape is another, or a number is none.
    """
    if isinstance(document, list):
        document = {"segments": document}
    if not {"segments", "words", "text"} & set(whole_object(document)):
        raise ReaderError("bad_shape", "neither segments nor text; wanted the JSON of Whisper")
    turns = join_pieces(piece for where, item in objects(document, "segments") for piece in _segment(item, where))
    if not turns:
        turns = join_pieces((_word(item, where, None) for where, item in objects(document, "words")), words=True)
    if not turns:
        turns = join_pieces([Piece(clean_text(document.get("text"), "text"))])
    return Transcript(turns, language=document.get("language"))


def _segment(item: Mapping[str, Any], where: str) -> list[Piece]:
    """One piece; its words where they are of more than one speaker, for diarisation is finer than segments."""
    speaker = _speaker(item)
    found = list(objects(item, "words"))
    words, last = [], speaker or next((name for _, word in found if (name := _speaker(word))), None)
    for place, word in found:
        piece = _word(word, f"{where}.{place}", last)
        last = piece.speaker
        words.append(piece)
    if len({word.speaker for word in words}) > 1:
        return words
    known = [word.confidence for word in words if word.confidence is not None]
    piece = Piece(
        clean_text(item.get("text"), f"{where}.text") or " ".join(word.text for word in words),
        words[0].speaker if words else speaker,
        confidence=sum(known) / len(known) if known else None,
    )
    return [timed(piece, item, where)]


def _word(word: Mapping[str, Any], where: str, before: str | None) -> Piece:
    piece = Piece(
        clean_text(word.get("word", word.get("text")), where),
        _speaker(word) or before,
        confidence=read_confidence(word.get("probability", word.get("score")), f"{where}.probability"),
    )
    return timed(piece, word, where)


def _speaker(item: Mapping[str, Any]) -> str | None:
    return read_name(item.get("speaker"), "speaker")
