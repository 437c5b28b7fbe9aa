"""Numbers redrawn in their own shape, and written as words or as figures, so that neither predicts the label."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from scamclf.preparation.number_words import SCALES, SPOKEN, Form, parse_spoken, spell
from scamclf.preparation.words import Words

__all__ = ["change_numbers"]

_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros"}
_MONEY = frozenset(
    {"dollar", "dollars", "pound", "pounds", "euro", "euros", "rupees", "quid", "bucks", "naira", "pesos"}
)
_UNITS = _MONEY | {
    "percent",
    "minutes",
    "minute",
    "hours",
    "days",
    "weeks",
    "months",
    "years",
    "oclock",
    "pence",
    "cents",
}
_TOO_LARGE = frozenset({"million", "billion", "k", "grand"})
_KNOWN = frozenset({"101", "111", "247", "365", "911", "999", "1099"})
"""Numbers that are names: emergency services, Microsoft 365, round the clock."""

_FIGURES = re.compile(r"([^\w$£€]*)([$£€]?)(\d+(?:,\d+)*(?:-\d+)*)(?:([.:])(\d\d))?(%?)([^\w%]*)")
_YEAR = re.compile(r"19[5-9]\d|20[0-3]\d")


@dataclass(frozen=True, slots=True)
class _Number:
    """One mention: words `start` to `end`, its digits, how it is written and what hangs on it."""

    start: int
    end: int
    digits: str
    form: Form
    money: bool
    written: str = ""
    before: str = ""
    currency: str = ""
    mark: str = ""
    fraction: str = ""
    percent: str = ""
    behind: str = ""
    conjunction: bool = False


def change_numbers(words: Words, rng: random.Random, *, redraw: bool, to: Literal["words", "figures"] | None) -> None:
    """Draw numbers anew and write them otherwise.

    Args:
        words: changed in place.
        rng: of the draws.
        redraw: whether amounts, telephone numbers and ids (three digits or more, or with a currency) get other
            digits: as many, zeros at either end kept, the same number always the same. Years, times and numbers
            that are names (365, 911) stay.
        to: what the numbers are written as; None leaves each as it is.
    """
    drawn: dict[str, str] = {}
    for number in _find_numbers(words):
        changed = number
        if redraw and _is_free(number):
            if number.digits not in drawn:
                drawn[number.digits] = _redrawn(number.digits, rng)
            changed = _with_digits(number, drawn[number.digits])
        if to is not None and (to == "figures") != (changed.form == "figures"):
            changed = _as_figures(changed) if to == "figures" else _as_words(changed, rng)
        if changed is not number:
            text = _write(changed)
            if words.words[number.start][0].isupper():
                text = text[0].upper() + text[1:]
            words.words[number.start : number.end] = [text] + [""] * (number.end - number.start - 1)


def _find_numbers(words: Words) -> Iterator[_Number]:
    keys, end = words.keys, 0
    for i in [i for i, key in enumerate(keys) if key in SPOKEN or not key.isalpha()]:
        if i < end or not keys[i]:
            continue
        number = _read_spoken(words, i) if keys[i] in SPOKEN else _read_figures(words, i)
        if number is not None:
            end = number.end
            yield number


def _read_figures(words: Words, i: int) -> _Number | None:
    found = _FIGURES.fullmatch(words.words[i])
    following = words.keys[i + 1] if i + 1 < len(words.keys) else ""
    if found is None or following in _TOO_LARGE:
        return None
    before, currency, written, mark, fraction, percent, behind = (part or "" for part in found.groups())
    digits = written.replace(",", "").replace("-", "")
    money = bool(currency) or following in _MONEY
    return _Number(
        i, i + 1, digits, "figures", money, written, before, currency, mark, fraction, percent, behind
    )  # fmt: skip


def _read_spoken(words: Words, i: int) -> _Number | None:
    keys = words.keys
    if i and words.words[i - 1][-1:].isalpha() and (keys[i - 1] in SCALES or keys[i - 2 : i] == ["hundred", "and"]):
        return None  # "a hundred and fifty": no number begins in the middle of another
    stop = next(start for start in words.starts if start > i)
    end = i
    while end < stop and (keys[end] in SPOKEN or (keys[end] == "and" and keys[end - 1] in SCALES and end > i)):
        end += 1
        if not words.words[end - 1][-1:].isalpha():
            break  # a comma or full stop ends a number
    if keys[end - 1] == "and":
        end -= 1
    following = keys[end] if end < stop else ""
    if following in _TOO_LARGE or keys[i] in SCALES or (keys[i] in ("oh", "o") and end < i + 3):
        return None
    if (end - i < 2 and following not in _UNITS) or keys[i:end] == ["one", "one"]:
        return None  # "one" is mostly no number: "press one one moment"
    parsed = parse_spoken(keys[i:end])
    if parsed is None:
        return None
    last = words.words[end - 1]
    behind = last[len(last.rstrip(".,?!;:")) :]
    return _Number(i, end, *parsed, money=following in _MONEY, behind=behind, conjunction="and" in keys[i:end])


def _is_free(number: _Number) -> bool:
    if number.digits in _KNOWN or number.mark == ":" or number.percent:
        return False
    return number.money or (len(number.digits) >= 3 and not _YEAR.fullmatch(number.digits))


def _redrawn(digits: str, rng: random.Random) -> str:
    """Draw other digits: zeros at either end stay, and prices may go on ending in 9."""
    head = digits.rstrip("0")
    if len(head) > 1 and rng.random() < 0.5:
        head = head.rstrip("9") or head[0]
    lead = len(head) - len(head.lstrip("0"))
    new = [str(rng.randrange(10)) for _ in head[lead:]]
    if new:
        new[0] = str(rng.randrange(1, 10))
    return digits[:lead] + "".join(new) + digits[len(head) :]


def _with_digits(number: _Number, digits: str) -> _Number:
    if number.form != "figures":
        return replace(number, digits=digits, written=spell(digits, number.form, conjunction=number.conjunction))
    remaining = iter(digits)
    written = "".join(next(remaining) if char.isdigit() else char for char in number.written)
    return replace(number, digits=digits, written=written)


def _as_figures(number: _Number) -> _Number:
    grouped = number.form == "cardinal" and len(number.digits) > 3
    return replace(number, form="figures", written=f"{int(number.digits):,}" if grouped else number.digits)


def _as_words(number: _Number, rng: random.Random) -> _Number:
    forms: tuple[Form, ...] = ("cardinal", "pairs", "digits")
    if number.money or number.mark or number.percent or "," in number.written or len(number.digits) < 3:
        forms = ("cardinal", "cardinal", "pairs") if len(number.digits) == 3 else ("cardinal",)
    elif len(number.digits) > 4 or number.digits[0] == "0" or "-" in number.written:
        forms = ("digits",)
    elif len(number.digits) == 4:
        forms = ("pairs", "digits")
    form = rng.choice(forms)
    text = spell(number.digits, form, conjunction=rng.random() < 0.3)
    if number.fraction:
        text += f" {spell(number.fraction, 'pairs')}" if number.fraction != "00" else ""
    if number.currency:
        text = f"{text} {_CURRENCIES[number.currency]}"
    text += " percent" if number.percent else ""
    return _Number(
        number.start, number.end, number.digits, form, number.money, text, number.before, behind=number.behind
    )


def _write(number: _Number) -> str:
    tail = number.mark + number.fraction + number.percent + number.behind
    return number.before + number.currency + number.written + tail
