"""Harper Valley: role-played telephone calls to a bank, real speech, transcripts corrected by hand."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn
from scamclf.corpora.tables import list_files, need, read_json
from scamclf.errors import DataError

__all__ = ["METADATA", "TRANSCRIPTS", "read"]

TRANSCRIPTS = "data/transcript"
METADATA = "data/metadata"

_MARK = re.compile(r"\[[^\]]*\]|<[^>]*>")
"""What was heard but not said, or not understood: `[noise]`, `<unk>`."""


def read(folder: Path) -> Iterator[Call]:
    """Read the calls; the caller's tasks are the family. A call without a word is no call.

    The machine's transcript stands in where the hand-corrected one is empty.

    Raises:
        DataError: there is no file, a call has no metadata, or one lacks a key.
    """
    for path in list_files(folder / TRANSCRIPTS, "*.json"):
        segments = read_json(path)
        if not isinstance(segments, list):
            raise DataError(f"{path}: found {type(segments).__name__}; wanted a list of segments")
        turns = tuple(turn for segment in segments if (turn := _turn(segment, str(path))))
        if not turns:
            continue
        metadata_path = folder / METADATA / path.name
        metadata = read_json(metadata_path)
        call_id = f"harper_valley/{path.stem}"
        yield Call(
            call_id=call_id,
            turns=turns,
            language="en",
            source="harper_valley",
            label="legitimate",
            family=_family(metadata, str(metadata_path)),
            group=call_id,
            started_at=_started_at(metadata, str(metadata_path)),
        )


def _turn(segment: Any, where: str) -> Turn | None:
    text = need(segment, "transcript", str, where)
    corrected = segment.get("human_transcript")
    words = " ".join(_MARK.sub(" ", corrected if isinstance(corrected, str) and corrected.strip() else text).split())
    if not words:
        return None
    start_s = need(segment, "start_ms", int, where) / 1000
    return Turn(
        text=words,
        speaker=need(segment, "speaker_role", str, where),
        start_s=max(0.0, start_s),
        end_s=max(0.0, start_s + need(segment, "duration_ms", int, where) / 1000),
    )


def _family(metadata: Any, where: str) -> str:
    tasks = {need(task, "task_type", str, where).replace(" ", "_") for task in need(metadata, "tasks", list, where)}
    return "+".join(sorted(tasks)) or "no_task"


def _started_at(metadata: Any, where: str) -> str:
    return datetime.fromtimestamp(need(metadata, "start_time_ms", int, where) / 1000, UTC).isoformat()
