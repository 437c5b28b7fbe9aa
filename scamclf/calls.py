"""A call and its turns: the one value that flows through every room."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from scamclf.errors import ReaderError, shown

__all__ = ["LABELS", "MAX_CALL_CHARS", "MAX_NAME_CHARS", "Call", "Label", "Turn", "call_from_dict", "call_to_dict"]

Label = Literal["legitimate", "tech_support_scam", "other_scam"]

LABELS: tuple[Label, ...] = get_args(Label)
"""Label order everywhere: index 0 is the only legitimate class."""

MAX_CALL_CHARS = 500_000
"""Longest text of one call, in characters: about ten hours of speech, so more is no transcript. A tokenizer takes up to
600 bytes of memory for each."""

MAX_NAME_CHARS = 1000
"""Longest id of a call and longest name of its speaker, source, group and the like, in characters."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said in one go.

    Args:
        text: the words, non-empty after stripping.
        speaker: name or role as found; never part of the model's text.
        start_s, end_s: seconds from the start of the call; None where unknown.
        confidence: recogniser's confidence in [0, 1]; None where unknown.
    """

    text: str
    speaker: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One telephone call.

    Args:
        call_id: unique within a data set.
        turns: at least one.
        language: BCP 47 tag, or None where unknown.
        direction: "inbound" or "outbound" seen from the customer's telephone.
        source: corpus that the call is from.
        label: one of `LABELS`.
        family: kind of call, finer than the label.
        group: what must stay in one split (video, channel, campaign, template, pair).
        started_at: ISO 8601 time.
        meta: anything else, JSON-serialisable.
    """

    call_id: str
    turns: tuple[Turn, ...]
    language: str | None = None
    direction: str | None = None
    source: str | None = None
    label: Label | None = None
    family: str | None = None
    group: str | None = None
    started_at: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


