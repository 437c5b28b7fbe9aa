"""Subtitle files, WebVTT and SubRip alike: blocks with a line of times and the words under it."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import Call, Turn, call_from_dict
from scamclf.errors import ReaderError
from scamclf.readers.documents import Transcript, call_from_transcript, read_bounded
from scamclf.readers.limits import MAX_SUBTITLE_CHARS
from scamclf.readers.pieces import Piece, clean_text, interleave_phrases, join_pieces, with_times

__all__ = ["parse_srt", "parse_vtt", "read"]

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\n|\r|\Z)")
_TIME = r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,9})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,200})?\s{1,20}([^<>]{0,200})>")
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]{0,200}>|\{\\[^{}]{0,50}\}")
_WHISPERX_SPEAKER = re.compile(r"\[(SPEAKER_\d{1,6})\]:\s*")


def read(path: Path, *, format: str, name: str) -> Iterator[Call | ReaderError]:
    """Read a subtitle file, "vtt" or "srt", as one call with the id `name`."""
    try:
        parse = parse_vtt if format == "vtt" else parse_srt
        turns = parse(read_bounded(path).decode("utf-8-sig"))
        yield call_from_transcript(Transcript(turns), path, format=format, name=name)
    except UnicodeDecodeError as error:
        message = f"{path}: not UTF-8 ({error.reason} at byte {error.start})"
        yield ReaderError("bad_encoding", message, call_id=name)
    except ReaderError as error:
        yield ReaderError(error.code, f"{path}: {error}", call_id=name)


def parse_vtt(text: str) -> tuple[Turn, ...]:
    """Read WebVTT (W3C): a speaker is a voice `<v Name>`, else as in `parse_srt`.

    Raises:
        ReaderError: no WebVTT, times that are none or reversed, too large.
    """
    return join_pieces(interleave_phrases(_name_speakers(_vtt_pieces(text))))


def parse_srt(text: str) -> tuple[Turn, ...]:
    """Read SubRip: `[SPEAKER_00]: ` in front of the words is the speaker, or `Name: ` where most cues have one.

    Raises:
        ReaderError: times that are none or reversed, too large.
    """
    return join_pieces(interleave_phrases(_name_speakers(_srt_pieces(text))))


def _vtt_pieces(text: str) -> list[Piece]:
    if not text.startswith("WEBVTT"):
        raise ReaderError("bad_shape", "does not begin with WEBVTT")
    pieces = []
    for number, lines in _blocks(text):
        cue = _cue(lines, number)
        if cue is None:
            # The header, NOTE, STYLE and REGION: nothing spoken.
            continue
        times, body = cue
        first, *voices = _VOICE.split(body)
        spoken = [(None, first), *zip(voices[::2], voices[1::2], strict=True)]
        pieces += [
            with_times(Piece(words, clean_text(speaker, "voice") or None), *times, f"cue at line {number}")
            for speaker, part in spoken
            if (words := clean_text(html.unescape(_TAG.sub("", part)), "cue"))
        ]
    return pieces


def _srt_pieces(text: str) -> list[Piece]:
    pieces: list[Piece] = []
    for number, lines in _blocks(text):
        cue = _cue(lines, number)
        if cue is not None:
            times, body = cue
            piece = Piece(clean_text(_TAG.sub("", body), "cue"))
            pieces.append(with_times(piece, *times, f"cue at line {number}"))
        elif pieces and not (len(lines) == 1 and lines[0].strip().isdigit()):
            # An empty line inside a cue: what follows it was spoken too.
            body = clean_text(_TAG.sub("", " ".join(lines)), "cue")
            last = pieces.pop()
            pieces.append(with_times(Piece(f"{last.text} {body}"), last.start_s, last.end_s, "cue"))
    return pieces


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not empty, with the number of the first."""
    if len(text) > MAX_SUBTITLE_CHARS:
        raise ReaderError("file_too_large", f"subtitles of more than {MAX_SUBTITLE_CHARS:,} characters")
    block: list[str] = []
    for number, found in enumerate(_LINE.finditer(text), start=1):
        line = found[1]
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []
    if block:
        yield number - len(block) + 1, block


def _cue(lines: list[str], number: int) -> tuple[tuple[float, float], str] | None:
    """Times and words of a block whose first or second line has times; None for any other block."""
    for i, line in enumerate(lines[:2]):
        if "-->" not in line:
            continue
        match = _TIMES.fullmatch(line)
        if match is None:
            raise ReaderError("bad_time", f"line {number + i}: no times; wanted 00:00:01.000 --> 00:00:02.000")
        parts = match.groups()
        return (_seconds(parts[:4]), _seconds(parts[4:])), "\n".join(lines[i + 1 :])
    return None


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(f"{seconds}.{fraction}")


def _name_speakers(pieces: list[Piece]) -> list[Piece]:
    pieces = [piece for piece in pieces if piece.text]
    if any(piece.speaker for piece in pieces) or not pieces:
        return pieces
    if any(_WHISPERX_SPEAKER.match(piece.text) for piece in pieces):
        matches = [(piece, _WHISPERX_SPEAKER.match(piece.text)) for piece in pieces]
        named = [(piece.text[m.end() :], m[1]) if m else (piece.text, None) for piece, m in matches]
    else:
        lines = "\n".join(piece.text for piece in pieces)
        named = [(turn.text, turn.speaker) for turn in call_from_dict({"call_id": "-", "text": lines}).turns]
    return [
        with_times(Piece(text, speaker), piece.start_s, piece.end_s, "cue")
        for (text, speaker), piece in zip(named, pieces, strict=True)
    ]
