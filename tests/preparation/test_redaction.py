"""Redaction marks become names and numbers, the same on every run."""

import re

import pytest

from scamclf.calls import Call, Turn
from scamclf.preparation.redaction import fill_redactions

MARKED = Call("c-1", (Turn("hello [name] this is [name]", speaker="A", start_s=1.0), Turn("my number is [number]")))


def texts(call: Call) -> list[str]:
    return [turn.text for turn in call.turns]


def test_every_mark_is_filled_and_all_else_is_kept():
    filled = fill_redactions(MARKED, seed=0)
    assert re.fullmatch(r"hello [a-z]+ this is [a-z]+", texts(filled)[0])
    assert re.fullmatch(r"my number is (\d{1,8}|[a-z]+( [a-z]+){0,7})", texts(filled)[1])
    assert (filled.call_id, filled.turns[0].speaker, filled.turns[0].start_s) == ("c-1", "A", 1.0)


def test_the_same_call_is_filled_the_same_and_another_differently():
    many = Call("c-1", (Turn("[name] [number] " * 8),))
    assert fill_redactions(many, seed=0) == fill_redactions(many, seed=0)
    assert texts(fill_redactions(many, seed=0)) != texts(fill_redactions(many, seed=1))
    assert texts(fill_redactions(many, seed=0)) != texts(fill_redactions(Call("c-2", many.turns), seed=0))


def test_numbers_come_in_words_and_in_figures():
    numbers = [texts(fill_redactions(Call(str(i), (Turn("[number]"),)), seed=0))[0] for i in range(50)]
    assert any(number.isdigit() for number in numbers)
    assert any(not number.isdigit() for number in numbers)


@pytest.mark.parametrize("text", ["no marks here", "[laughter] and [Name]", "name number"])
def test_other_words_and_brackets_are_left_alone(text):
    assert fill_redactions(Call("c", (Turn(text),)), seed=0) == Call("c", (Turn(text),))
