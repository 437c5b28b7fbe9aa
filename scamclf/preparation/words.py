"""A call as words that can be changed in place: what every kind of augmentation works on."""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Words", "dress", "other_than", "put_after", "put_before", "remove", "split_edges"]

# Looked up by code point: far faster on ASCII text than a regular expression.
_DROPPED = dict.fromkeys(code for code in range(0x2600) if not (chr(code).isalnum() or chr(code).isspace()))

_EDGES = re.compile(r"(\W*)(.*?)((?:['’]s)?\W*)", re.DOTALL)
_SENTENCE_ENDS = (".", "?", "!")
_LOWERED = frozenset(
    """a all and are as at but can could did do does for from have he hello hi how if in is it its just let may my
    no not now oh of okay on or our please right she so sorry thank thanks that the then there they this to we well
    were what when where which who why will with would yeah yes you your
    bear call check click close confirm download enter follow give go hold install keep listen look open press put
    read restart sit spell stay take tell turn type wait write""".split()
)


@dataclass(slots=True)
class Words:
    """The words of all turns, one after another.

    An edit replaces an item of `words` and never inserts or removes one: an item may become empty or hold several
    words. So positions stay valid and every turn keeps its words, whatever is done to them.

    Args:
        words: as written, with the punctuation that hangs on them.
        keys: the same words in lower case without punctuation and apostrophes, as they were before any edit;
            empty for a word that is all punctuation.
        starts: index of the first word of each turn, and the number of words at the end.
        plain: whether the text has no capitals, as captions and recognisers write it.
    """

    words: list[str]
    keys: list[str]
    starts: list[int]
    plain: bool

    @classmethod
    def from_texts(cls, texts: Sequence[str]) -> "Words":
        """Split the texts of a call's turns."""
        words: list[str] = []
        starts = [0]
        for text in texts:
            words += text.split()
            starts.append(len(words))
        joined = " ".join(words)
        lowered = joined.lower()
        # One call for all words; every space stays, so keys and words stay in step.
        keys = lowered.translate(_DROPPED).split(" ") if words else []
        return cls(words, keys, starts, plain=lowered == joined)

    def texts(self, originals: Sequence[str]) -> list[str]:
        """Join the turns again.

        Args:
            originals: texts that the words were split from; one stands where the edits left a turn empty.

        Returns:
            As many texts, none empty that was not.
        """
        turns = zip(self.starts[:-1], self.starts[1:], originals, strict=True)
        return [" ".join(filter(None, self.words[start:end])) or original for start, end, original in turns]

    def opens_sentence(self, index: int) -> bool:
        """Whether a capital at this word says nothing: it begins a turn or follows the end of a sentence."""
        return index in self.starts or self.words[index - 1].endswith(_SENTENCE_ENDS)

    def capital(self, index: int) -> bool:
        """Whether a word begins with a capital."""
        return self.words[index].lstrip("\"'([“‘")[:1].isupper()

    def titled(self, index: int) -> bool:
        """Whether a word is capitalised for its own sake."""
        return self.capital(index) and not self.opens_sentence(index)


def split_edges(word: str) -> tuple[str, str, str]:
    """Split off punctuation and a genitive: `("(", "Anna", "'s,")` for `(Anna's,`."""
    found = _EDGES.fullmatch(word)
    return (found[1], found[2], found[3]) if found else ("", word, "")


def dress(replacement: str, core: str) -> str:
    """Write a replacement in the case of the word that it replaces.

    Args:
        replacement: as it is written in prose ("AnyDesk", "Anna").
        core: the old word without punctuation.

    Returns:
        The replacement: lower case for a lower-case word, capitals for a long one in capitals.
    """
    if core == core.lower():
        return replacement.lower()
    return replacement.upper() if len(core) > 4 and core.isupper() else replacement


def other_than(
    found: Sequence[str], pool: Sequence[str], rng: random.Random, *, taken: Iterable[str] = ()
) -> dict[str, str]:
    """Map each item to one of the pool that occurs neither among them nor in `taken`, all different.

    Where the pool is too small for that, the items are swapped among themselves.
    """
    avoided = {*found, *taken}
    drawn = rng.sample(pool, min(len(pool), len(found) + len(avoided)))
    free = [item for item in drawn if item not in avoided]
    others = free if len(free) >= len(found) else [*found[1:], *found[:1]]
    return dict(zip(found, others, strict=False))


def put_before(words: Words, index: int, insertion: str, *, comma: bool = True) -> None:
    """Insert words in front of a word; at the start of a sentence they take over its capital."""
    word = words.words[index]
    pause = "," if comma else ""
    if words.plain or not word:
        words.words[index] = f"{insertion} {word}".rstrip()
    elif word[0].isupper() and words.opens_sentence(index):
        # "I" and names keep their capital: of words that open sentences these are sure to lose it.
        rest = word[0].lower() + word[1:] if words.keys[index] in _LOWERED else word
        words.words[index] = f"{insertion[0].upper()}{insertion[1:]}{pause} {rest}"
    else:
        words.words[index] = f"{insertion}{pause} {word}"


def put_after(words: Words, index: int, insertion: str) -> None:
    """Insert words behind a word; its closing punctuation goes behind them."""
    word = words.words[index]
    bare = word.rstrip(".,?!;:")
    words.words[index] = f"{bare}{'' if words.plain else ','} {insertion}{word[len(bare) :]}"


def remove(words: Words, index: int) -> None:
    """Delete a word; the end of a sentence goes to the word before, a capital to the word behind."""
    word = words.words[index]
    opened = words.opens_sentence(index)
    words.words[index] = ""
    if words.plain:
        return
    if opened:
        if index + 1 not in words.starts and (after := words.words[index + 1]):
            words.words[index + 1] = after[0].upper() + after[1:]
    elif word.endswith(_SENTENCE_ENDS) and (before := words.words[index - 1]):
        words.words[index - 1] = before.rstrip(",;") + word[-1]
