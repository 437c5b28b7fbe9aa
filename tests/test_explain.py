import math

import pytest
from counting import counting_scorer

from scamclf.calls import Call, Turn
from scamclf.explain import MAX_PARTS, TellingTurn, telling_turns


def a_call(*texts):
    return Call("1", tuple(map(Turn, texts)))


def test_telling_turns_are_those_without_which_the_score_falls_most():
    found = telling_turns(counting_scorer(), a_call("hello", "virus", "hello", "virus virus"))

    whole, without_one, without_two = (math.log(math.e**n + 1) for n in (3, 2, 1))
    assert found == [
        TellingTurn(3, 3, "virus virus", pytest.approx(whole - without_two)),
        TellingTurn(1, 1, "virus", pytest.approx(whole - without_one)),
    ]


def test_turns_that_do_not_raise_the_score_are_left_out():
    assert telling_turns(counting_scorer(), a_call("hello", "hello")) == []


def test_at_most_top_turns_are_returned():
    assert len(telling_turns(counting_scorer(), a_call(*["virus"] * 6), top=2)) == 2


def test_a_call_of_one_turn_has_no_telling_turn():
    assert telling_turns(counting_scorer(), a_call("virus virus")) == []


def test_a_long_call_is_cut_into_runs_of_turns():
    # 100 turns: runs of three, of which the one from 60 to 62 holds the word.
    texts = ["hello"] * 100
    texts[61] = "virus virus"

    (found,) = telling_turns(counting_scorer(), a_call(*texts))

    assert MAX_PARTS == 48
    assert (found.first, found.last, found.text) == (60, 62, "hello virus virus hello")
