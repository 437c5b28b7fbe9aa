"""How something is said and written down: fillers, politeness, a recogniser's errors, caption lines.

None of it is evidence, and in every corpus some of it goes with the label.
"""

import random
import re
from collections.abc import Collection, Sequence

from scamclf.preparation.confusions import CONFUSIONS
from scamclf.preparation.words import Words, put_after, put_before, remove

__all__ = ["MAX_LINE_WORDS", "MIN_LINE_WORDS", "caption_lines", "change_fillers", "change_politeness", "mishear"]

MIN_LINE_WORDS, MAX_LINE_WORDS = 8, 20
"""Words of a caption line, as automatic captions of videos have them."""

_HESITATIONS = ("um", "uh", "er", "like", "you know", "um", "uh", "I mean")
_OPENERS = ("okay", "right", "so", "well", "um", "uh", "yeah")
_ALWAYS_FILLERS = frozenset({"um", "uh", "er", "erm", "hmm", "mm", "umm", "uhm", "ah", "uhh"})
_OPENING_FILLERS = _ALWAYS_FILLERS | {"okay", "ok", "right", "well", "so", "alright"}
_QUESTION_WORDS = frozenset({"do", "did", "if", "how", "what", "as", "let", "when", "that", "would"})

_HONORIFICS = frozenset({"sir", "maam", "madam"})
_PLEASE = frozenset({"please", "kindly"})
_COURTESIES = _HONORIFICS | _PLEASE
_REQUESTS = frozenset(
    """bear call check click close confirm download enter follow give go hold install keep listen look open press put
    read restart sit spell stay take tell turn type wait write""".split()
)

_MEANING = frozenset(
    """no not never none nothing dont doesnt didnt isnt wasnt arent werent cant cannot couldnt wont wouldnt shouldnt
    havent hasnt hadnt""".split()
)
"""Words that a recogniser gets wrong too, but that turn a warning into an order: left alone."""
_FUNCTION_WORDS = ("the", "a", "to", "and", "of", "that", "in", "it", "is", "i", "you", "so", "on", "for", "this")
_ENDING = re.compile(r"(?<=in)g|(?<=ck|en|ll|er|ow|ay|ss|sh|ch|rt|st|ct)ed|(?<=[^sui'’])s")

_BRACKETED = re.compile(r"\[[^\]\[\n]{0,80}\]|<[^<>\n]{0,80}>|\([^()\n]{0,80}\)")
_UNCAPTIONED = re.compile(r"[^\w\s'’$£€%.,:/&@+-]|(?<!\d)[.,:/]|[.,:/](?!\d)|(?<!\w)[-'’]|[-'’](?!\w)")


def change_fillers(words: Words, rng: random.Random, *, insert: bool, rate: float) -> None:
    """Insert or delete what people say while they think.

    Args:
        words: changed in place.
        rng: of the draws.
        insert: um, uh, like, okay and so on go in front of words; otherwise they are deleted. "Okay", "right" and
            the like only at the beginning of a turn, "you know" not where it asks.
        rate: fillers for each word; of the fillers found the share `min(1, 10 * rate)` is deleted.
    """
    if insert:
        starts = set(words.starts)
        for i in _draw_places(len(words.words), rate, rng):
            filler = rng.choice(_OPENERS if i in starts else _HESITATIONS)
            put_before(words, i, filler.lower() if words.plain else filler)
        return
    share, keys = min(1.0, 10 * rate), words.keys
    for i in [i for i, key in enumerate(keys) if key in _OPENING_FILLERS or key == "know"]:
        if rng.random() >= share:
            continue
        if keys[i] in _ALWAYS_FILLERS or (i in words.starts and keys[i] in _OPENING_FILLERS):
            remove(words, i)
        elif keys[i - 1 : i + 1] == ["you", "know"] and i > 1 and keys[i - 2] not in _QUESTION_WORDS:
            remove(words, i - 1)
            remove(words, i)


