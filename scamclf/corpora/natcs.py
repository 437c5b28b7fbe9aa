"""NatCS (DSTC11 track 2): customer service dialogues written to be like speech; insurance, banking and finance."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn
from scamclf.corpora.tables import need, read_json_lines

__all__ = ["FILES", "read"]

FILES = {
    "insurance": "dstc11/development/dialogues.jsonl",
    "banking": "dstc11/test-banking/dialogues.jsonl",
    "finance": "dstc11/test-finance/dialogues.jsonl",
}


def read(folder: Path) -> Iterator[Call]:
    """Read the dialogues; the domain is the family. A dialogue in which nothing is said is no call.

    Raises:
        DataError: a file or a key is missing, or a line is no JSON.
    """
    for domain, path in FILES.items():
        for number, dialogue in read_json_lines(folder / path):
            where = f"{folder / path}, row {number}"
            turns = tuple(_turns(need(dialogue, "turns", list, where), where))
            if not turns:
                continue
            call_id = f"natcs/{domain}/{number:05d}"
            yield Call(
                call_id=call_id,
                turns=turns,
                language="en",
                source="natcs",
                label="legitimate",
                family=domain,
                group=call_id,
            )


def _turns(said: list[Any], where: str) -> Iterator[Turn]:
    for turn in said:
        if text := need(turn, "utterance", str, where).strip():
            yield Turn(text=text, speaker=need(turn, "speaker_role", str, where))
