"""A damaged file gives the rows that can be read, then an error that says where; the next file is read on."""

import io
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import read_calls
from tests.readers.writers import WRITERS
from tests.readers.writers.talk import Spoken, Word

TALK = [Spoken(0, (Word("hello,", 10, 50), Word("there", 60, 90))), Spoken(1, (Word("yes", 110, 150),))]
FILES = {name: (suffix, writer(TALK)) for name, (suffix, writer) in WRITERS.items()}


def ids(rows: list[Call | ReaderError]) -> list[str | None]:
    return [row.call_id if isinstance(row, Call) else row.code for row in rows]


def table(path: Path, *, rows: int = 2000, turns: bool = False) -> bytearray:
    """A Parquet file of four row groups."""
    calls = [{"call_id": str(i), "text": f"hello number {i}"} for i in range(rows)]
    if turns:
        calls = [
            {"call_id": call["call_id"], "turns": [{"text": call["text"]}] * (i % 3 + 1)}
            for i, call in enumerate(calls)
        ]
    pq.write_table(pa.Table.from_pylist(calls), path, row_group_size=rows // 4, compression="zstd")
    return bytearray(path.read_bytes())


@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize(("place", "given"), [("header", 0), ("page", 0)])
def test_of_a_damaged_row_group_the_rest_of_the_file_is_read(
    place: str, given: int, turns: bool, tmp_path: Path
) -> None:
    path = tmp_path / "calls.parquet"
    content = table(path, turns=turns)
    start = pq.ParquetFile(path).metadata.row_group(2).column(1).data_page_offset
    at = start + (0 if place == "header" else 40)
    content[at : at + 20] = b"\xff" * 20
    path.write_bytes(content)

    rows = ids(list(read_calls(path)))

    assert rows[:1000] == [str(i) for i in range(1000)]
    assert rows[-500:] == [str(i) for i in range(1500, 2000)]
    assert rows[1000:-500] == ["bad_parquet"]
    error = next(row for row in read_calls(path) if isinstance(row, ReaderError))
    assert f"{path}: " in str(error)
    assert "after row 1000" in str(error)


def test_pages_before_the_damaged_one_are_given(tmp_path: Path) -> None:
    path = tmp_path / "calls.parquet"
    calls = pa.table({"call_id": [str(i) for i in range(4000)], "text": [f"hello {i} " * 20 for i in range(4000)]})
    pq.write_table(calls, path, data_page_size=8192, use_dictionary=False, write_batch_size=100, compression="zstd")
    content = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(0).column(1)
    at = column.data_page_offset + column.total_compressed_size * 3 // 4
    content[at : at + 400] = bytes(400)
    path.write_bytes(content)

    *rows, error = read_calls(path)

    assert 1000 < len(rows) < 4000
    assert ids(rows) == [str(i) for i in range(len(rows))]
    assert f"{path}: damaged after row {len(rows)}" in str(error)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("name", FILES)
def test_after_a_file_that_is_cut_off_the_next_is_read(name: str, kept: float, tmp_path: Path) -> None:
    suffix, content = FILES[name]
    (tmp_path / f"1{suffix}").write_bytes(content[: int(kept * len(content))])
    (tmp_path / "2.txt").write_text("hello", encoding="utf-8")

    rows = list(read_calls(tmp_path))

    assert rows[-1].call_id == "2"
    assert isinstance(rows[-1], Call)
    assert len(rows) == 2


def test_after_a_table_that_is_cut_off_the_next_is_read(tmp_path: Path) -> None:
    content = table(tmp_path / "1.parquet")
    (tmp_path / "1.parquet").write_bytes(content[:-20])
    table(tmp_path / "2.parquet", rows=8)

    error, *rows = read_calls(tmp_path)

    assert isinstance(error, ReaderError)
    assert (error.code, ids(rows)) == ("bad_parquet", [str(i) for i in range(8)])


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_a_file_that_is_cut_within_a_character_gives_the_rows_before(suffix: str, tmp_path: Path) -> None:
    rows = {
        "jsonl": '{"call_id": "1", "text": "hello"}\n{"call_id": "2", "text": "caf\u00e9',
        "csv": "call_id,text\n1,hello\n2,caf\u00e9",
    }
    (tmp_path / f"1.{suffix}").write_bytes(rows[suffix].encode()[:-1])
    (tmp_path / "2.txt").write_text("hello", encoding="utf-8")

    found = list(read_calls(tmp_path))

    assert ids(found) == ["1", "bad_encoding", "2"]
    assert f"1.{suffix}:{2 if suffix == 'jsonl' else 3}: not UTF-8" in str(found[1])


def test_a_text_of_a_table_that_is_no_utf_8_is_an_error_of_its_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    texts = pa.array([b"hello", b"caf\xe9", b"hello"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"call_id": ["1", "2", "3"], "text": texts}), path)

    assert ids(list(read_calls(path))) == ["1", "bad_encoding", "3"]


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_a_table_with_any_byte_changed_is_calls_and_errors(seed: int, dictionary: bool, tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    rows = [{"call_id": str(i), "turns": [{"text": f"hello {i}", "start_s": 1.0}] * 2} for i in range(8)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer, row_group_size=4, use_dictionary=dictionary, compression="none")
    whole, rng = buffer.getvalue(), random.Random(seed)
    for _ in range(40):
        content = bytearray(whole)
        content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        assert all(isinstance(row, Call | ReaderError) for row in read_calls(path))
