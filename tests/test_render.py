from hypothesis import given
from hypothesis import strategies as st

from scamclf.calls import Call, Turn
from scamclf.render import render, turn_starts


def test_a_call_is_its_words_one_turn_a_line():
    call = Call("1", (Turn("hello", speaker="Agent", start_s=1.0), Turn("hi", speaker="scammer")))

    assert render(call) == "hello\nhi"


def test_nothing_but_the_words_changes_the_text():
    bare = Call("1", (Turn("hello"), Turn("hi")))
    full = Call("2", (Turn("hello", "A", 0.0, 1.0, 0.9), Turn("hi", "B")), "en", "inbound", "corpus", "other_scam")

    assert render(bare) == render(full)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=6))
def test_every_turn_starts_where_turn_starts_says(texts):
    call = Call("1", tuple(map(Turn, texts)))

    starts = turn_starts(call)

    assert [render(call)[start : start + len(text)] for start, text in zip(starts, texts, strict=True)] == texts
    assert starts[0] == 0
