"""Which turns make a call suspicious: those without which its score would be lowest (occlusion)."""

from dataclasses import dataclass, replace

from scamclf.calls import Call
from scamclf.predict import Scorer

__all__ = ["TellingTurn", "telling_turns"]

MAX_PARTS = 48
"""Parts that a call is cut into: each costs one more score of the call."""


@dataclass(frozen=True, slots=True)
class TellingTurn:
    """Turns and what they add to the score.

    Args:
        first, last: indices of the turns, from 0, both included.
        text: their words.
        weight: fall of the log-odds when they are left out.
    """

    first: int
    last: int
    text: str
    weight: float


def telling_turns(scorer: Scorer, call: Call, *, top: int = 3) -> list[TellingTurn]:
    """Find the turns that raise the score of a call most.

    Args:
        scorer: a loaded bundle.
        call: one call. One of over 48 turns is cut into 48 runs of neighbouring turns.
        top: most turns to return.

    Returns:
        Turns that raise the score, most telling first; empty for a call of one turn.
    """
    n = len(call.turns)
    size = -(-n // MAX_PARTS)
    parts = [(first, min(first + size, n)) for first in range(0, n, size)]
    if len(parts) < 2:
        return []
    without = [replace(call, turns=call.turns[:a] + call.turns[b:]) for a, b in parts]
    whole, *rest = (row.logit_scam for row in scorer.exact().score([call, *without]))
    if whole is None:
        return []
    found = [
        TellingTurn(a, b - 1, " ".join(turn.text for turn in call.turns[a:b]), whole - score)
        for (a, b), score in zip(parts, rest, strict=True)
        if score is not None and score < whole
    ]
    return sorted(found, key=lambda turn: -turn.weight)[:top]
