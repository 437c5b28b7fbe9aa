"""AssemblyAI: times are whole milliseconds; `utterances` is null unless speakers or channels were asked for."""

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
    speaker_label,
    timed,
)

__all__ = ["parse"]


def parse(document: Any) -> Transcript:
    """Read `utterances`, else `words`, else `text`.

    Raises:
        ReaderError: the job is not completed, the shape is another, or a number is none.
    """
    status = whole_object(document).get("status")
    if status not in (None, "completed"):
        raise ReaderError("not_completed", f"status is {shown(status)}; wanted completed")
    utterances = list(objects(document, "utterances"))
    pieces = [_piece(item, where) for where, item in utterances or objects(document, "words")]
    if not pieces:
        confidence = read_confidence(document.get("confidence"), "confidence")
        pieces = [Piece(clean_text(document.get("text"), "text"), confidence=confidence)]
    job = document.get("id")
    return Transcript(
        join_pieces(interleave_phrases(pieces) if utterances else pieces, words=not utterances),
        call_id=job if isinstance(job, str) else None,
        language=document.get("language_code"),
    )


def _piece(item: Mapping[str, Any], where: str) -> Piece:
    speaker, channel = item.get("speaker"), item.get("channel")
    piece = Piece(
        clean_text(item.get("text"), where),
        # Of a recording with channels, the channel's number is the speaker's name as well.
        speaker_label(None if speaker == channel else speaker, channel, channels=2 if channel is not None else 1),
        confidence=read_confidence(item.get("confidence"), f"{where}.confidence"),
    )
    return timed(piece, item, where, per_second=1000)
