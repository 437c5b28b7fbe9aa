"""shakeleoatmeal/phone-scam-detection-synthetic: LLM-written calls, each topic as a scam and as an honest call."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf.calls import Call, Label, Turn
from scamclf.corpora.dialogue import at_least_one, split_at_tags
from scamclf.corpora.tables import look_up, need
from scamclf.errors import DataError

__all__ = ["FILES", "read"]

FILES = {split: f"data/{split}-00000-of-00001.parquet" for split in ("train", "validation", "test")}

_COLUMNS = ("dialogue", "type", "label")
"""All that is read. `variation_style` predicts the label without fail; the rest of its columns are settings of the
generator."""

_SPEAKERS = ("caller", "receiver")
_SCAM_TYPES: dict[str, Label] = {"support": "tech_support_scam", "refund": "tech_support_scam", "ssn": "other_scam"}
_LEGITIMATE_TYPES: dict[str, Label] = dict.fromkeys(_SCAM_TYPES, "legitimate")
_TYPES_BY_LABEL = {"0": _LEGITIMATE_TYPES, "1": _SCAM_TYPES}


def read(folder: Path) -> Iterator[Call]:
    """Read the calls of all three splits, which share templates; the topic and the authors' label are the family.

    Raises:
        DataError: a file, a column or a dialogue is missing, a file is no Parquet, or a label or type is unknown.
    """
    for split, path in FILES.items():
        for number, row in enumerate(_read_rows(folder / path)):
            where = f"{folder / path}, row {number}"
            types = look_up(_TYPES_BY_LABEL, str(need(row, "label", int, where)), where, "label")
            topic = need(row, "type", str, where)
            label = look_up(types, topic, where, "type")
            call_id = f"shakeleoatmeal/{split}/{number:05d}"
            yield Call(
                call_id=call_id,
                turns=at_least_one(_turns(need(row, "dialogue", str, where)), where),
                language="en",
                source="shakeleoatmeal",
                label=label,
                family=f"{topic}_legitimate" if label == "legitimate" else topic,
                group=call_id,
            )


def _turns(dialogue: str) -> tuple[Turn, ...]:
    """Words before the first speaker are the generator's ("Here is a call ..."), unless there is no speaker at all."""
    turns = split_at_tags(dialogue, _SPEAKERS)
    return turns[1:] if len(turns) > 1 and turns[0].speaker is None else turns


def _read_rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=list(_COLUMNS), partitioning=None).to_pylist()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; wanted the corpus as its authors published it") from error
    except pa.ArrowException as error:
        raise DataError(f"{path}: cannot be read ({error}); wanted a Parquet file") from error
    return rows
