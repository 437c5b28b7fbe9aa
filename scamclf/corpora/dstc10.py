"""DSTC10 track 2: tourist information, real speech through a recogniser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn
from scamclf.corpora.dialogue import at_least_one
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import look_up, need, read_json
from scamclf.errors import DataError

__all__ = ["read"]

FILE = "task2/data/val/logs.json"
_SPEAKERS = {"U": "user", "S": "system"}


def read(folder: Path) -> Iterator[Call | LeftOut]:
    """Read the dialogues. Entries are prefixes of one another: the longest of each chain is kept, once.

    Raises:
        DataError: the file or a key is missing, an entry has no words, or a speaker is unknown.
    """
    path = folder / FILE
    log = read_json(path)
    if not isinstance(log, list):
        raise DataError(f"{path}: found {type(log).__name__}; wanted a list of dialogues")
    entries = [_read_entry(entry, f"{path}, row {number}") for number, entry in enumerate(log)]
    prefixes = {entry[:length] for entry in entries for length in range(1, len(entry))}
    kept: set[tuple[tuple[str, str], ...]] = set()
    for number, entry in enumerate(entries):
        if entry in prefixes or entry in kept:
            yield LeftOut("dstc10", "beginning of another call")
            continue
        kept.add(entry)
        call_id = f"dstc10/val/{number:05d}"
        turns = tuple(Turn(text=text.strip(), speaker=speaker) for speaker, text in entry if text.strip())
        yield Call(
            call_id=call_id,
            turns=at_least_one(turns, f"{path}, row {number}"),
            language="en",
            source="dstc10",
            label="legitimate",
            family="tourist_information",
            group=call_id,
        )


def _read_entry(entry: Any, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(entry, list):
        raise DataError(f"{where}: found {type(entry).__name__}; wanted a list of turns")
    return tuple(
        (
            look_up(_SPEAKERS, need(turn, "speaker", str, where), where, "speaker"),
            need(turn, "text", str, where),
        )
        for turn in entry
    )
