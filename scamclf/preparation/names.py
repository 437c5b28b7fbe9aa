"""Names swapped, consistently within a call, so that no name predicts the label.

A name is one of the lists in `lexicon`, or what stands behind "mister" or "my name is". A word that is both a name
and a word ("grace", "bill") counts only where its capital or the words before it say that it is a name.
"""

import random
import re
from collections.abc import Mapping, Sequence

from scamclf.preparation.lexicon import BRANDS, COMMON_WORD_NAMES, FEMALE_NAMES, MALE_NAMES, SURNAMES
from scamclf.preparation.words import Words, dress, other_than, split_edges

__all__ = ["fill_placeholders", "swap_names"]

_POOLS: Mapping[str, tuple[str, ...]] = {
    "female": FEMALE_NAMES,
    "male": MALE_NAMES,
    "first": FEMALE_NAMES + MALE_NAMES,
    "surname": SURNAMES,
}
_SURNAMES = frozenset(SURNAMES)
_KINDS = {name: kind for kind in ("surname", "male", "female") for name in _POOLS[kind]} | {"xyz": "surname"}
_BRAND_WORDS = frozenset(word.lower() for brands in BRANDS.values() for brand in brands for word in brand.split())
# Keys have no apostrophe: "annas" may be "anna's".
_BASES = {form: name for name in _KINDS if (form := name + "s") not in _BRAND_WORDS} | {name: name for name in _KINDS}

_PLACEHOLDER = re.compile(r"[\[{<][^\[\]{}<>\n]{0,40}\bname\b[^\[\]{}<>\n]{0,20}[\]}>]", re.IGNORECASE)
_COMPANY = re.compile(r"company|business|bank|organi[sz]ation|firm", re.IGNORECASE)

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mister", "missus", "missis"})
_NAME_VERBS = frozenset({"is", "names"})
_ANNOUNCE = _TITLES | _NAME_VERBS
_OWNERS = frozenset({"my", "his", "her", "your"})
_GREETINGS = frozenset({"hi", "hello", "hey", "thanks", "dear", "bye", "goodbye", "im", "its", "names"})
_TWO_WORD_CUES = frozenset(
    {("name", "is"), ("this", "is"), ("thank", "you"), ("speaking", "to"), ("speaking", "with"), ("speak", "to"),
     ("speak", "with"), ("am", "i"), ("is", "it"), ("good", "morning"), ("good", "afternoon"), ("good", "evening")}
)  # fmt: skip
_SPELLING = frozenset({"as", "like", "for"})
_NO_NAME = frozenset(
    """and are but calling can called correct first for from full good has have here last not off okay one our please
    right she sir spelled spelt still that the there this was wrong what with yes you your""".split()
)


def fill_placeholders(texts: Sequence[str], rng: random.Random) -> list[str]:
    """Write a name where a transcript has `[Your Name]` or `<company name>`; the same for the same mark."""
    filled: dict[str, str] = {}

    def fill(mark: re.Match[str]) -> str:
        pool = SURNAMES if _COMPANY.search(mark[0]) else _POOLS["first"]
        return filled.setdefault(mark[0].lower(), _written(rng.choice(pool)))

    return [_PLACEHOLDER.sub(fill, text) for text in texts]


def swap_names(words: Words, rng: random.Random) -> None:
    """Replace every name by another of its kind: women's, men's, surnames.

    The same name becomes the same name throughout the call, two names never become one.
    """
    found = _find_names(words)
    kinds: dict[str, list[str]] = {}
    for base, kind in dict(found.values()).items():
        kinds.setdefault(kind, []).append(base)
    mapping: dict[str, str] = {}
    for kind, names in kinds.items():
        mapping |= other_than(names, _POOLS[kind], rng, taken=mapping.values())
    for index, (base, _) in found.items():
        before, core, behind = split_edges(words.words[index])
        if words.keys[index] == base + "s" and not behind.lower().startswith(("'s", "’s")):
            behind = "s" + behind  # "annas", as a recogniser writes it
        words.words[index] = before + dress(_written(mapping[base]), core) + behind


def _written(name: str) -> str:
    if name.startswith("mc"):
        return "Mc" + name[2:].title()
    return f"O'{name[1:].title()}" if name in ("obrien", "oconnor", "odonnell", "oneill") else name.title()


def _find_names(words: Words) -> dict[int, tuple[str, str]]:
    """The names' positions, each with the name itself and its kind."""
    keys = words.keys
    found: dict[int, tuple[str, str]] = {}
    for i in [i for i, key in enumerate(keys) if key in _BASES or key in _ANNOUNCE]:
        key = keys[i]
        if i not in found and key in _BASES and _is_name(words, i, found):
            base = _BASES[key]
            follows = i > 0 and (keys[i - 1] in _TITLES or i - 1 in found)
            found[i] = (base, "surname" if follows and base in _SURNAMES else _KINDS[base])
        if i in found or key in _ANNOUNCE:
            _add_unlisted(words, i, found)
    return found | _further_mentions(words, found)


def _further_mentions(words: Words, found: Mapping[int, tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """Where the names that needed a word before them to be recognised stand without it."""
    sure = {base: kind for base, kind in found.values() if base not in _KINDS}
    # Without capitals "grace" elsewhere in the call may be a period of grace.
    sure |= {} if words.plain else {base: kind for base, kind in found.values() if base in COMMON_WORD_NAMES}
    forms = {form: (base, kind) for base, kind in sure.items() for form in (base + "s", base)}
    places = [i for i, key in enumerate(words.keys) if key in forms] if forms else []
    return {i: forms[words.keys[i]] for i in places if i not in found and (words.plain or words.capital(i))}


def _is_name(words: Words, i: int, found: Mapping[int, tuple[str, str]]) -> bool:
    keys, base = words.keys, _BASES[words.keys[i]]
    before = keys[i - 1] if i else ""
    if keys[i - 2 : i] == ["as", "in"] or (before in _SPELLING and i > 1 and len(keys[i - 2]) == 1):
        return False  # "v as in victor", "v for victor"
    if keys[i : i + 2] == ["john", "lewis"] or keys[i - 1 : i + 1] == ["john", "lewis"]:
        return False  # a shop
    if not (words.plain or words.capital(i)):
        return False
    if base not in COMMON_WORD_NAMES:
        return True
    if before in _TITLES or (i - 1 in found and base in _SURNAMES):
        return True
    if _KINDS[base] == "surname" or (keys[i] != base and words.words[i].isalpha()):
        return False  # "Brown" may be a street, "bills" is no name
    return words.titled(i) or before in _GREETINGS or tuple(keys[i - 2 : i]) in _TWO_WORD_CUES


def _add_unlisted(words: Words, i: int, found: dict[int, tuple[str, str]]) -> None:
    """Take the next word for a name where a title, a first name or "my name is" stands before it."""
    keys, key, after = words.keys, words.keys[i], i + 1
    if after >= len(keys) or after in words.starts:
        return
    name = keys[after]
    if len(name) < 3 or not name.isalpha() or name in _NO_NAME or name in _BASES or name in _ANNOUNCE:
        return
    capital = words.capital(after)
    if key in _TITLES:
        if words.plain or capital:
            found[after] = (name, "surname")
    elif key in _NAME_VERBS:
        # "my name is Ana", "my name's Ana"; not "the problem is" or "their names are".
        if (words.plain or capital) and i > 0 and (keys[i - 1] == "name" if key == "is" else keys[i - 1] in _OWNERS):
            found[after] = (name, "first")
    elif capital and found[i][1] != "surname" and words.words[i].isalpha():
        found[after] = (name, "surname")
