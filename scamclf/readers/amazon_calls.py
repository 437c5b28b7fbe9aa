"""Amazon Connect Contact Lens and Amazon Transcribe Call Analytics: a `Transcript` of turns, times in milliseconds.

The two differ in how a turn names its speaker: Contact Lens by `ParticipantId`, whose role stands in
`Participants`; Call Analytics by `ParticipantRole` itself. Confidences are text and stand at the words of `Items`.
"""

from collections.abc import Mapping
from typing import Any

from scamclf.errors import ReaderError, shown
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
    """Read the turns of both files.

    Raises:
        ReaderError: the job is not completed, the shape is another, or a number is none.
    """
    contact = sub_object(document, "CustomerMetadata").get("ContactId")
    status = document.get("JobStatus")
    if status not in (None, "COMPLETED"):
        raise ReaderError("not_completed", f"JobStatus is {shown(status)}; wanted COMPLETED")
    if "Transcript" not in document:
        raise ReaderError("bad_shape", "no Transcript; wanted a file of Contact Lens or Call Analytics")
    roles = {
        read_name(item.get("ParticipantId"), where): read_name(item.get("ParticipantRole"), where)
        for where, item in objects(document, "Participants")
    }
    call_id = contact or document.get("JobName")
    return Transcript(
        join_pieces(interleave_phrases(_piece(item, where, roles) for where, item in objects(document, "Transcript"))),
        call_id=call_id if isinstance(call_id, str) else None,
        language=document.get("LanguageCode"),
    )


def _piece(item: Mapping[str, Any], where: str, roles: Mapping[str | None, str | None]) -> Piece:
    participant = read_name(item.get("ParticipantId"), f"{where}.ParticipantId")
    role = read_name(item.get("ParticipantRole"), f"{where}.ParticipantRole")
    confidences = [
        confidence
        for place, word in objects(item, "Items")
        if word.get("Type") != "punctuation"
        and (confidence := read_confidence(word.get("Confidence"), f"{where}.{place}.Confidence")) is not None
    ]
    piece = Piece(
        clean_text(item.get("Content"), f"{where}.Content"),
        (roles.get(participant) if participant else None) or role or participant,
        confidence=sum(confidences) / len(confidences) if confidences else None,
    )
    return timed(piece, item, where, keys=("BeginOffsetMillis", "EndOffsetMillis"), per_second=1000)
