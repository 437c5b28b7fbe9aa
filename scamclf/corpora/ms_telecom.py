"""A telephone company's calls, LLM-written, about half of them passed through speech and a recogniser."""

from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import Call
from scamclf.corpora.dialogue import at_least_one, split_lines
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import list_files, need, read_json

__all__ = ["read"]

FOLDERS = ("calltranscripts", "transcriptsdata")
"""Recognised speech without speakers, and the written calls."""

_NOTES = ("date", "duration", "participants", "scene", "note", "transcript")


def read(folder: Path) -> Iterator[Call | LeftOut]:
    """Read the calls; of rows that repeat one another word for word the first is kept.

    Raises:
        DataError: there is no file, or one lacks a key or has no words.
    """
    seen: set[str] = set()
    for part in FOLDERS:
        for path in list_files(folder / part, "*.json"):
            record = read_json(path)
            content = need(record, "Content", str, str(path))
            if (words := " ".join(content.split())) in seen:
                yield LeftOut("ms_telecom", "repeats another call word for word")
                continue
            seen.add(words)
            call_id = f"ms_telecom/{part}/{path.stem}"
            yield Call(
                call_id=call_id,
                turns=at_least_one(split_lines(content, not_speakers=_NOTES), str(path)),
                language="en",
                source="ms_telecom",
                label="legitimate",
                family="telecom_service",
                group=call_id,
                started_at=need(record, "StartTime", str, str(path)),
            )
