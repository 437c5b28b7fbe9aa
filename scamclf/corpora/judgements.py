"""Labels that a person or a fixed rule gave to rows whose authors gave none, from `data/labels/*.csv`."""

from dataclasses import dataclass

from scamclf.calls import LABELS, Label
from scamclf.corpora.tables import look_up, read_table
from scamclf.errors import DataError
from scamclf.resources import resource

__all__ = ["LEAVE_OUT", "Judgement", "load_judgements"]

LEAVE_OUT = "leave_out"
"""Written in place of a label where a row is in no class: marketing that is merely unwanted."""

_DECISIONS: dict[str, Label | None] = {**{label: label for label in LABELS}, LEAVE_OUT: None}
_JUDGES = {judge: judge for judge in ("reader", "rule")}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one row or type of a corpus is.

    Args:
        label: one of `LABELS`, or None where the row is left out.
        family: kind of call, finer than the label.
        judged_by: "reader" who read it, or the fixed "rule" of the corpus' module, with nobody looking.
    """

    label: Label | None
    family: str
    judged_by: str


def load_judgements(source: str, key: str) -> dict[str, Judgement]:
    """Read `data/labels/<source>.csv`.

    Args:
        source: name of the corpus.
        key: column that names the row: "id", "type", "campaign".

    Returns:
        Judgement by the value of `key`.

    Raises:
        DataError: a column is missing, a label or judge is unknown, or a key stands twice.
    """
    path = resource(f"data/labels/{source}.csv")
    judgements: dict[str, Judgement] = {}
    for number, row in read_table(path, (key, "label", "family", "judged_by")):
        where = f"{path}, row {number}"
        if row[key] in judgements:
            raise DataError(f"{where}: {key} {row[key]!r} stands twice; wanted one judgement each")
        judgements[row[key]] = Judgement(
            label=look_up(_DECISIONS, row["label"], where, "label"),
            family=row["family"],
            judged_by=look_up(_JUDGES, row["judged_by"], where, "judged_by"),
        )
    return judgements
