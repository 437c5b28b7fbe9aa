"""Redaction marks filled with invented names and numbers.

A mark such as [name] tells which corpus a call is from. In its place go a name or a number drawn from the call's
id: the same on every run, whatever else is in the data set.
"""

import random
import re
from dataclasses import replace

from scamclf.calls import Call

__all__ = ["fill_redactions"]

_MARK = re.compile(r"\[(name|number)\]")

_NAMES = (
    "aaron", "abigail", "ahmed", "aisha", "alan", "alice", "amir", "angela", "anil", "arthur", "barbara", "brian",
    "carlos", "chidi", "chloe", "colin", "deepa", "denise", "diego", "donna", "edith", "emeka", "fiona", "frank",
    "gary", "grace", "hamish", "harriet", "imran", "irene", "jean", "joanna", "kavita", "keith", "lakshmi", "lewis",
    "lorna", "marcus", "maria", "mohan", "nadia", "neil", "ngozi", "olga", "oscar", "pamela", "priya", "rajesh",
    "ramon", "rosa", "ruth", "sanjay", "sheila", "stefan", "sunita", "tariq", "teresa", "tunde", "vera", "victor",
    "wendy", "yusuf",
)  # fmt: skip
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def fill_redactions(call: Call, *, seed: int) -> Call:
    """Replace `[name]` and `[number]`.

    Args:
        call: any call; one without marks is returned as it is.
        seed: another seed gives other names and numbers.

    Returns:
        The call with every `[name]` a first name and every `[number]` one to eight digits, in words or in
        figures.
    """
    if not any("[" in turn.text for turn in call.turns):
        return call
    rng = random.Random(f"{seed}:{call.call_id}")

    def fill(mark: re.Match[str]) -> str:
        if mark[1] == "name":
            return rng.choice(_NAMES)
        digits = [rng.randrange(10) for _ in range(rng.choice((1, 2, 3, 4, 6, 8)))]
        return " ".join(_DIGITS[d] for d in digits) if rng.random() < 0.5 else "".join(map(str, digits))

    turns = tuple(replace(turn, text=_MARK.sub(fill, turn.text)) for turn in call.turns)
    return replace(call, turns=turns)
