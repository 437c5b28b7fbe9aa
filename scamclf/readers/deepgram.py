"""Deepgram pre-recorded responses: `results.channels[].alternatives[].words[]`, times in seconds.

Words are read rather than `utterances`: those are optional and cut at pauses only.
"""

from collections.abc import Mapping
from typing import Any

from scamclf.errors import ReaderError
from scamclf.readers.documents import Transcript, objects, sub_object
from scamclf.readers.pieces import (
    Piece,
    clean_text,
    interleave_words,
    join_pieces,
    read_confidence,
    speaker_label,
    timed,
)

__all__ = ["parse"]


def parse(document: Any) -> Transcript:
    """Read the first alternative of every channel.

    Raises:
        ReaderError: the shape is another, or a number is none.
    """
    results, metadata = sub_object(document, "results"), sub_object(document, "metadata")
    channels = list(objects(results, "channels"))
    if not {"channels", "utterances"} & set(results):
        raise ReaderError("bad_shape", "no results.channels; wanted a Deepgram response")
    found, language = [], None
    for i, (where, channel) in enumerate(channels):
        alternative = next((item for _, item in objects(channel, "alternatives")), {})
        language = language or channel.get("detected_language") or alternative.get("detected_language")
        found.append(_pieces(alternative, where, channel=i, channels=len(channels)))
    if not any(found):
        found = [[_utterance(item, where) for where, item in objects(results, "utterances")]]
    request_id = metadata.get("request_id")
    return Transcript(
        join_pieces(interleave_words(found), words=True),
        call_id=request_id if isinstance(request_id, str) else None,
        language=language,
    )


def _pieces(alternative: Mapping[str, Any], where: str, *, channel: int, channels: int) -> list[Piece]:
    words = [
        _piece(word, word.get("punctuated_word") or word.get("word"), f"{where}.{place}", channel, channels)
        for place, word in objects(alternative, "words")
    ]
    if words:
        return words
    text = clean_text(alternative.get("transcript"), f"{where}.transcript")
    confidence = read_confidence(alternative.get("confidence"), f"{where}.confidence")
    label = speaker_label(None, channel, channels=channels)
    return [Piece(text, label, confidence=confidence)] if text else []


def _utterance(item: Mapping[str, Any], where: str) -> Piece:
    return _piece(item, item.get("transcript"), where, item.get("channel"), 1)


def _piece(item: Mapping[str, Any], text: Any, where: str, channel: Any, channels: int) -> Piece:
    piece = Piece(
        clean_text(text, where),
        speaker_label(item.get("speaker"), channel, channels=channels),
        confidence=read_confidence(item.get("confidence"), f"{where}.confidence"),
    )
    return timed(piece, item, where)
