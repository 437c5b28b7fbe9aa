"""What a recogniser wrote down, word by word or phrase by phrase, made into turns the same way for every format."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scamclf.calls import Turn
from scamclf.errors import ReaderError, shown
from scamclf.readers.limits import MAX_CHANNELS

__all__ = [
    "MAX_PAUSE_S",
    "Piece",
    "clean_text",
    "interleave_phrases",
    "interleave_words",
    "join_pieces",
    "read_confidence",
    "read_name",
    "read_seconds",
    "speaker_label",
    "timed",
    "with_times",
]

MAX_PAUSE_S = 2.0
"""A speaker who is silent for longer begins a new turn: some vendors cut at pauses, others not at all."""

_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, phrase or cue as the format has it.

    Args:
        text: words, white space already made single.
        speaker: name, role or number as found; None where unknown.
        start_s, end_s: seconds from the start of the call; None where unknown.
        confidence: in [0, 1]; None where unknown.
        glued: follows its predecessor without a space (punctuation that is an item of its own).
    """

    text: str
    speaker: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    confidence: float | None = None
    glued: bool = False


def timed(
    piece: Piece,
    item: Mapping[str, Any],
    where: str,
    *,
    keys: tuple[str, str] = ("start", "end"),
    per_second: float = 1,
) -> Piece:
    """The piece with the start and end that stand in `item` under `keys`.

    Raises:
        ReaderError: a time is no finite number >= 0, or it ends before it starts.
    """
    start, end = (read_seconds(item.get(key), f"{where}.{key}", per_second=per_second) for key in keys)
    return with_times(piece, start, end, where)


def with_times(piece: Piece, start_s: float | None, end_s: float | None, where: str) -> Piece:
    """The piece with these times.

    Raises:
        ReaderError: it ends before it starts.
    """
    if start_s is not None and end_s is not None and end_s < start_s:
        raise ReaderError("bad_time", f"{where} ends at {end_s} s, before it starts at {start_s} s")
    return replace(piece, start_s=start_s, end_s=end_s)


def join_pieces(pieces: Iterable[Piece], *, words: bool = False) -> tuple[Turn, ...]:
    """Group pieces into turns: a turn ends where the speaker changes or pauses for more than `MAX_PAUSE_S`.

    Args:
        pieces: in the order in which they were spoken; those without text are dropped.
        words: the pieces are single words: neighbours of an unknown speaker belong together as well. Phrases of
            an unknown speaker stay apart, for they may be two people's.
    """
    turns: list[Turn] = []
    run: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if run and not (piece.glued or _belongs_together(run, piece, words)):
            turns.append(_turn(run))
            run = []
        run.append(piece)
    return (*turns, _turn(run)) if run else tuple(turns)


def _belongs_together(run: Sequence[Piece], after: Piece, words: bool) -> bool:
    if run[0].speaker != after.speaker or (after.speaker is None and not words):
        return False
    end = _end(run)
    return end is None or after.start_s is None or after.start_s - end <= MAX_PAUSE_S + _ROUNDING_S


def _end(run: Sequence[Piece]) -> float | None:
    """End of the last piece but for punctuation, which has no times of its own."""
    return next((piece for piece in reversed(run) if not piece.glued), run[-1]).end_s


def _turn(run: Sequence[Piece]) -> Turn:
    parts = [f"{'' if piece.glued or not i else ' '}{piece.text}" for i, piece in enumerate(run)]
    known = [(piece.confidence, len(piece.text.split())) for piece in run if piece.confidence is not None]
    start, end = run[0].start_s, _end(run)
    if start is not None and end is not None and end < start:
        # Words out of order: where the turn ends is not known.
        end = None
    return Turn(
        text="".join(parts),
        speaker=run[0].speaker,
        start_s=start,
        end_s=end,
        confidence=sum(c * n for c, n in known) / sum(n for _, n in known) if known else None,
    )


def interleave_phrases(pieces: Iterable[Piece]) -> list[Piece]:
    """Sort phrases of several channels by their start; equal starts keep their order.

    A phrase without a start keeps its place behind the phrase of the same speaker before it.
    """
    latest: dict[str | None, float] = {}
    keyed = []
    for piece in pieces:
        key = piece.start_s if piece.start_s is not None else latest.get(piece.speaker, 0.0)
        latest[piece.speaker] = key if piece.end_s is None else max(key, piece.end_s)
        keyed.append((key, piece))
    return [piece for _, piece in sorted(keyed, key=lambda item: item[0])]


