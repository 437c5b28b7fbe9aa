"""The authored pairs: a scam and its legitimate twin, written for this project (data/pairs/README.md)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scamclf.calls import LABELS, Call, call_from_dict
from scamclf.errors import DataError, ReaderError

__all__ = ["STYLES", "make_call", "read", "read_twins"]

STYLES = ("captions", "diarised", "asr", "contact_centre", "excerpt")
_FIELDS = ("pair_id", "scenario", "style", "variety")


def read(folder: Path) -> Iterator[Call]:
    """Read every `*.jsonl` file.

    Args:
        folder: usually `scamclf.resources.resource("data/pairs")`.

    Yields:
        Calls with `group` set to the pair and `scenario`, `style`, `variety` and, for scams, `onset_turn` (the
        first turn that gives the scam away, from 0) in `meta`.

    Raises:
        DataError: a line is no call, a field is missing, or a pair is not one scam and one legitimate call.
    """
    for row, where in read_twins(folder, {"style": STYLES}, (*_FIELDS, "family")):
        meta = {key: row[key] for key in _FIELDS}
        if row["label"] != LABELS[0]:
            onset = row.get("onset_turn")
            if not isinstance(onset, int) or not 0 <= onset < len(row["turns"]):
                raise DataError(f"{where}: onset_turn is {onset!r}; wanted a turn's index in a scam")
            meta["onset_turn"] = onset
        yield make_call({**row, "source": "pairs", "group": f"pair:{row['pair_id']}", "meta": meta}, where)


def read_twins(
    folder: Path, choices: Mapping[str, Sequence[str]], fields: Sequence[str]
) -> Iterator[tuple[dict[str, Any], str]]:
    """Read rows of which two, a scam and a legitimate one, have the same `pair_id`.

    Args:
        folder: of `*.jsonl`.
        choices: what a field may be.
        fields: those that must be there, beside `pair_id` and `label`.

    Yields:
        Row and place.

    Raises:
        DataError: as `read`.
    """
    labels: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                row, where = _read_row(line, f"{path}:{number}", fields), f"{path}:{number}"
                for key, wanted in choices.items():
                    if row[key] not in wanted:
                        raise DataError(f"{where}: {key} is {row[key]!r}; wanted one of {', '.join(wanted)}")
                labels.setdefault(row["pair_id"], []).append(row["label"])
                yield row, where
    for pair, found in labels.items():
        if len(found) != 2 or found.count(LABELS[0]) != 1:
            raise DataError(f"{folder}: pair {pair} has the labels {found}; wanted one scam and one legitimate")


def _read_row(line: str, where: str, fields: Sequence[str]) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(line)
        missing = [key for key in ("pair_id", "label", *fields) if not isinstance(row.get(key), str)]
    except (ValueError, AttributeError) as error:
        raise DataError(f"{where}: {error}") from error
    if missing:
        raise DataError(f"{where}: {', '.join(missing)} missing or no text")
    return row


def make_call(row: dict[str, Any], where: str) -> Call:
    """An authored call of a row, its error with the place in front."""
    try:
        return call_from_dict({**row, "language": "en"})
    except (ValueError, ReaderError) as error:
        raise DataError(f"{where}: {error}") from error
