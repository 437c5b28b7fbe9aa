"""Columns of CSV and Parquet may bear other names."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import read_calls
from scamclf.render import render


def parquet(path: Path, **columns: list[object]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_csv_columns_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("nr,words,label,text\n7,hello,legitimate,other\n", encoding="utf-8")
    (call,) = read_calls(path, id_column="nr", text_column="words")
    assert isinstance(call, Call)
    assert (call.call_id, render(call), call.label) == ("7", "hello", "legitimate")


def test_parquet_columns_are_mapped(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "a.parquet",
        nr=[7],
        words=["hello"],
        label=["legitimate"],
        turns=[[{"text": "other"}]],
        call_id=["x"],
    )
    (call,) = read_calls(path, id_column="nr", text_column="words")
    assert isinstance(call, Call)
    assert (call.call_id, render(call), call.label) == ("7", "hello", "legitimate")


def test_a_mapped_id_alone_keeps_the_turns(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", nr=["7"], turns=[[{"text": "hello"}, {"text": "yes"}]])
    (call,) = read_calls(path, id_column="nr")
    assert isinstance(call, Call)
    assert (call.call_id, render(call)) == ("7", "hello\nyes")


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_mapped_column_that_is_missing_is_an_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("call_id,text\n1,hello\n", encoding="utf-8")
    if name.endswith("parquet"):
        parquet(path, call_id=["1"], text=["hello"])
    (row,) = read_calls(path, id_column="nr")
    assert isinstance(row, ReaderError)
    assert row.code == "missing_column"
    assert "nr" in str(row)


@pytest.mark.parametrize("format", ["jsonl", "json"])
def test_keys_of_json_are_mapped(format: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"nr": 7, "words": "hello", "turns": [{"text": "other"}], "call_id": "x"}', encoding="utf-8")
    (call,) = read_calls(path, format=format, id_column="nr", text_column="words")
    assert isinstance(call, Call)
    assert (call.call_id, render(call)) == ("7", "hello")
    (call,) = read_calls(path, format=format, id_column="nr")
    assert isinstance(call, Call)
    assert (call.call_id, render(call)) == ("7", "other")


def test_a_small_parquet_file_with_a_huge_value_in_every_row_stays_small_in_memory(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", call_id=[str(i) for i in range(128)], text=["a " * 240_000] * 128)
    assert path.stat().st_size < 100_000
    before = pa.total_allocated_bytes()
    largest = 0
    for row in read_calls(path):
        assert isinstance(row, Call)
        largest = max(largest, pa.total_allocated_bytes() - before)
    assert largest < 32 * 2**20
