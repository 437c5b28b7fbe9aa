"""Adwaith: LLM-written dialogues in Indian English, 206 frauds of 13 kinds and 116 ordinary calls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn
from scamclf.corpora.dialogue import at_least_one
from scamclf.corpora.judgements import load_judgements
from scamclf.corpora.tables import list_files, look_up, need, read_json
from scamclf.errors import DataError

__all__ = ["read"]

FOLDER = "dataset/sms_audio_dataset/call_transcript_dataset_output"
_IS_SCAM = {"normal": False, "fraud": True}


def read(folder: Path) -> Iterator[Call]:
    """Read the dialogues; `data/labels/adwaith.csv` says which of the authors' categories is which label.

    Raises:
        DataError: there is no file, a key is missing, a type or category is unknown, or the authors' type
            contradicts the label of the category.
    """
    judgements = load_judgements("adwaith", "type")
    for path in list_files(folder / FOLDER, "generated_transcript_dataset_*.json"):
        part = path.stem.rsplit("_", 1)[1]
        for number, row in enumerate(read_json(path)):
            where = f"{path}, row {number}"
            kind, category = need(row, "type", str, where), need(row, "category", str, where)
            judgement = look_up(judgements, category, where, "category")
            if look_up(_IS_SCAM, kind, where, "type") != (judgement.label != "legitimate"):
                raise DataError(
                    f"{where}: type is {kind} but category {category!r} is {judgement.label}; wanted the two to agree"
                )
            call_id = f"adwaith/{part}/{number:05d}"
            said = need(row, "transcript", list, where)
            yield Call(
                call_id=call_id,
                turns=at_least_one(tuple(_turns(said, where)), where),
                language="en",
                source="adwaith",
                label=judgement.label,
                family=judgement.family,
                group=call_id,
            )


def _turns(said: list[Any], where: str) -> Iterator[Turn]:
    for message in said:
        if text := need(message, "message", str, where).strip():
            yield Turn(text=text, speaker=need(message, "speaker", str, where))
