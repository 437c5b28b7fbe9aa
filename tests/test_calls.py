import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scamclf.calls import LABELS, MAX_CALL_CHARS, Call, Turn, call_from_dict, call_to_dict
from scamclf.errors import ReaderError

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).map(str.strip).filter(bool)
seconds = st.none() | st.floats(0, 1e6)
turns = st.builds(
    Turn, text=words, speaker=st.none() | words, start_s=seconds, end_s=seconds, confidence=st.none() | st.floats(0, 1)
)
calls = st.builds(
    Call,
    call_id=words,
    turns=st.lists(turns, min_size=1, max_size=4).map(tuple),
    language=st.none() | words,
    direction=st.none() | words,
    source=st.none() | words,
    label=st.none() | st.sampled_from(LABELS),
    family=st.none() | words,
    group=st.none() | words,
    started_at=st.none() | words,
    meta=st.dictionaries(words, st.integers() | words, max_size=2),
)


@given(calls)
def test_a_call_comes_back_from_its_dictionary(call):
    assert call_from_dict(call_to_dict(call)) == call


def test_the_dictionary_of_a_call_holds_no_fields_that_are_unknown():
    call = Call("1", (Turn("hi", start_s=0.0),), label="legitimate")

    assert call_to_dict(call) == {"call_id": "1", "label": "legitimate", "turns": [{"text": "hi", "start_s": 0.0}]}


def test_legitimate_is_label_zero():
    assert LABELS == ("legitimate", "tech_support_scam", "other_scam")


def test_an_integer_call_id_becomes_text():
    assert call_from_dict({"call_id": 17, "text": "hi"}).call_id == "17"


def test_unknown_keys_are_ignored():
    assert call_from_dict({"call_id": "1", "text": "hi", "agent": 3}) == Call("1", (Turn("hi"),))


def test_turns_without_text_are_dropped():
    row = {"call_id": "1", "turns": [{"text": " "}, {"text": None}, {"speaker": "A"}, {"text": " hi "}]}

    assert call_from_dict(row).turns == (Turn("hi"),)


def test_turns_go_before_text():
    assert call_from_dict({"call_id": "1", "turns": [{"text": "a"}], "text": "b"}).turns == (Turn("a"),)


def test_unknown_times_stay_unknown_and_integers_become_floats():
    (turn,) = call_from_dict({"call_id": "1", "turns": [{"text": "a", "start_s": 3, "end_s": None}]}).turns

    assert (turn.start_s, turn.end_s, turn.confidence) == (3.0, None, None)
    assert isinstance(turn.start_s, float)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n\n  two ", (Turn("one"), Turn("two"))),
        ("Agent: hello\nCaller: hi there", (Turn("hello", speaker="Agent"), Turn("hi there", speaker="Caller"))),
        ("[Agent]: hello\nCaller 2: hi", (Turn("hello", speaker="Agent"), Turn("hi", speaker="Caller 2"))),
        ("A: a\nA: b\nA: c\nA: d\ne", (*(Turn(text, speaker="A") for text in "abcd"), Turn("e"))),
        ("Note: this is one line", (Turn("Note: this is one line"),)),
        ("my address is\nhttp://example.com", (Turn("my address is"), Turn("http://example.com"))),
        ("A: one\ntwo\nthree", (Turn("A: one"), Turn("two"), Turn("three"))),
    ],
)  # fmt: skip
def test_text_is_split_into_lines_and_speakers(text, expected):
    assert call_from_dict({"call_id": "1", "text": text}).turns == expected


