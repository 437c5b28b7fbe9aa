"""The text normaliser that every bundle carries inside its `tokenizer.json`.

Case, punctuation and the way numbers are written tell which corpus a transcript is from, not whether it is a
scam. The normaliser removes them in front of the tokenizer's own, so that any tool that loads the file does.
"""

import json
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers

__all__ = ["add_normaliser"]

# Each pattern is plain enough for the regular expressions of Rust, Python and JavaScript alike. None reaches over a
# line break: what one turn says must not depend on the next, or a live call would score otherwise than a finished one.
_BRACKETED = r"\[[^\]\[\n]{0,80}\]|<[^<>\n]{0,80}>|\([^()\n]{0,80}\)|\*[^*\s][^*\n]{0,40}\*"
_NUMBER = r"\p{N}+(?:[ \t.,:/\-]{0,3}\p{N}+)*"
_NOT_WORD = r"[\p{P}\p{S}\p{C}]+"
_SPACES = r"\s+"


def add_normaliser(tokenizer: Tokenizer) -> Tokenizer:
    """Put the normaliser in front of the tokenizer's own and reset saved padding and truncation.

    Args:
        tokenizer: changed in place. Padding and truncation saved in the file would silently cut calls.

    Returns:
        The same tokenizer. One that has the normaliser, because a bundle brought it, keeps it as it is.
    """
    ours: list[normalizers.Normalizer] = [
        normalizers.NFKC(),
        normalizers.Replace(Regex(_BRACKETED), " "),
        normalizers.Lowercase(),
        normalizers.Replace(Regex(_NUMBER), " 0 "),
        normalizers.Replace(Regex(_NOT_WORD), " "),
        normalizers.Replace(Regex(_SPACES), " "),
        normalizers.Strip(),
    ]
    own = tokenizer.normalizer
    if own is None or _steps(own)[: len(ours)] != _steps(normalizers.Sequence(ours)):
        tokenizer.normalizer = normalizers.Sequence([*ours, own] if own is not None else ours)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _steps(normaliser: normalizers.Normalizer) -> list[Any]:
    """What a normaliser does, step by step, as it stands in a file."""
    state = json.loads(normaliser.__getstate__())
    steps: list[Any] = state.get("normalizers", [state])
    return steps
