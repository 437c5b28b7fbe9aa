"""What a file of calls holds and lacks, to look at before a job of millions is started."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import read_calls, sniff

__all__ = ["Inspection", "inspect_file", "render_inspection"]

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d{4,}")
_FIRST_LINES = 6
_LINE_CHARS = 100
_OF_A_TURN = {
    "speaker": "who spoke",
    "start_s": "when a turn begins",
    "end_s": "when a turn ends",
    "confidence": "the recogniser's confidence",
}
_OF_A_CALL = {
    "language": "the language",
    "direction": "who called whom",
    "started_at": "when the call began",
}
_OPTIONAL = _OF_A_TURN | _OF_A_CALL


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file.

    Args:
        format: a key of `scamclf.readers.FORMATS`.
        calls, turns, words: counts over the whole file.
        speakers: turns by the name of their speaker, most frequent first; at most ten names, long numbers masked.
        errors: rows that are no calls, by code.
        first_error: message of the first of them.
        missing: what no call or turn has, by field, in words.
        partly: fields that some calls or turns lack, with the share that has them in [0, 1].
        first_lines: beginning of the first call, digits masked.
    """

    format: str
    calls: int
    turns: int
    words: int
    speakers: Mapping[str, int]
    errors: Mapping[str, int]
    first_error: str | None
    missing: Mapping[str, str]
    partly: Mapping[str, float]
    first_lines: tuple[str, ...]


def inspect_file(
    path: Path, *, format: str | None = None, id_column: str = "call_id", text_column: str = "text"
) -> Inspection:
    """Read a whole file and say what is in it.

    Args:
        path: a file.
        format: one of `scamclf.readers.FORMATS`; None looks into the file.
        id_column, text_column: as for `scamclf.readers.read_calls`.

    Returns:
        The inspection. No digit of the transcript is in it.

    Raises:
        ReaderError: there is no such file, or no format fits.
    """
    tally = _Tally()
    for row in read_calls(path, format=format, id_column=id_column, text_column=text_column):
        tally.add(row)
    totals = {field: tally.n["calls" if field in _OF_A_CALL else "turns"] for field in _OPTIONAL}
    return Inspection(
        format=format or sniff(path),
        calls=tally.n["calls"],
        turns=tally.n["turns"],
        words=tally.n["words"],
        speakers=dict(tally.speakers.most_common(10)),
        errors=dict(tally.errors),
        first_error=tally.first_error,
        missing={field: words for field, words in _OPTIONAL.items() if not tally.has[field]},
        partly={field: tally.has[field] / total for field, total in totals.items() if 0 < tally.has[field] < total},
        first_lines=tally.first_lines,
    )


def render_inspection(found: Inspection) -> str:
    """Say it in lines for a person."""
    lines = [f"format    {found.format}", f"calls     {found.calls:,}: {found.turns:,} turns, {found.words:,} words"]
    if found.speakers:
        lines.append("speakers  " + ", ".join(f"{name} {n:,}" for name, n in found.speakers.items()))
    if found.missing:
        lines.append("missing   " + ", ".join(found.missing.values()))
    if found.partly:
        lines.append("partly    " + ", ".join(f"{_OPTIONAL[name]} {share:.0%}" for name, share in found.partly.items()))
    if found.errors:
        lines.append("errors    " + ", ".join(f"{code} {n:,}" for code, n in found.errors.items()))
        lines.append(f"          {found.first_error}")
    return "\n".join([*lines, *(f"  | {line}" for line in found.first_lines)])


@dataclass(slots=True)
class _Tally:
    n: Counter[str] = field(default_factory=Counter)
    has: Counter[str] = field(default_factory=Counter)
    speakers: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    first_error: str | None = None
    first_lines: tuple[str, ...] = ()

    def add(self, row: Call | ReaderError) -> None:
        if isinstance(row, ReaderError):
            self.errors[row.code] += 1
            self.first_error = self.first_error or str(row)
            return
        self.first_lines = self.first_lines or tuple(
            _DIGIT.sub("#", turn.text[:_LINE_CHARS]) for turn in row.turns[:_FIRST_LINES]
        )
        self.n.update(calls=1, turns=len(row.turns), words=sum(len(turn.text.split()) for turn in row.turns))
        self.has.update(name for name in _OF_A_CALL if getattr(row, name) is not None)
        for turn in row.turns:
            self.has.update(name for name in _OF_A_TURN if getattr(turn, name) is not None)
            if turn.speaker is not None:
                self.speakers[_NUMBER.sub("#", turn.speaker)] += 1
