"""BothBosu/scam-dialogue: the LLM-written set that came before those of `bothbosu`, with telemarketing in it."""

from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import Call, Label
from scamclf.corpora.dialogue import at_least_one, split_at_tags
from scamclf.corpora.tables import look_up, read_table

__all__ = ["FILE", "read"]

FILE = "scam-dialogue_all.csv"

_SPEAKERS = ("caller", "receiver")
_SCAM_TYPES: dict[str, Label] = {
    "support": "tech_support_scam",
    "refund": "tech_support_scam",
    "reward": "other_scam",
    "ssn": "other_scam",
}
_LEGITIMATE_TYPES: dict[str, Label] = dict.fromkeys(("delivery", "insurance", "telemarketing", "wrong"), "legitimate")
_TYPES_BY_LABEL = {"0": _LEGITIMATE_TYPES, "1": _SCAM_TYPES}


def read(folder: Path) -> Iterator[Call]:
    """Read the dialogues; the authors' type is the family.

    Raises:
        DataError: the file, a column or a dialogue is missing, or a label or type is unknown.
    """
    for number, row in read_table(folder / FILE, ("dialogue", "type", "label")):
        where = f"{folder / FILE}, row {number}"
        types = look_up(_TYPES_BY_LABEL, row["label"], where, "label")
        call_id = f"scam_dialogue/{number:05d}"
        yield Call(
            call_id=call_id,
            turns=at_least_one(split_at_tags(row["dialogue"], _SPEAKERS), where),
            language="en",
            source="scam_dialogue",
            label=look_up(types, row["type"], where, "type"),
            family=row["type"],
            group=call_id,
        )
