"""Persuasion for Good: typed dialogues in which one person asks another for a gift to a real charity."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from scamclf.calls import Call, Turn
from scamclf.corpora.dialogue import at_least_one
from scamclf.corpora.tables import look_up, read_table
from scamclf.errors import DataError

__all__ = ["read"]

FILE = "data/FullData/full_dialog.csv"
_SPEAKERS = {"0": "persuader", "1": "persuadee"}


def read(folder: Path) -> Iterator[Call]:
    """Read the dialogues: rows of one `B2` (dialogue) in the order of the file, `B4` says who speaks.

    Raises:
        DataError: the file or a column is missing, a speaker is unknown, or a dialogue stands in two places.
    """
    table = read_table(folder / FILE, ("Unit", "Turn", "B4", "B2"))
    seen: set[str] = set()
    for dialogue, rows in groupby(table, key=lambda item: item[1]["B2"]):
        where = f"{folder / FILE}, dialogue {dialogue}"
        if dialogue in seen:
            raise DataError(f"{where}: found in two places; wanted its rows together")
        seen.add(dialogue)
        turns = (
            Turn(text=row["Unit"].strip(), speaker=look_up(_SPEAKERS, row["B4"], f"{where}, row {number}", "B4"))
            for number, row in rows
        )
        call_id = f"persuasion_for_good/{dialogue}"
        yield Call(
            call_id=call_id,
            turns=at_least_one(tuple(turn for turn in turns if turn.text), where),
            language="en",
            source="persuasion_for_good",
            label="legitimate",
            family="charity_request",
            group=call_id,
        )
