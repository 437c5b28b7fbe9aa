"""Amazon Transcribe: words as `items`, every number written as text, punctuation an item of its own without times."""

from collections.abc import Iterable, Mapping
from typing import Any

from scamclf.errors import ReaderError, shown
from scamclf.readers.documents import Transcript, objects, sub_object
from scamclf.readers.pieces import (
    Piece,
    clean_text,
    interleave_words,
    join_pieces,
    read_confidence,
    read_name,
    timed,
)

__all__ = ["parse"]

_Item = tuple[str, Mapping[str, Any]]


def parse(document: Any) -> Transcript:
    """Read the words by channel, else by speaker, else the bare transcript.

    Raises:
        ReaderError: the job is not completed, the shape is another, or a number is none.
    """
    results = sub_object(document, "results")
    status = document.get("status")
    if status not in (None, "COMPLETED"):
        raise ReaderError("not_completed", f"status is {shown(status)}; wanted COMPLETED")
    if not results:
        raise ReaderError("bad_shape", "no results; wanted a file of Amazon Transcribe")
    channels = [
        _pieces(objects(channel, "items"), {}, label=read_name(channel.get("channel_label", i), where))
        for i, (where, channel) in enumerate(objects(sub_object(results, "channel_labels"), "channels"))
    ]
    if len(channels) < 2:
        channels = [_pieces(objects(results, "items"), _speakers(results))]
    words = interleave_words(channels)
    if not words:
        words = [Piece(clean_text(item.get("transcript"), where)) for where, item in objects(results, "transcripts")]
    job = document.get("jobName")
    return Transcript(
        join_pieces(words, words=True),
        call_id=job if isinstance(job, str) else None,
        language=results.get("language_code"),
    )


def _speakers(results: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Speakers by the times of their words: older files name them in `speaker_labels` alone."""
    return {
        _times(item): label
        for _, segment in objects(sub_object(results, "speaker_labels"), "segments")
        for where, item in objects(segment, "items")
        if (label := read_name(item.get("speaker_label"), where)) is not None
    }


def _times(item: Mapping[str, Any]) -> tuple[str, str]:
    # As they are written: they only have to be the same. A list or object is no time, and may be large.
    times = [item.get(key) for key in ("start_time", "end_time")]
    start, end = (str(time) if isinstance(time, str | float | int) else "" for time in times)
    return start, end


def _pieces(items: Iterable[_Item], speakers: Mapping[tuple[str, str], str], label: str | None = None) -> list[Piece]:
    pieces: list[Piece] = []
    for where, item in items:
        alternative = next((found for _, found in objects(item, "alternatives")), {})
        punctuation = item.get("type") == "punctuation"
        speaker = read_name(item.get("speaker_label"), where) or speakers.get(_times(item), label)
        if punctuation and pieces:
            speaker = pieces[-1].speaker
        piece = Piece(
            clean_text(alternative.get("content"), f"{where}.content"),
            speaker,
            # The confidence of punctuation is always 0.0.
            confidence=None if punctuation else read_confidence(alternative.get("confidence"), f"{where}.confidence"),
            glued=punctuation and bool(pieces),
        )
        pieces.append(timed(piece, item, where, keys=("start_time", "end_time")))
    return pieces
