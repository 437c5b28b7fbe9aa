"""INF2008: LLM-written (Gemini) call logs, 759 scams in 50 types and 500 legitimate calls in 73."""

from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import Call
from scamclf.corpora.dialogue import at_least_one, split_at_tags
from scamclf.corpora.judgements import load_judgements
from scamclf.corpora.tables import look_up, read_table
from scamclf.errors import DataError

__all__ = ["read"]

FILES = {
    "scam": "synthetic_data/scam_call_logs.csv",
    "legitimate": "synthetic_data/non_scam_call_logs.csv",
}
_SPEAKERS = ("caller", "receiver")
_IS_SCAM = {"0": False, "1": True}


def read(folder: Path) -> Iterator[Call]:
    """Read the call logs; `data/labels/inf2008.csv` says which of the authors' types is which label.

    Raises:
        DataError: a file, a column or a dialogue is missing, a label or type is unknown, or the authors'
            label contradicts the label of the type.
    """
    judgements = load_judgements("inf2008", "type")
    for part, path in FILES.items():
        for number, row in read_table(folder / path, ("dialogue", "labels", "type")):
            where = f"{folder / path}, row {number}"
            judgement = look_up(judgements, row["type"], where, "type")
            is_scam = look_up(_IS_SCAM, row["labels"], where, "labels")
            if is_scam != (judgement.label != "legitimate"):
                raise DataError(
                    f"{where}: labels is {row['labels']} but type {row['type']!r} is {judgement.label}; "
                    "wanted the two to agree"
                )
            call_id = f"inf2008/{part}/{number:05d}"
            yield Call(
                call_id=call_id,
                turns=at_least_one(split_at_tags(row["dialogue"], _SPEAKERS), where),
                language="en",
                source="inf2008",
                label=judgement.label,
                family=judgement.family,
                group=call_id,
            )
