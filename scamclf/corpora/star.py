"""STAR: typed Wizard-of-Oz service dialogues; bank fraud reports and other service desks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import list_files, need, read_json

__all__ = ["read"]

_SAID = {("User", "utter"), ("Wizard", "utter"), ("Wizard", "pick_suggestion")}
"""Events in which something is said; the rest are queries, instructions and unsent drafts."""


def read(folder: Path) -> Iterator[Call | LeftOut]:
    """Read the dialogues; the wizard's tasks are the family. A dialogue in which nothing is said is no call.

    Raises:
        DataError: there is no file, or one lacks a key.
    """
    for path in list_files(folder / "dialogues", "*.json"):
        where = str(path)
        dialogue = read_json(path)
        events = [event for event in need(dialogue, "Events", list, where) if _is_said(event, where)]
        if not events:
            yield LeftOut("star", "no words")
            continue
        call_id = f"star/{path.stem}"
        start = _unix_time(events[0])
        yield Call(
            call_id=call_id,
            turns=tuple(_turn(event, start) for event in events),
            language="en",
            source="star",
            label="legitimate",
            family=_family(dialogue, where),
            group=call_id,
            started_at=None if start is None else datetime.fromtimestamp(start, UTC).isoformat(),
        )


def _is_said(event: Any, where: str) -> bool:
    kind = (need(event, "Agent", str, where), need(event, "Action", str, where))
    return kind in _SAID and bool(need(event, "Text", str, where).strip())


def _turn(event: Any, start: float | None) -> Turn:
    time = _unix_time(event)
    seconds = None if start is None or time is None else max(0.0, time - start)
    return Turn(text=event["Text"].strip(), speaker=event["Agent"], start_s=seconds)


def _unix_time(event: Any) -> float | None:
    time = event.get("UnixTime")
    return float(time) if isinstance(time, int | float) else None


def _family(dialogue: Any, where: str) -> str:
    scenario = need(dialogue, "Scenario", dict, where)
    tasks = need(scenario, "WizardCapabilities", list, where)
    return "+".join(sorted(need(task, "Task", str, where) for task in tasks))
