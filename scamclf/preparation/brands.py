"""Brands swapped within their kind, consistently within a call, so that a brand does not predict the label."""

import random

from scamclf.preparation.lexicon import BRAND_ALIASES, BRANDS, COMMON_WORD_BRANDS
from scamclf.preparation.words import Words, dress, other_than, split_edges

__all__ = ["swap_brands"]

_BEFORE = frozenset({"from", "at", "with", "by", "called", "via", "use", "using", "behalf"})
_BEHIND = frozenset(
    """support bank technical technician department account accounts team customer customers fraud broadband router tv
    company service services gift card cards licence license internet mobile head online care help""".split()
)
# The key, the program, panes of glass, a sky with clouds, a chase after somebody: no company.
_NEVER_BEHIND = frozenset(
    """key keys button logo flag update updates defender explorer run r 7 8 10 11 xp vista seven eight ten eleven and
    are were that open up it him her them me down after you start event firewall settings blue day date of on there in
    at to it this""".split()
)
_PRODUCTS = frozenset({"chrome", "maps", "search", "drive", "meet", "translate", "tree", "pie", "juice"})
_WORDS_APART = frozenset({"any desk", "e bay", "life lock"})


def swap_brands(words: Words, rng: random.Random) -> None:
    """Replace every brand by another of its kind (computers, shops, banks, ...), its case kept.

    The same brand becomes the same brand throughout the call, however it was spelled; two never become one.
    """
    found = _find_brands(words)
    kinds: dict[str, list[str]] = {}
    for brand in dict.fromkeys(brand for _, _, brand, _ in found):
        kinds.setdefault(_KIND[brand], []).append(brand)
    mapping: dict[str, str] = {}
    for kind, brands in kinds.items():
        mapping |= other_than(brands, BRANDS[kind], rng)
    for start, end, brand, ending in found:
        before, core, _ = split_edges(words.words[start])
        behind = split_edges(words.words[end - 1])[2]
        if not behind.lower().startswith(("'s", "’s")):
            behind = ending + behind
        words.words[start:end] = [before + dress(mapping[brand], core) + behind] + [""] * (end - start - 1)


def _find_brands(words: Words) -> list[tuple[int, int, str, str]]:
    """Start, end, brand and ending ("s", ".com") of every mention."""
    keys, end = words.keys, 0
    found: list[tuple[int, int, str, str]] = []
    for i in [i for i, key in enumerate(keys) if key in _STARTS]:
        if i < end:
            continue
        for rest, (brand, ending) in _STARTS[keys[i]]:
            stop = i + 1 + len(rest)
            if tuple(keys[i + 1 : stop]) == rest and _is_brand(words, i, stop):
                found.append((i, stop, brand, ending))
                end = stop
                break
    return found


def _is_brand(words: Words, start: int, end: int) -> bool:
    form = " ".join(words.keys[start:end])
    before = words.keys[start - 1] if start else ""
    behind = words.keys[end] if end < len(words.keys) else ""
    if behind in _PRODUCTS or (form in _WORDS_APART and behind in _NEVER_BEHIND):
        return False
    if form not in COMMON_WORD_BRANDS or behind in _BEHIND:
        return True
    return behind not in _NEVER_BEHIND and (words.titled(start) or before in _BEFORE)


_Rest = tuple[tuple[str, ...], tuple[str, str]]


def _starts() -> dict[str, list[_Rest]]:
    """For the first key of a brand the keys that must follow, longest first, with brand and ending."""
    forms = {brand: brand for brands in BRANDS.values() for brand in brands} | dict(BRAND_ALIASES)
    starts: dict[str, dict[tuple[str, ...], tuple[str, str]]] = {}
    for form, brand in forms.items():
        *head, last = Words.from_texts([form]).keys
        # Keys have no apostrophe and no full stop: "amazons" is "amazon's", "amazoncom" is "amazon.com".
        for ending in ("",) if last in COMMON_WORD_BRANDS else ("", "s", ".com"):
            keys = (*head, last + ending.lstrip("."))
            starts.setdefault(keys[0], {}).setdefault(keys[1:], (brand, ending))
    return {key: sorted(rests.items(), key=lambda item: -len(item[0])) for key, rests in starts.items()}


_KIND = {brand: kind for kind, brands in BRANDS.items() for brand in brands}
_STARTS = _starts()
