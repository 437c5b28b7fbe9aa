import json

import pytest

from scamclf.calls import Call, Turn
from scamclf.errors import ReaderError
from scamclf.readers import jsonl, read_calls

GOOD = b'{"call_id": "good", "text": "hello"}'


def read(tmp_path, *lines):
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"\n".join(lines))
    return list(read_calls(path, format="jsonl"))


def test_a_line_is_a_call_and_blank_lines_are_none(tmp_path):
    turns = b'{"call_id": 2, "turns": [{"speaker": "A", "text": "hi", "start_s": 1}], "label": "other_scam"}'

    assert read(tmp_path, GOOD, b"", b"  ", turns) == [
        Call("good", (Turn("hello"),)),
        Call("2", (Turn("hi", speaker="A", start_s=1.0),), label="other_scam"),
    ]


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbf" + GOOD + b"\r", GOOD + b"\r") == [Call("good", (Turn("hello"),))] * 2


def test_an_empty_file_holds_no_calls(tmp_path):
    assert read(tmp_path) == []


def test_of_a_key_that_is_there_twice_the_last_one_counts(tmp_path):
    (call,) = read(tmp_path, b'{"call_id": "a", "text": "first", "text": "last", "call_id": "b"}')

    assert call == Call("b", (Turn("last"),))


def test_half_a_character_is_replaced(tmp_path):
    (call,) = read(tmp_path, rb'{"call_id": "a", "text": "hi \ud83d there"}')

    assert call.turns == (Turn("hi \ufffd there"),)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (b"{", "bad_json", "calls.jsonl:2: not JSON"),
        (b"hello", "bad_json", "not JSON"),
        (b'{"call_id": "a", "text": "caf\xe9"}', "bad_encoding", r"calls.jsonl:2: not UTF-8 \(.* at byte 29\)"),
        (b"[1, 2]", "bad_row", "a call is an object with call_id and turns, not list"),
        (b"null", "bad_row", "not NoneType"),
        (b"[" * 100_000, "bad_json", "not JSON"),
        (b'{"call_id": "a", "meta": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "bad_json", "nested too deeply"),
        (b'{"text": "hello"}', "no_call_id", "wanted a non-empty string"),
        (b'{"call_id": "a"}', "no_text", "call 'a': neither turns nor text; wanted one of them"),
        (b'{"call_id": "a", "turns": [{"text": "hi", "start_s": NaN}]}', "bad_number", "is nan; wanted a finite"),
        (b'{"call_id": "a", "turns": [{"text": "hi", "end_s": 1e999}]}', "bad_number", "is inf; wanted a finite"),
        (b'{"call_id": "a", "turns": [{"text": "hi", "start_s": -3}]}', "bad_number", "is -3; wanted .* >= 0"),
        (b'{"call_id": "a", "turns": [{"text": "hi", "start_s": 1%s}]}' % (b"0" * 400), "bad_number", "wanted a fin"),
        (b'{"call_id": "a", "turns": [{"text": "hi", "start_s": 1%s}]}' % (b"0" * 5000), "bad_json", "not JSON"),
        (b'{"call_id": "a", "turns": [{"text": "%s"}]}' % (b"a" * 10_000_000), "text_too_long", "10,000,000 charac"),
    ],
    ids=lambda value: value[:40].decode("utf-8", "replace") if isinstance(value, bytes) else None,
)
def test_a_bad_line_is_an_error_in_its_place_and_drops_no_other(tmp_path, line, code, message):
    before, bad, after = read(tmp_path, GOOD, line, GOOD)

    assert before == after == Call("good", (Turn("hello"),))
    assert isinstance(bad, ReaderError)
    assert bad.code == code
    with pytest.raises(ReaderError, match=message):
        raise bad
    assert "calls.jsonl:2" in str(bad)


def test_an_error_carries_the_call_id_where_one_was_found(tmp_path):
    no_text, no_id = read(tmp_path, b'{"call_id": "a", "text": ""}', b"{}")

    assert (no_text.call_id, no_id.call_id) == ("a", None)


@pytest.mark.parametrize("last", [b"", b"\n" + GOOD])
def test_a_line_without_end_is_skipped_and_not_held_in_memory(tmp_path, monkeypatch, last):
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 100)
    long = json.dumps({"call_id": "long", "text": "word " * 100}).encode()

    rows = read(tmp_path, GOOD, long + last)

    assert rows[0] == Call("good", (Turn("hello"),))
    assert rows[1].code == "line_too_long"
    assert "calls.jsonl:2: longer than 100 bytes" in str(rows[1])
    assert rows[2:] == ([Call("good", (Turn("hello"),))] if last else [])