@pytest.mark.parametrize(
    ("row", "code", "message"),
    [
        ("hello", "bad_row", "object with call_id and turns, not str"),
        (["hello"], "bad_row", "not list"),
        ({"text": "hi"}, "no_call_id", "call_id is None; wanted a non-empty string"),
        ({"call_id": " ", "text": "hi"}, "no_call_id", "wanted a non-empty string"),
        ({"call_id": True, "text": "hi"}, "no_call_id", "call_id is True"),
        ({"call_id": 1.5, "text": "hi"}, "no_call_id", "call_id is 1.5"),
        ({"call_id": "a\ud800", "text": "hi"}, "no_call_id", r"'a\\ud800'; wanted .* valid Unicode"),
        ({"call_id": "1"}, "no_text", "call '1': neither turns nor text; wanted one of them"),
        ({"call_id": "1", "text": ""}, "no_text", "text is empty"),
        ({"call_id": "1", "text": " \n "}, "no_text", "text is empty"),
        ({"call_id": "1", "text": 5}, "bad_text", "text is int; wanted a string"),
        ({"call_id": "1", "text": "hi \ud800"}, "bad_text", "text .*not valid Unicode at character 3"),
        ({"call_id": "1", "turns": []}, "no_text", "no turn has any text"),
        ({"call_id": "1", "turns": [{"text": " "}]}, "no_text", "no turn has any text"),
        ({"call_id": "1", "turns": "hi"}, "bad_turns", "turns is str; wanted a list of objects with text"),
        ({"call_id": "1", "turns": {"text": "hi"}}, "bad_turns", "turns is dict; wanted a list"),
        ({"call_id": "1", "turns": ["hi"]}, "bad_turns", r"turns\[0\] is str; wanted an object with text"),
        ({"call_id": "1", "turns": [{"text": "a"}, {"text": 2}]}, "bad_text", r"turns\[1\].text is int"),
        ({"call_id": "1", "text": "hi", "label": "scam"}, "bad_label", "'scam'; wanted one of legitimate, tech_"),
        ({"call_id": "1", "text": "hi", "language": 3}, "bad_field", "language is int; wanted a string or null"),
        ({"call_id": "1", "text": "hi", "meta": "x"}, "bad_field", "meta is str; wanted an object or null"),
    ],
)
def test_a_bad_row_is_refused_with_what_was_found_and_wanted(row, code, message):
    with pytest.raises(ReaderError, match=message) as caught:
        call_from_dict(row)

    assert caught.value.code == code


def test_the_error_of_a_row_names_its_call():
    with pytest.raises(ReaderError) as caught:
        call_from_dict({"call_id": 7, "text": ""})

    assert caught.value.call_id == "7"


@pytest.mark.parametrize("key", ["start_s", "end_s", "confidence"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1, -0.5, 10**400])
def test_numbers_that_are_no_time_are_refused(key, value):
    row = {"call_id": "1", "turns": [{"text": "hi", key: value}]}

    with pytest.raises(ReaderError, match=rf"turns\[0\].{key} is .*; wanted a finite number") as caught:
        call_from_dict(row)

    assert caught.value.code == "bad_number"


@pytest.mark.parametrize("value", ["1.5", True, [1]])
def test_times_of_another_type_are_refused(value):
    with pytest.raises(ReaderError, match="wanted a number or null"):
        call_from_dict({"call_id": "1", "turns": [{"text": "hi", "start_s": value}]})


def test_a_confidence_above_one_is_refused_with_its_range():
    with pytest.raises(ReaderError, match=r"confidence is 87.5; wanted a finite number from 0 to 1, or null"):
        call_from_dict({"call_id": "1", "turns": [{"text": "hi", "confidence": 87.5}]})


def test_a_turn_of_ten_megabytes_is_refused():
    with pytest.raises(ReaderError, match=r"text has 10,000,000 characters; at most 500,000") as caught:
        call_from_dict({"call_id": "1", "turns": [{"text": "a" * 10_000_000}]})

    assert caught.value.code == "text_too_long"


def test_turns_that_are_too_long_together_are_refused():
    turns = [{"text": "a" * (MAX_CALL_CHARS // 2)}] * 2

    assert len(call_from_dict({"call_id": "1", "turns": turns}).turns) == 2
    with pytest.raises(ReaderError, match=r"call '1': the turns have 500,001 characters; at most 500,000") as caught:
        call_from_dict({"call_id": "1", "turns": [*turns, {"text": "b"}]})
    assert caught.value.code == "text_too_long"


@pytest.mark.parametrize(
    ("row", "code"),
    [({"call_id": "a" * 1001}, "no_call_id"), ({"call_id": "1", "group": "a" * 1001}, "bad_field")],
)
def test_a_name_that_is_none_for_its_length_is_refused(row, code):
    with pytest.raises(ReaderError, match="1,001 characters; at most 1,000") as caught:
        call_from_dict(row | {"text": "hi"})

    assert caught.value.code == code


def test_a_message_is_short_whatever_was_found():
    with pytest.raises(ReaderError) as caught:
        call_from_dict({"call_id": "\ud800" * 1_000_000, "text": "hi"})

    assert len(str(caught.value)) < 600


def test_the_longest_turn_is_read():
    assert len(call_from_dict({"call_id": "1", "text": "a" * MAX_CALL_CHARS}).turns[0].text) == MAX_CALL_CHARS
