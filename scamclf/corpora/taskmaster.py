"""Taskmaster-1: orders, bookings and repairs; spoken requests with typed answers, and dialogues typed by one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn
from scamclf.corpora.tables import need, read_json
from scamclf.errors import DataError

__all__ = ["FILES", "read"]

FILES = {"woz": "TM-1-2019/woz-dialogs.json", "self": "TM-1-2019/self-dialogs.json"}


def read(folder: Path) -> Iterator[Call]:
    """Read the dialogues; the instruction that it was made by, without its number, is the family.

    A dialogue in which nothing is said is no call.

    Raises:
        DataError: a file or a key is missing, or a file is no list.
    """
    for part, path in FILES.items():
        dialogues = read_json(folder / path)
        if not isinstance(dialogues, list):
            raise DataError(f"{folder / path}: found {type(dialogues).__name__}; wanted a list of dialogues")
        for number, dialogue in enumerate(dialogues):
            where = f"{folder / path}, row {number}"
            turns = tuple(_turns(need(dialogue, "utterances", list, where), where))
            if not turns:
                continue
            call_id = f"taskmaster/{part}/{number:05d}"
            yield Call(
                call_id=call_id,
                turns=turns,
                language="en",
                source="taskmaster",
                label="legitimate",
                family=re.sub(r"[-_ ]\d+$", "", need(dialogue, "instruction_id", str, where)),
                group=call_id,
            )


def _turns(said: list[Any], where: str) -> Iterator[Turn]:
    for utterance in said:
        if text := need(utterance, "text", str, where).strip():
            yield Turn(text=text, speaker=need(utterance, "speaker", str, where))
