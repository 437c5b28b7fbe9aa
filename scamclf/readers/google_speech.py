"""Google Speech-to-Text v2, and v1: `results[].alternatives[]`, times as text such as "1.200s".

`channelTag` counts from 1; a confidence of 0 means that none was set. With diarisation, v1 repeats every word
of the call in its last result, and only there with speakers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scamclf.errors import ReaderError, shown
from scamclf.readers.documents import Transcript, objects, sub_object
from scamclf.readers.pieces import (
    Piece,
    clean_text,
    interleave_phrases,
    interleave_words,
    join_pieces,
    read_confidence,
    read_name,
    read_seconds,
    speaker_label,
    with_times,
)

__all__ = ["files", "parse"]

_Result = tuple[str, Mapping[str, Any]]


def files(document: Any) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """Each recording of a response, with its address where there are several: a batch holds many.

    Raises:
        ReaderError: the operation is not done, or the shape is another.
    """
    response = sub_object(document, "response")
    if document.get("done") is False or (not response and "error" in document):
        raise ReaderError("not_completed", "the operation is not done; wanted one with a response")
    document = response or document
    results = document.get("results")
    if not isinstance(results, Mapping):
        yield None, document
        return
    for address in results:
        yield (address if len(results) > 1 else None), sub_object(results, address)


def parse(document: Any) -> Transcript:
    """Read one recording: by word where words have speakers, else by result.

    Raises:
        ReaderError: it failed, its words lie elsewhere, the shape is another, or a number is none.
    """
    error = sub_object(document, "error")
    if error.get("code"):
        raise ReaderError("not_completed", f"Google reports error {shown(error['code'])} for this recording")
    inline = sub_object(document, "inlineResult") or document
    transcript = sub_object(inline, "transcript") or inline
    if "results" not in transcript:
        elsewhere = {"uri", "cloudStorageResult"} & set(document)
        found = "its words lie under a uri, which is never fetched" if elsewhere else "no results"
        raise ReaderError("bad_shape", f"{found}; wanted results of Google Speech-to-Text")
    results = list(objects(transcript, "results"))
    channels = len({_channel(item) for _, item in results})
    if any(_speaker(word) for where, item in results for _, word in _words(where, item)):
        return Transcript(_turns_by_word(results, channels), language=_language(results))
    phrases = (_phrase(where, item, channels) for where, item in results)
    return Transcript(join_pieces(interleave_phrases(phrases)), language=_language(results))


def _turns_by_word(results: list[_Result], channels: int) -> Any:
    by_channel: dict[Any, list[list[Piece]]] = {}
    for where, item in results:
        words = [_word(word, place, _channel(item), channels) for place, word in _words(where, item)]
        by_channel.setdefault(_channel(item), []).append(words)
    kept = []
    for found in by_channel.values():
        spoken = [any(word.speaker for word in words) for words in found]
        repeats = channels == 1 and len(found) > 1 and spoken[-1] and not any(spoken[:-1])
        kept.append(found[-1] if repeats else [word for words in found for word in words])
    return join_pieces(interleave_words(kept), words=True)


def _words(where: str, item: Mapping[str, Any]) -> Iterator[_Result]:
    alternative = next((found for _, found in objects(item, "alternatives")), {})
    return ((f"{where}.{place}", word) for place, word in objects(alternative, "words"))


def _word(word: Mapping[str, Any], where: str, channel: Any, channels: int) -> Piece:
    piece = Piece(
        clean_text(word.get("word"), where),
        speaker_label(_speaker(word), channel, channels=channels),
        confidence=read_confidence(word.get("confidence") or None, f"{where}.confidence"),
    )
    return with_times(piece, _time(word, "start", where), _time(word, "end", where), where)


def _phrase(where: str, item: Mapping[str, Any], channels: int) -> Piece:
    alternative = next((found for _, found in objects(item, "alternatives")), {})
    words = [_word(word, place, None, 1) for place, word in _words(where, item)]
    text = clean_text(alternative.get("transcript"), where) or " ".join(word.text for word in words)
    piece = Piece(
        text,
        speaker_label(None, _channel(item), channels=channels),
        confidence=read_confidence(alternative.get("confidence") or None, f"{where}.confidence"),
    )
    start, end = (words[0].start_s, words[-1].end_s) if words else (None, None)
    return with_times(piece, start, _time(item, "resultEnd", where) if end is None else end, where)


def _speaker(word: Mapping[str, Any]) -> Any:
    return word.get("speakerLabel") or word.get("speakerTag") or None


def _channel(item: Mapping[str, Any]) -> str:
    return read_name(item.get("channelTag") or 1, "channelTag") or "1"


def _language(results: list[_Result]) -> Any:
    return next((item["languageCode"] for _, item in results if item.get("languageCode")), None)


def _time(item: Mapping[str, Any], edge: str, where: str) -> float | None:
    """Seconds of `startOffset` (v2) or `startTime` (v1). A missing one stays unknown, though v2 omits a zero."""
    value = item.get(f"{edge}Offset", item.get(f"{edge}Time"))
    return read_seconds(value.removesuffix("s") if isinstance(value, str) else value, f"{where}.{edge}")