def change_politeness(
    words: Words, rng: random.Random, *, insert: bool, rate: float, polite_turns: Collection[int] = ()
) -> None:
    """Insert or delete "sir", "ma'am", "madam", "please" and "kindly".

    Args:
        words: changed in place.
        rng: of the draws.
        insert: one form of address for the call goes to the beginning or the end of turns, "please" or "kindly" in
            front of requests that open a turn or sentence; otherwise they are deleted wherever they are.
        rate: share of turns, of requests, or of those deleted.
        polite_turns: turns that may get a form of address, as a rule those of one speaker.
    """
    if not insert:
        for i in [i for i, key in enumerate(words.keys) if key in _COURTESIES]:
            if rng.random() < rate:
                remove(words, i)
        return
    address, please = rng.choice(("sir", "ma'am", "madam")), rng.choice(("please", "kindly"))
    for i in [i for i, key in enumerate(words.keys) if key in _REQUESTS]:
        if words.opens_sentence(i) and rng.random() < rate:
            put_before(words, i, please, comma=False)
    for turn in polite_turns:
        start, end = words.starts[turn], words.starts[turn + 1]
        if rng.random() >= rate or start == end or not _HONORIFICS.isdisjoint(words.keys[start:end]):
            continue
        if rng.random() < 0.6:
            put_after(words, end - 1, address)
        else:
            put_before(words, start, address)


def mishear(words: Words, rng: random.Random, *, rate: float) -> None:
    """Make the errors of a speech recogniser: words for what they sound like, dropped, doubled, put in.

    Negations are never touched: without them a warning is an order.

    Args:
        words: changed in place.
        rng: of the draws.
        rate: errors for each word.
    """
    for i in _draw_places(len(words.words), rate, rng):
        word, key = words.words[i], words.keys[i]
        kind = rng.random()
        if not key or key in _MEANING or not word:
            continue
        if kind < 0.65:
            words.words[i] = _heard(word, key, rng)
        elif kind < 0.8:
            words.words[i] = ""
        elif kind < 0.9:
            words.words[i] = f"{word.rstrip('.,?!;:')} {word}"
        else:
            words.words[i] = f"{rng.choice(_FUNCTION_WORDS)} {word}"


def caption_lines(texts: Sequence[str], rng: random.Random) -> tuple[list[str], list[int]]:
    """Write turns as the lines of automatic captions: lower case, no punctuation, cut without regard to who speaks.

    Args:
        texts: of the turns.
        rng: of the lines' lengths.

    Returns:
        Lines of 8 to 20 words (one shorter line where there are fewer words) and for each turn the index of the
        line that holds its first word. Bracketed marks are left out; no lines where there is nothing else.
    """
    joined = "\n".join(" ".join(text.split()) for text in texts)
    # Not kept as words: the tokenizer drops bracketed marks, and captions have none.
    plain = _UNCAPTIONED.sub(" ", _BRACKETED.sub(" ", joined).lower())
    words: list[str] = []
    firsts: list[int] = []
    for text in plain.split("\n"):
        firsts.append(len(words))
        words += text.split()
    lines: list[str] = []
    line_of: list[int] = []
    start = 0
    while start < len(words):
        left = len(words) - start
        longest = min(MAX_LINE_WORDS, left - MIN_LINE_WORDS)
        size = left if left <= MAX_LINE_WORDS else rng.randint(MIN_LINE_WORDS, longest)
        line_of += [len(lines)] * size
        lines.append(" ".join(words[start : start + size]))
        start += size
    return lines, [line_of[min(first, len(words) - 1)] for first in firsts] if words else []


def _draw_places(n: int, rate: float, rng: random.Random) -> list[int]:
    """Draw `rate * n` different places, rounded at random, in order."""
    k = int(rate * n + rng.random())
    return sorted(rng.sample(range(n), min(n, k)))


def _heard(word: str, key: str, rng: random.Random) -> str:
    forms = CONFUSIONS.get(key)
    bare = word.rstrip(".,?!;:")
    tail = word[len(bare) :]
    if forms:
        form = rng.choice(forms)
        return (form[0].upper() + form[1:] if word[0].isupper() else form) + tail
    ending = _ENDING.search(bare, len(bare) - 2) if len(key) > 4 else None
    return bare[: ending.start()] + tail if ending and ending.end() == len(bare) else word
