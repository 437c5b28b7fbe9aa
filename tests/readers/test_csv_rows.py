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
    (error,) = read(tmp_path, text)

    assert error.code == "missing_column"
    with pytest.raises(ReaderError, match=rf"calls.csv: header is .*; it lacks {lacks}$"):
        raise error


def test_a_bad_record_is_an_error_in_its_place_and_drops_no_other(tmp_path):
    first, bad, short, last = read(tmp_path, "call_id,text\n1,hi\n2,\n3\n4,hi\n")

    assert (first.call_id, last.call_id) == ("1", "4")
    assert (bad.code, bad.call_id) == (short.code, "2") == ("no_text", "2")
    assert short.call_id == "3"
    assert "calls.csv:3: call '2': neither turns nor text" in str(bad)


def test_a_cell_of_ten_megabytes_is_an_error_and_drops_no_other(tmp_path):
    long, last = read(tmp_path, f"call_id,text\n1,{'a' * 10_000_000}\n2,hi\n")

    assert (long.code, str(long)) == (
        "line_too_long",
        f"{tmp_path}/calls.csv:2: a record of more than 4,194,304 characters",
    )
    assert last == Call("2", (Turn("hi"),))


def test_many_short_lines_in_one_quote_are_a_record_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr("scamclf.readers.csv_rows.MAX_RECORD_CHARS", 100)

    rows = read(tmp_path, 'call_id,text\n1,hi\n2,"' + "hello\n" * 50)

    assert rows[0] == Call("1", (Turn("hi"),))
    assert rows[1].code == "line_too_long"
    assert all(isinstance(row, ReaderError) for row in rows[1:])


def test_a_quote_that_is_never_closed_is_an_error(tmp_path):
    first, bad = read(tmp_path, 'call_id,text\n1,hi\n2,"hello\n3,hi\n')

    assert first == Call("1", (Turn("hi"),))
    assert bad.code == "bad_csv"
    assert "calls.csv:4: a quote is not closed before the file ends" in str(bad)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_last_record_in_quotes_is_read_however_the_file_ends(tmp_path, end):
    assert read(tmp_path, f'call_id,text\n1,"hi"{end}') == [Call("1", (Turn("hi"),))]


def test_what_is_no_utf_8_is_an_error_of_its_record_alone(tmp_path):
    bad, last = read(tmp_path, b"call_id,text\n1,caf\xe9\n2,caf\xc3\xa9\n")

    assert (bad.code, bad.call_id) == ("bad_encoding", "1")
    assert last == Call("2", (Turn("café"),))
