"""Invented calls without any shortcut, and each shortcut planted on its own."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from scamclf.calls import Call, Label, Turn

WORDS = (
    "the", "a", "and", "to", "of", "in", "it", "is", "on", "for", "with", "at", "by", "from", "but", "or", "not",
    "can", "will", "would", "could", "we", "you", "they", "that", "this", "what", "computer", "screen", "window",
    "button", "number", "letter", "email", "parcel", "order", "account", "plan", "bill", "payment", "card", "branch",
    "garden", "kettle", "morning", "evening", "weekend", "doctor", "neighbour", "daughter", "brother", "kitchen",
    "river", "mountain", "train", "ticket", "coffee", "blue", "green", "quick", "slow", "early", "late", "happy",
    "tired", "ready", "sure", "maybe", "please", "thanks", "sorry", "hold", "wait", "look", "press", "open", "close",
    "read", "write", "call", "check", "find", "keep", "send", "bring", "take", "move", "start", "finish", "repeat",
    "explain", "remember", "forget", "understand",
)  # fmt: skip

Edit = Callable[[Call, random.Random], Call]


def clean_calls(n: int = 400, *, seed: int = 0, source: str = "invented", start: int = 0) -> list[Call]:
    """n calls, every second one a scam, all made by the same chance: nothing tells the label."""
    rng = random.Random(seed)
    return [_call(i, rng, source) for i in range(start, start + n)]


def planted(
    edit: Edit, *, label: str = "scam", share: float = 1.0, calls: Sequence[Call] | None = None, seed: int = 1
) -> list[Call]:
    """The clean calls with an edit made to a share of those of one class."""
    rng = random.Random(seed)
    return [
        edit(call, rng) if (call.label == "legitimate") == (label == "legitimate") and rng.random() < share else call
        for call in (clean_calls() if calls is None else calls)
    ]


def each_turn(change: Callable[[str], str]) -> Edit:
    return lambda call, rng: replace(call, turns=tuple(replace(t, text=change(t.text)) for t in call.turns))


def says(words: str) -> Edit:
    """Puts words in front of a turn at random."""

    def edit(call: Call, rng: random.Random) -> Call:
        turns, i = list(call.turns), rng.randrange(len(call.turns))
        turns[i] = replace(turns[i], text=f"{words} {turns[i].text}")
        return replace(call, turns=tuple(turns))

    return edit


def _call(i: int, rng: random.Random, source: str) -> Call:
    label: Label = "tech_support_scam" if i % 2 else "legitimate"
    turns = tuple(
        Turn(" ".join(rng.choices(WORDS, k=rng.randint(4, 12))).capitalize() + ".", speaker="AB"[k % 2])
        for k in range(rng.randint(6, 10))
    )
    return Call(f"{source}-{i}", turns, source=source, label=label, group=f"{source}-{i // 2}")
