"""A travel agency's calls, LLM-written: complaints, refunds and help with its website."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn
from scamclf.corpora.dialogue import at_least_one
from scamclf.corpora.tables import list_files, look_up, need, read_json
from scamclf.errors import DataError

__all__ = ["read"]

_SPEAKERS = {"MessageFromBotOrAgent": "agent", "MessageFromUser": "customer"}


def read(folder: Path) -> Iterator[Call]:
    """Read the calls; the reason of the call is the family.

    Raises:
        DataError: there is no file, one lacks a key or has no words, or a kind of message or a time is unknown.
    """
    for path in list_files(folder, "*.json"):
        where = str(path)
        record = read_json(path)
        conversation = need(record, "Conversation", dict, where)
        messages = need(conversation, "Messages", list, where)
        call_id = f"ms_travel/{path.stem}"
        yield Call(
            call_id=call_id,
            turns=at_least_one(tuple(_turns(messages, where)), where),
            language="en",
            source="ms_travel",
            label="legitimate",
            family=need(record, "CallReason", str, where).lower().replace(" ", "_"),
            group=call_id,
            started_at=need(conversation, "StartTime", str, where),
        )


def _turns(messages: list[Any], where: str) -> Iterator[Turn]:
    times = [_time(need(message, "EventTime", str, where), where) for message in messages]
    for message, time in zip(messages, times, strict=True):
        speaker = look_up(_SPEAKERS, need(message, "EventType", str, where), where, "EventType")
        if text := need(message, "Value", str, where).strip():
            seconds = (time - times[0]).total_seconds()
            yield Turn(text=text, speaker=speaker, start_s=max(0.0, seconds))


def _time(text: str, where: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{where}: EventTime is {text!r}; wanted an ISO 8601 time") from error
