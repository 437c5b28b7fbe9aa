"""How much of one call stands in another, in the same order, whoever wrote it down."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from scamclf.preparation.closed_words import DISCOURSE_MARKERS, FUNCTION_WORDS, HESITATIONS

__all__ = ["aligned_share", "content_words", "plain_words"]

# Looked up by code point: far faster than a regular expression.
_SPACES = {code: " " for code in range(0x2600) if not chr(code).isalnum()}
_SAYS_LITTLE = frozenset((*FUNCTION_WORDS, *HESITATIONS, *DISCOURSE_MARKERS))
# The table below takes words times words bits: of a longer call the beginning is compared.
_MOST_WORDS = 8192


def plain_words(text: str) -> list[str]:
    """Words without case and punctuation."""
    return text.lower().translate(_SPACES).split()


def content_words(words: Sequence[str]) -> list[str]:
    """What is left without function words, hesitations and discourse markers: what a person who tidies keeps."""
    return [word for word in words if word not in _SAYS_LITTLE]


def aligned_share(
    one: Sequence[str], other: Sequence[str], weight: Mapping[str, float], *, at_least: float = 0.0
) -> float:
    """Weigh the longest common subsequence of two calls against the shorter one.

    Words may be missing, misheard or put in on either side, and either call may be a part of the other. The
    subsequence is found bit-parallel (Hyyrö 2004), a step a word of the longer call.

    Args:
        one, other: content words in order, at least one each.
        weight: above 0, of every word of the shorter call; rare words tell more.
        at_least: a share that is lower for certain is not computed: what is returned is lower, too, but no more.

    Returns:
        Weight of the shorter call's words that stand in the other in the same order, in [0, 1].
    """
    shorter, longer = sorted((one[:_MOST_WORDS], other[:_MOST_WORDS]), key=len)
    total = sum(map(weight.__getitem__, shorter))
    common = set(shorter).intersection(longer)
    shorter = [word for word in shorter if word in common]
    in_any_order = sum(map(weight.__getitem__, shorter)) / total
    if in_any_order < at_least:
        return in_any_order
    places: dict[str, int] = defaultdict(int)
    for i, word in enumerate(shorter):
        places[word] |= 1 << i
    longer = [word for word in longer if word in common]
    every = row = (1 << len(shorter)) - 1
    rows = [row]  # in row j bit i is 0 where the word i adds to the subsequence with the first j words
    for word in longer:
        matched = row & places[word]
        row = ((row + matched) | (row - matched)) & every
        rows.append(row)
    found, i, j = 0.0, len(shorter) - 1, len(longer)
    while i >= 0 and j > 0:
        if rows[j] >> i & 1:
            i -= 1
        elif not rows[j - 1] >> i & 1:
            j -= 1
        else:
            found += weight[shorter[i]]
            i, j = i - 1, j - 1
    return found / total