_SPEAKER_TAG = re.compile(r"\[?([^\W\d_][\w .'()#-]{0,30})\]?:\s+(\S.*)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_OPTIONAL_TEXT = ("language", "direction", "source", "family", "group", "started_at")


def call_from_dict(row: Mapping[str, Any]) -> Call:
    """Read a call from canonical JSON: `call_id` and either `turns` or `text`.

    Args:
        row: `{"call_id", "turns": [{"speaker", "text", ...}]}` or `{"call_id", "text"}`, with the optional
            fields of `Call`. Unknown keys are ignored.

    Returns:
        The call; turns without text are dropped.

    Raises:
        ReaderError: a field is missing or of the wrong type; `code` says which kind.
    """
    if not isinstance(row, Mapping):
        raise ReaderError("bad_row", f"a call is an object with call_id and turns, not {type(row).__name__}")
    call_id = row.get("call_id")
    if isinstance(call_id, int) and not isinstance(call_id, bool):
        call_id = str(call_id)
    if not isinstance(call_id, str) or not call_id.strip() or _LONE_SURROGATE.search(call_id):
        raise ReaderError("no_call_id", f"call_id is {shown(call_id)}; wanted a non-empty string of valid Unicode")
    if len(call_id) > MAX_NAME_CHARS:
        raise ReaderError("no_call_id", f"call_id has {len(call_id):,} characters; at most {MAX_NAME_CHARS:,}")
    try:
        return Call(
            call_id=call_id,
            turns=_turns(row),
            label=_label(row.get("label")),
            meta=_meta(row.get("meta")),
            **{key: _text_or_none(row, key) for key in _OPTIONAL_TEXT},
        )
    except ReaderError as error:
        # An id of many words may be a line of a transcript, out of a file whose quotes are broken.
        name = "with an id of many words" if len(call_id.split()) > 2 else repr(call_id)
        raise ReaderError(error.code, f"call {name}: {error}", call_id=call_id) from error


def call_to_dict(call: Call) -> dict[str, Any]:
    """Canonical JSON of a call: the inverse of `call_from_dict`, without the fields that are None."""
    turns = [{key: value for key in Turn.__slots__ if (value := getattr(turn, key)) is not None} for turn in call.turns]
    row: dict[str, Any] = {"call_id": call.call_id}
    row |= {key: value for key in ("label", *_OPTIONAL_TEXT) if (value := getattr(call, key)) is not None}
    if call.meta:
        row["meta"] = dict(call.meta)
    return row | {"turns": turns}


def _turns(row: Mapping[str, Any]) -> tuple[Turn, ...]:
    turns, text = row.get("turns"), row.get("text")
    if turns is None:
        if text is None:
            raise ReaderError("no_text", "neither turns nor text; wanted one of them")
        return _split_text(_checked_text(text, "text"))
    if isinstance(turns, str) or not isinstance(turns, Sequence):
        raise ReaderError("bad_turns", f"turns is {type(turns).__name__}; wanted a list of objects with text")
    found, chars = [], 0
    for i, item in enumerate(turns):
        if (turn := _turn(item, i)).text:
            found.append(turn)
            chars += len(turn.text)
    if not found:
        raise ReaderError("no_text", "no turn has any text")
    if chars > MAX_CALL_CHARS:
        raise ReaderError("text_too_long", f"the turns have {chars:,} characters; at most {MAX_CALL_CHARS:,}")
    return tuple(found)


def _turn(item: Any, index: int) -> Turn:
    if not isinstance(item, Mapping):
        raise ReaderError("bad_turns", f"turns[{index}] is {type(item).__name__}; wanted an object with text")
    speaker = item.get("speaker")
    return Turn(
        text="" if item.get("text") is None else _checked_text(item["text"], f"turns[{index}].text"),
        speaker=None if speaker is None else str(speaker)[:MAX_NAME_CHARS],
        start_s=_number(item.get("start_s"), f"turns[{index}].start_s", low=0.0),
        end_s=_number(item.get("end_s"), f"turns[{index}].end_s", low=0.0),
        confidence=_number(item.get("confidence"), f"turns[{index}].confidence", low=0.0, high=1.0),
    )


def _split_text(text: str) -> tuple[Turn, ...]:
    """One turn a line. Where most lines begin with `Name: `, that is the speaker and no part of the words."""
    lines = [line for part in text.splitlines() if (line := part.strip())]
    if not lines:
        raise ReaderError("no_text", "text is empty")
    tagged = [_SPEAKER_TAG.match(line) for line in lines]
    if len(lines) > 1 and sum(map(bool, tagged)) >= 0.8 * len(lines):
        return tuple(
            Turn(text=tag[2], speaker=tag[1].strip()) if tag else Turn(text=line)
            for line, tag in zip(lines, tagged, strict=True)
        )
    return tuple(Turn(text=line) for line in lines)


def _checked_text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ReaderError("bad_text", f"{where} is {type(value).__name__}; wanted a string")
    if len(value) > MAX_CALL_CHARS:
        raise ReaderError("text_too_long", f"{where} has {len(value):,} characters; at most {MAX_CALL_CHARS:,}")
    # JSON can spell half a character, which no tokenizer and no Parquet file takes.
    if half := _LONE_SURROGATE.search(value):
        raise ReaderError("bad_text", f"{where} is not valid Unicode at character {half.start()}; wanted UTF-8")
    return value.strip()


def _number(value: Any, where: str, *, low: float, high: float = math.inf) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ReaderError("bad_number", f"{where} is {type(value).__name__}; wanted a number or null")
    try:
        number = float(value)
    except OverflowError:  # an integer of over 308 digits
        number = math.inf
    if not (math.isfinite(number) and low <= number <= high):
        wanted = f">= {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise ReaderError("bad_number", f"{where} is {number:g}; wanted a finite number {wanted}, or null")
    return number


def _meta(value: Any) -> Mapping[str, Any]:
    if value is None or isinstance(value, Mapping):
        return value or {}
    raise ReaderError("bad_field", f"meta is {type(value).__name__}; wanted an object or null")


def _label(value: Any) -> Label | None:
    if value is None or value in LABELS:
        return cast("Label | None", value)
    raise ReaderError("bad_label", f"label is {shown(value)}; wanted one of {', '.join(LABELS)}")


def _text_or_none(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise ReaderError("bad_field", f"{key} is {type(value).__name__}; wanted a string or null")
    if value is not None and len(value) > MAX_NAME_CHARS:
        raise ReaderError("bad_field", f"{key} has {len(value):,} characters; at most {MAX_NAME_CHARS:,}")
    return value
