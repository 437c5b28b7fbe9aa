"""Numbers between words and digits: "two ninety nine" and "299"."""

from collections.abc import Sequence
from typing import Literal

__all__ = ["SCALES", "SPOKEN", "Form", "cardinal", "parse_spoken", "spell"]

Form = Literal["figures", "digits", "pairs", "cardinal"]

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = (
    {word: value for value, word in enumerate(_ONES)}
    | {word: 10 * value for value, word in enumerate(_TENS, 2)}
    | {ten + one: 10 * t + o for t, ten in enumerate(_TENS, 2) for o, one in enumerate(_ONES[:10]) if o}
    | {"oh": 0, "o": 0, "fourty": 40}
)
_ROUND = frozenset(range(20, 100, 10))
SCALES = frozenset({"hundred", "thousand"})
SPOKEN = _VALUES.keys() | SCALES


def parse_spoken(keys: Sequence[str]) -> tuple[str, Form] | None:
    """Read number words.

    Returns:
        Digits and form: `("299", "cardinal")` for two hundred ninety nine, `("299", "pairs")` for two ninety nine,
        `("014", "digits")` for oh one four; None where they make no one number.
    """
    if len(keys) > 1 and all(_VALUES.get(key, 10) < 10 for key in keys):
        return "".join(str(_VALUES[key]) for key in keys), "digits"
    total = current = 0
    room = 1000  # the next value must be below: behind "twenty" there is room for "one", not for "thirty"
    for key in keys:
        if key in SCALES:
            if current == 0 or (current >= 100 if key == "hundred" else total):
                return None
            total, current = (total, 100 * current) if key == "hundred" else (1000 * current, 0)
            room = 100 if key == "hundred" else 1000
        elif key != "and":
            value = _VALUES[key]
            if value >= room or (value == 0 and len(keys) > 1):
                return _parse_pairs(keys)
            current += value
            room = 10 if value in _ROUND else 0
    return str(total + current), "cardinal"


def spell(digits: str, form: Form, *, conjunction: bool = False) -> str:
    """Write digits as words: one by one, in pairs ("two ninety nine") or as a cardinal.

    Args:
        digits: zeros at the beginning are spoken.
        form: what cannot be said in this form is said one by one.
        conjunction: whether "and" stands behind hundreds.
    """
    if form == "cardinal" and len(digits) <= 6 and (digits[0] != "0" or digits == "0"):
        return cardinal(int(digits), conjunction=conjunction)
    if form == "pairs" and len(digits) in (3, 4) and digits[0] != "0" and digits[-2:] != "00":
        head, tail = digits[:-2], digits[-2:]
        return f"{cardinal(int(head))} {'oh ' if tail[0] == '0' else ''}{cardinal(int(tail))}"
    if form == "pairs" and len(digits) <= 4:
        return spell(digits, "cardinal" if digits[0] != "0" else "digits", conjunction=conjunction)
    return " ".join(_ONES[int(digit)] for digit in digits)


def cardinal(value: int, *, conjunction: bool = False) -> str:
    """Write 0 to 999,999 as words; `conjunction` puts "and" behind hundreds, as in Britain."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10 - 2] + (f" {_ONES[value % 10]}" if value % 10 else "")
    scale, name = (1000, "thousand") if value >= 1000 else (100, "hundred")
    head, rest = cardinal(value // scale, conjunction=conjunction), value % scale
    joint = " and " if conjunction and rest < 100 else " "
    return f"{head} {name}" + (joint + cardinal(rest, conjunction=conjunction) if rest else "")


def _parse_pairs(keys: Sequence[str]) -> tuple[str, Form] | None:
    digits = ""
    for position, key in enumerate(keys):
        if key not in _VALUES:
            return None
        value = _VALUES[key]
        after_ten = position > 0 and _VALUES[keys[position - 1]] in _ROUND and 0 < value < 10
        digits = (digits[:-1] if after_ten else digits) + str(value)
    return digits, "pairs"
