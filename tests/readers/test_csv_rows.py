import pytest

from scamclf.calls import Call, Turn
from scamclf.errors import ReaderError
from scamclf.readers import read_calls


def read(tmp_path, text, **columns):
    path = tmp_path / "calls.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_calls(path, format="csv", **columns))


def test_a_record_is_a_call_and_lines_in_quotes_are_turns(tmp_path):
    assert read(tmp_path, 'call_id,text\n1,"hello, sir\nhi"\n2,one\n') == [
        Call("1", (Turn("hello, sir"), Turn("hi"))),
        Call("2", (Turn("one"),)),
    ]


def test_optional_columns_are_read_and_empty_cells_are_unknown(tmp_path):
    (call,) = read(tmp_path, "text,call_id,label,language,other\nhi,1,legitimate,,x\n")

    assert call == Call("1", (Turn("hi"),), label="legitimate")


def test_a_byte_order_mark_does_not_hide_the_first_column(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbfcall_id,text\r\n1,hi\r\n") == [Call("1", (Turn("hi"),))]


def test_columns_of_other_names_are_read_when_told(tmp_path):
    assert read(tmp_path, "id,words\n1,hi\n", id_column="id", text_column="words") == [Call("1", (Turn("hi"),))]


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("id,text\n1,hi\n", "call_id"),
        ("call_id,words\n1,hi\n", "text"),
        ("", "call_id, text"),
        ("1,hi\n", "call_id, text"),
    ],
)
def test_a_header_without_its_columns_is_refused_with_what_it_lacks(tmp_path, text, lacks):
    with pytest.raises(ReaderError, match=rf"calls.csv: header is .*; it lacks {lacks}$") as caught:
        read(tmp_path, text)

    assert caught.value.code == "missing_column"


def test_a_bad_record_is_an_error_in_its_place_and_drops_no_other(tmp_path):
    first, bad, short, last = read(tmp_path, "call_id,text\n1,hi\n2,\n3\n4,hi\n")

    assert (first.call_id, last.call_id) == ("1", "4")
    assert (bad.code, bad.call_id) == (short.code, "2") == ("no_text", "2")
    assert short.call_id == "3"
    assert "calls.csv:3: call '2': neither turns nor text" in str(bad)


def test_a_cell_of_ten_megabytes_is_an_error_and_drops_no_other(tmp_path):
    long, last = read(tmp_path, f"call_id,text\n1,{'a' * 10_000_000}\n2,hi\n")

    assert (long.code, long.call_id) == ("text_too_long", "1")
    assert last == Call("2", (Turn("hi"),))
