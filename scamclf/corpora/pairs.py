"""The authored pairs: a scam and its legitimate twin, written for this project (data/pairs/README.md)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scamclf.calls import Call, call_from_dict
from scamclf.errors import DataError, ReaderError

__all__ = ["STYLES", "read"]

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
    labels: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                call = _read_line(line, f"{path}:{number}")
                labels.setdefault(str(call.group), []).append(str(call.label))
                yield call
    for pair, found in labels.items():
        if len(found) != 2 or found.count("legitimate") != 1:
            raise DataError(f"{folder}: pair {pair} has the labels {found}; wanted one scam and one legitimate")


def _read_line(line: str, where: str) -> Call:
    try:
        row: dict[str, Any] = json.loads(line)
        missing = [key for key in (*_FIELDS, "label", "family") if not isinstance(row.get(key), str)]
        if missing:
            raise DataError(f"{where}: {', '.join(missing)} missing or no text")
        if row["style"] not in STYLES:
            raise DataError(f"{where}: style is {row['style']!r}; wanted one of {', '.join(STYLES)}")
        meta = {key: row[key] for key in _FIELDS}
        if row["label"] != "legitimate":
            onset = row.get("onset_turn")
            if not isinstance(onset, int) or not 0 <= onset < len(row["turns"]):
                raise DataError(f"{where}: onset_turn is {onset!r}; wanted a turn's index in a scam")
            meta["onset_turn"] = onset
        return call_from_dict(
            {**row, "source": "pairs", "group": f"pair:{row['pair_id']}", "language": "en", "meta": meta}
        )
    except (ValueError, ReaderError) as error:
        raise DataError(f"{where}: {error}") from error
