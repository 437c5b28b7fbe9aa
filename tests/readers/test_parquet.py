import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scamclf.calls import Call, Turn
from scamclf.errors import ReaderError
from scamclf.readers import read_calls
from scamclf.readers.thrift import read_struct


def read(tmp_path, rows, schema=None, **columns):
    path = tmp_path / "calls.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, row_group_size=3)
    return list(read_calls(path, **columns))


def test_rows_with_turns_or_text_are_calls(tmp_path):
    rows = [
        {"call_id": "1", "turns": [{"speaker": "A", "text": "hi", "start_s": 0.5}], "text": None, "label": None},
        {"call_id": "2", "turns": None, "text": "A: one\nB: two", "label": "other_scam"},
    ]

    assert read(tmp_path, rows) == [
        Call("1", (Turn("hi", speaker="A", start_s=0.5),)),
        Call("2", (Turn("one", speaker="A"), Turn("two", speaker="B")), label="other_scam"),
    ]


def test_rows_keep_their_order_over_row_groups(tmp_path):
    rows = [{"call_id": str(i), "text": "hi"} for i in range(1000)]

    assert [call.call_id for call in read(tmp_path, rows)] == [str(i) for i in range(1000)]


def test_columns_of_other_names_are_read_when_told(tmp_path):
    rows = [{"id": 7, "words": "hi"}]

    assert read(tmp_path, rows, id_column="id", text_column="words") == [Call("7", (Turn("hi"),))]


@pytest.mark.parametrize(("row", "found"), [({"id": "1", "text": "hi"}, "id.*text"), ({"call_id": "1"}, "call_id")])
def test_a_file_without_its_columns_is_refused_with_those_it_has(tmp_path, row, found):
    message = rf"calls.parquet: columns are \['{found}'\]; wanted call_id and one of turns, text"
    (error,) = read(tmp_path, [row])

    assert error.code == "missing_column"
    with pytest.raises(ReaderError, match=message):
        raise error


def test_bad_rows_are_errors_in_their_places(tmp_path):
    first, no_text, no_id, last = read(
        tmp_path,
        [
            {"call_id": "1", "text": "hi"},
            {"call_id": "2", "text": None},
            {"call_id": None, "text": "hi"},
            {"call_id": "4", "text": "hi"},
        ],
    )

    assert (first.call_id, last.call_id) == ("1", "4")
    assert (no_text.code, no_text.call_id) == ("no_text", "2")
    assert "calls.parquet row 2: call '2': neither turns nor text" in str(no_text)
    assert (no_id.code, no_id.call_id) == ("no_call_id", None)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_times_that_are_none_are_error_rows(tmp_path, value):
    (error,) = read(tmp_path, [{"call_id": "1", "turns": [{"text": "hi", "start_s": value}]}])

    assert error.code == "bad_number"
    assert "wanted a finite number >= 0, or null" in str(error)


def test_a_turn_of_ten_megabytes_is_an_error_row(tmp_path):
    (error,) = read(tmp_path, [{"call_id": "1", "turns": [{"text": "a" * 10_000_000}]}])

    assert (error.code, error.call_id) == ("text_too_long", "1")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 nonsense PAR1", b"hello" * 100])
def test_a_file_that_is_no_parquet_is_refused(tmp_path, content):
    (tmp_path / "calls.parquet").write_bytes(content)

    (error,) = read_calls(tmp_path / "calls.parquet", format="parquet")

    assert error.code == "bad_parquet"
    assert "calls.parquet: not a readable Parquet file" in str(error)


@pytest.mark.parametrize("head", [0x19, 0x1C], ids=["lists", "structs"])
def test_a_footer_of_lists_within_lists_is_refused(head):
    with pytest.raises(ValueError, match="nested too deeply"):
        read_struct(bytes([head]) * 5000)