def interleave_words(channels: Sequence[Sequence[Piece]]) -> list[Piece]:
    """Put the words of several channels into the order in which they were spoken.

    A channel is cut where another begins to speak in one of its pauses, and its stretches are sorted by start.
    Sorting single words would shuffle the sentences of two people who talk at once.

    Raises:
        ReaderError: there are more than `MAX_CHANNELS`.
    """
    if len(channels) > MAX_CHANNELS:
        raise ReaderError("bad_shape", f"{len(channels):,} channels; at most {MAX_CHANNELS}")
    if len(channels) < 2:
        return [word for words in channels for word in words]
    stretches: list[list[Piece]] = []
    for i, words in enumerate(channels):
        others = sorted(w.start_s for j, ws in enumerate(channels) if j != i for w in ws if w.start_s is not None)
        stretches += _stretches(words, others)
    order: list[tuple[float, list[Piece]]] = []
    latest: dict[str | None, float] = {}
    for stretch in stretches:
        key = stretch[0].start_s if stretch[0].start_s is not None else latest.get(stretch[0].speaker, 0.0)
        latest[stretch[0].speaker] = key
        order.append((key, stretch))
    return [word for _, stretch in sorted(order, key=lambda item: item[0]) for word in stretch]


def _stretches(words: Sequence[Piece], others: Sequence[float]) -> list[list[Piece]]:
    found: list[list[Piece]] = []
    end: float | None = None
    for word in words:
        cut = False
        if end is not None and word.start_s is not None and end < word.start_s:
            i = bisect_left(others, end)
            cut = i < len(others) and others[i] < word.start_s
        if not found or (cut and not word.glued):
            found.append([])
        found[-1].append(word)
        end = word.end_s if word.end_s is not None else end
    return found


def speaker_label(speaker: Any, channel: Any, *, channels: int) -> str | None:
    """Name a speaker by what the format tells: the diarised speaker, the channel where there are several, or both."""
    side = read_name(channel, "channel") if channels > 1 else None
    name = read_name(speaker, "speaker")
    if side is None:
        return name
    return f"channel {side}" if name is None else f"channel {side} speaker {name}"


def read_name(value: Any, where: str) -> str | None:
    """Read a name or number of a speaker or channel; None and "" are unknown.

    Raises:
        ReaderError: neither text nor a number.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ReaderError("bad_shape", f"{where} is {type(value).__name__}; wanted a name or a number")
    return clean_text(value if isinstance(value, str) else repr(value)[:200], where)[:200] or None


def clean_text(value: Any, where: str) -> str:
    """Make white space single; None is no text.

    Raises:
        ReaderError: the value is no string.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ReaderError("bad_text", f"{where} is {type(value).__name__}; wanted a string")
    return " ".join(value.split())


def read_seconds(value: Any, where: str, *, per_second: float = 1) -> float | None:
    """Read a time that may be written as a number or as text.

    Args:
        value: the time; None and "" are unknown.
        where: for the error message.
        per_second: units in a second: 1000 for milliseconds, 10,000,000 for ticks.

    Raises:
        ReaderError: no number, not finite, or negative.
    """
    number = _read_number(value, where)
    if number is not None and not 0 <= number < float("inf"):
        raise ReaderError("bad_number", f"{where} is {number}; wanted a finite number >= 0")
    return None if number is None else number / per_second


def read_confidence(value: Any, where: str) -> float | None:
    """Read a confidence in [0, 1], a rounding error above it forgiven.

    Raises:
        ReaderError: no number or out of range.
    """
    number = _read_number(value, where)
    if number is not None and not 0 <= number <= 1.001:
        raise ReaderError("bad_number", f"{where} is {number}; wanted a number in [0, 1]")
    return None if number is None else min(number, 1.0)


def _read_number(value: Any, where: str) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ReaderError("bad_number", f"{where} is {type(value).__name__}; wanted a number")
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise ReaderError("bad_number", f"{where} is {shown(value)}; wanted a number") from error
