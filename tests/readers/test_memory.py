"""Memory is bounded whatever comes in: each bomb is read and scored under an address-space limit, in a real process."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scamclf.errors import ReaderError
from scamclf.readers import parquet_pages, read_calls

MIB = 2**20
HEADROOM = 1024 * MIB

SCORE = """
import json, resource, sys
from pathlib import Path
from scamclf.predict import load
from scamclf.readers import read_calls

def status(name):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

def score(path):
    return [[row.call_id, row.status, row.error_code] for row in scorer.score_rows(read_calls(Path(path)))]

bundle, normal, folder, headroom = sys.argv[1:]
scorer = load(bundle, threads=1)
score(normal)
limit = status("VmPeak") + int(headroom)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
before = status("VmHWM")
rows = score(folder)
print(json.dumps({"rows": rows, "more": status("VmHWM") - before}))
"""


def sparse(path: Path, start: bytes, size: int) -> None:
    """A file of `size` bytes that begins with some and goes on with zeros, which take no disk."""
    path.write_bytes(start)
    with path.open("r+b") as file:
        file.truncate(size)


def repeated(value: str, n: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int32()), pa.array([value]))


def one_list(entries: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array([0, len(entries)], pa.int32()), entries)


def parquet(path: Path, **columns: pa.Array) -> None:
    pq.write_table(pa.table(columns), path, compression="zstd")


def write_bombs(folder: Path) -> None:
    ids = pa.array([str(i) for i in range(100)])
    long, short = repeated("a" * 64 * MIB, 100), repeated("hello", 100)
    parquet(folder / "dictionary text.parquet", call_id=ids, text=long)
    parquet(folder / "dictionary id.parquet", call_id=long, text=short)
    parquet(folder / "dictionary label.parquet", call_id=ids, text=short, label=long)
    n = 4 * MIB
    entries = pa.StructArray.from_arrays([repeated("a", n), pa.nulls(n)], ["text", "start_s"])
    parquet(folder / "list.parquet", call_id=ids[:1], turns=one_list(entries))
    parquet(
        folder / "turns.parquet",
        call_id=ids[:1],
        turns=one_list(pa.StructArray.from_arrays([repeated("a" * MIB, 4096)], ["text"])),
    )

    sparse(folder / "line.jsonl", b'{"call_id": "line", "text": "', 1024 * MIB)
    sparse(folder / "record.csv", b'call_id,text\nrecord,"', 1024 * MIB)
    sparse(folder / "document.json", b'{"text": "', 2048 * MIB)
    sparse(folder / "document.vtt", b"WEBVTT\n\n", 2048 * MIB)
    sparse(folder / "document.srt", b"1\n00:00:00,000 --> 00:00:01,000\n", 2048 * MIB)
    sparse(folder / "document.txt", b"hello\n", 2048 * MIB)
    (folder / "objects.json").write_text("[" + ",".join(['{"a":1}'] * 4_000_000) + "]", encoding="utf-8")
    (folder / "cues.srt").write_text("0:0:0,0-->0:0:0,0\na\n\n" * 50_000, encoding="utf-8")
    with gzip.open(folder / "packed.jsonl", "wb", compresslevel=1) as file:
        for _ in range(128):
            file.write(bytes(MIB))
    turns = ",".join(['{"text":"a"}'] * 100_000)
    (folder / "turns of a letter.jsonl").write_text(f'{{"call_id":"x","turns":[{turns}]}}\n', encoding="utf-8")
    (folder / "characters.txt").write_text("\u4e2d" * 100_000, encoding="utf-8")
    (folder / "zzz last.txt").write_text("hello", encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and limits the address space")
def test_bombs_of_every_kind_are_scored_with_a_gibibyte_more_than_the_model_needs(
    tiny_bundle: Path, tmp_path: Path
) -> None:
    normal = tmp_path / "normal"
    normal.mkdir()
    (normal / "1.jsonl").write_text('{"call_id": "1", "text": "hello there"}\n' * 600, encoding="utf-8")
    parquet(normal / "2.parquet", call_id=pa.array(["1"]), text=pa.array(["hello there"]))
    folder = tmp_path / "bombs"
    folder.mkdir()
    write_bombs(folder)
    arguments = [str(tiny_bundle), str(normal), str(folder), str(HEADROOM)]
    done = subprocess.run([sys.executable, "-c", SCORE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["rows"][-1] == ["zzz last", "ok", None]
    assert Counter(code for _, _, code in found["rows"] if code) == {
        "row_too_large": 302, "line_too_long": 2, "file_too_large": 4, "text_too_long": 1, "unknown_format": 1,
    }  # fmt: skip
    # An allocator may hold addresses that it does not use: what counts in the end is memory.
    assert found["more"] < HEADROOM


@pytest.mark.parametrize(
    "encoding", [{"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}, {"use_dictionary": True}]
)
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_row_group_that_would_take_too_much_is_refused_before_it_is_read(
    encoding: dict[str, Any], version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"call_id": ["1", "2", "3"], "text": ["hello " * 1000] * 3})
    pq.write_table(table, path, row_group_size=2, data_page_version=version, **encoding)
    assert len(list(read_calls(path))) == 3
    monkeypatch.setattr(parquet_pages, "MAX_ROW_GROUP_BYTES", 5000)
    first, second = read_calls(path)
    assert isinstance(first, ReaderError)
    assert isinstance(second, ReaderError)
    assert (first.code, second.code) == ("row_group_too_large", "row_group_too_large")
    assert "a.parquet: after row 2: 1 rows may take" in str(second)


def test_values_that_share_a_beginning_count_as_often_as_they_are_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"call_id": [str(i) for i in range(100)], "text": ["hello " * 1000] * 100})
    pq.write_table(table, path, use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"})
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(parquet_pages, "MAX_ROW_GROUP_BYTES", 100_000)
    (row,) = read_calls(path)
    assert isinstance(row, ReaderError)
    assert row.code == "row_group_too_large"
