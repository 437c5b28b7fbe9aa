"""A call as the text that the model reads: the turns' words and nothing else.

Speaker names, roles and times never enter: they name the source of a transcript, in some corpora even its
label. Case, punctuation, digits and bracketed marks are left alone here: the normaliser inside the bundle's
`tokenizer.json` makes those alike, so that every tool that loads the bundle does.
"""

from scamclf.calls import Call

__all__ = ["SEPARATOR", "render", "turn_starts"]

SEPARATOR = "\n"
"""Stands between turns: one character, so that `turn_starts` follows from the turns' lengths."""


def render(call: Call) -> str:
    """Join the words of all turns.

    Returns:
        The same text for the same words, whatever format the call was read from.
    """
    return SEPARATOR.join(turn.text for turn in call.turns)


def turn_starts(call: Call) -> list[int]:
    """Offset in characters at which each turn begins in `render(call)`."""
    starts, position = [], 0
    for turn in call.turns:
        starts.append(position)
        position += len(turn.text) + len(SEPARATOR)
    return starts
