"""Hacker Public Radio: real speech about computers, Whisper transcripts of one stream without speakers."""

import re
from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import Call, Turn
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import list_files, read_table, read_text
from scamclf.errors import DataError
from scamclf.resources import resource

__all__ = ["read", "strip_boilerplate"]

FOLDER = "hpr_transcripts"
TRAIN_EPISODES = "data/labels/hpr.csv"
"""Test selector: every episode that is not listed there is test data for good."""

_HEADER_END = re.compile(r"^---\s*$", re.MULTILINE)
_INTRO = re.compile(
    r"\bepisode \d[\d, ]*|\bentitled\b|\b(?:hosted|posted) by\b|\bfirst show by\b|\bminutes long\b|"
    r"\b(?:clean|explicit) ?flag\b|\bthe summ(?:ary|aries|er)\b|\bbrought to you by\b|\boffer code\b|\bh[bp]r ?15\b|"
    r"\bshared hosting\b|\bweb ?hosting\b|\bslash donate\b|\buniversal access\b|\breserve (?:queue|q)\b|"
    r"\bpart of the series\b",
    re.IGNORECASE,
)
_OUTRO = re.compile(
    r"\b(?:you've|you have) been listening to h\w+|\bthank(?:s| you) for listening to h|"
    r"\b(?:h\w+ is )?sponsored by caro|\bcommunity podcast network\b|\bthought of recording\b|"
    r"\bcontributed by an h\w+ listener|\bdigital dog pound\b|\bcomments on today's show\b|"
    r"\bunless otherwise stat|\bcreat\w+ (?:of )?com+[eo]n",
    re.IGNORECASE,
)
_INTRO_WORDS = 150
_OUTRO_WORDS = 220
_SENTENCE_CHARS = 250
_LOOP_WORDS = 12
_LOOP_TIMES = 4


def read(folder: Path) -> Iterator[Call | LeftOut]:
    """Read one call an episode, without the announcement before it and the credits after it.

    An episode without a word between them (music) is no call.

    Raises:
        DataError: there is no file, or one has no header.
    """
    train = {row["episode"] for _, row in read_table(resource(TRAIN_EPISODES), ("episode",))}
    for path in list_files(folder / FOLDER, "hpr*.txt"):
        pieces = _HEADER_END.split(read_text(path), maxsplit=1)
        if len(pieces) != 2:
            raise DataError(f"{path}: no line of three hyphens; wanted a header that ends with one")
        text = strip_boilerplate(pieces[1])
        if not text:
            yield LeftOut("hpr", "no words")
            continue
        call_id = f"hpr/{path.stem}"
        yield Call(
            call_id=call_id,
            turns=(Turn(text=text),),
            language="en",
            source="hpr",
            label="legitimate",
            family="podcast",
            group=call_id,
            meta={} if path.stem in train else {"role": "report"},
        )


def strip_boilerplate(text: str) -> str:
    """Drop the announcement, the credits and the loops in which Whisper says one phrase over and over.

    The announcement ends with the sentence around its last set phrase among the first words, the credits
    begin with their first set phrase among the last words. Sentences cannot be relied on: some transcripts
    have no punctuation.
    """
    words = text.split()
    tail_start = max(0, len(words) - _OUTRO_WORDS)
    body, tail = " ".join(words[:tail_start]), " ".join(words[tail_start:])
    if credits := _OUTRO.search(tail):
        tail = tail[: credits.start()]
    body = f"{body} {tail}".strip()
    head = " ".join(words[:_INTRO_WORDS])
    phrases = list(_INTRO.finditer(head))
    if phrases:
        begin = phrases[-1].end()
        sentence_end = re.compile(r"[.?!](?:\s|$)").search(body, begin, begin + _SENTENCE_CHARS)
        body = body[sentence_end.end() if sentence_end else begin :]
    kept = " ".join(_drop_loops(body.split()))
    return kept if re.search(r"\w", kept) else ""


def _drop_loops(words: list[str]) -> list[str]:
    """Keep one of every phrase that follows itself four times or more."""
    again = _words_until_again(words)
    kept: list[str] = []
    start = 0
    while start < len(words):
        # A phrase that follows itself is as long as its first word is away from the next of its kind, or longer.
        for length in range(again[start], _LOOP_WORDS + 1):
            end = start + length
            phrase = words[start:end]
            while words[end : end + length] == phrase:
                end += length
            if end - start >= _LOOP_TIMES * length:
                kept += phrase
                start = end
                break
        else:
            kept.append(words[start])
            start += 1
    return kept


def _words_until_again(words: list[str]) -> list[int]:
    """For each word how far away it comes next; more than any phrase is long where it does not."""
    places: dict[str, int] = {}
    distances = [_LOOP_WORDS + 1] * len(words)
    for place in range(len(words) - 1, -1, -1):
        distances[place] = places.get(words[place], place + _LOOP_WORDS + 1) - place
        places[words[place]] = place
    return distances
