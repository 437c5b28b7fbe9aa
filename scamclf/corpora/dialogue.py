"""Cutting dialogues that stand in one text into turns."""

import re
from collections.abc import Sequence

from scamclf.calls import Turn
from scamclf.errors import DataError

__all__ = ["at_least_one", "split_at_tags", "split_lines"]

_STAGE_DIRECTION = re.compile(r"(?:\s*(?:\([^()]*\)|\[[^\[\]]*\]))+\s*")
_LINE_TAG = re.compile(r"\W{0,3}([^\W\d_][\w .'/()&-]{0,40}?)\]?\**\s*:\**\s*(.*)", re.DOTALL)


def split_at_tags(text: str, tags: Sequence[str]) -> tuple[Turn, ...]:
    """Cut a text at inlined speaker tags: `Suspect: hello. Innocent: who is this?`.

    Args:
        text: the dialogue, with or without line breaks.
        tags: the speakers' names; a tag is one of them, in any case, before a colon.

    Returns:
        One turn a tag, the tag as `speaker`; words before the first tag have no speaker. May be empty.
    """
    names = {tag.lower(): tag for tag in tags}
    pattern = rf"\b({'|'.join(map(re.escape, tags))})\s*:"
    pieces = re.split(pattern, text, flags=re.IGNORECASE)
    said: list[tuple[str | None, str]] = [(None, pieces[0])]
    said += [(names[tag.lower()], words) for tag, words in zip(pieces[1::2], pieces[2::2], strict=True)]
    return tuple(Turn(text=words.strip(), speaker=speaker) for speaker, words in said if words.strip())


def split_lines(text: str, *, not_speakers: Sequence[str] = ()) -> tuple[Turn, ...]:
    """Cut a text with one `Name: words` a line into turns.

    A line without a tag goes on with the turn before it. Headings (`# ...`), rules (`---`) and lines of
    nothing but stage directions in brackets are nobody's words and are dropped.

    Args:
        text: the dialogue.
        not_speakers: lower-cased tags that are no speaker but a note (`duration`): their lines are dropped.

    Returns:
        The turns; may be empty.
    """
    said: list[tuple[str | None, list[str]]] = []
    for line in map(str.strip, text.splitlines()):
        if not re.search(r"\w", line) or line.startswith("#") or _STAGE_DIRECTION.fullmatch(line):
            continue
        tag = _LINE_TAG.fullmatch(line)
        if tag and tag[1].lower() in not_speakers:
            continue
        if tag:
            said.append((tag[1].strip(), [tag[2]]))
        elif said:
            said[-1][1].append(line)
        else:
            said.append((None, [line]))
    turns = (Turn(text=" ".join(words).strip(), speaker=speaker) for speaker, words in said)
    return tuple(turn for turn in turns if turn.text)


def at_least_one(turns: tuple[Turn, ...], where: str) -> tuple[Turn, ...]:
    """Pass the turns on.

    Raises:
        DataError: there are none.
    """
    if not turns:
        raise DataError(f"{where}: found no words; wanted at least one turn")
    return turns
