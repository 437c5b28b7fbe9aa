"""A cheap look at whether a transcript is English: the models know no other language."""

import re

__all__ = ["looks_english"]

# The commonest words of spoken English; a quarter to a half of any conversation.
_COMMON = frozenset(
    "a about and are at be but can do for from get go have hello hi how i i'm in is it it's just know like me my no "
    "not now of oh okay on one our please right see sir so thank thanks that the there this to uh um we well what will "
    "with yeah yes you your".split()
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SHARE = 0.15
_ENOUGH_WORDS = 20
_LOOK_AT_CHARS = 2000


def looks_english(text: str) -> bool:
    """Tell whether at least 15 % of the words are among the commonest of spoken English.

    Args:
        text: words of a call; the first 2,000 characters are looked at.

    Returns:
        True as well where there are fewer than 20 words: too few to say otherwise.
    """
    words = _WORD.findall(text[:_LOOK_AT_CHARS].lower().replace("\u2019", "'"))
    return len(words) < _ENOUGH_WORDS or sum(word in _COMMON for word in words) >= _SHARE * len(words)
