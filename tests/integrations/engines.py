"""Inputs of engines, what they wrote, and processes to be killed."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Rows = list[dict[str, Any]]

PATIENCE_S = 600
"""Longest wait for an engine on a busy machine."""

_TURN = pa.struct([("speaker", pa.string()), ("text", pa.string()), ("start_s", pa.float64()), ("end_s", pa.float64())])
_SCHEMA = pa.schema(
    [("call_id", pa.string()), ("turns", pa.list_(_TURN)), ("text", pa.string()), ("label", pa.string())]
)
_WORDS = (
    "hello this is your computer support a virus has been found please open any desk thank you my parcel did not come "
    "on thursday the library closes at six can you read me the code of the card your bank account is blocked"
).split()
_BAD: Rows = [
    {"call_id": None, "text": "hello there"},
    {"call_id": "   ", "text": "hello there"},
    {"call_id": "i" * 1001, "text": "hello there"},
    {"call_id": "nothing"},
    {"call_id": "empty", "turns": []},
    {"call_id": "silent", "turns": [{"speaker": "a", "text": ""}]},
    {"call_id": "backwards", "turns": [{"text": "hello there", "start_s": 9.0, "end_s": 1.0}]},
    {"call_id": "before", "turns": [{"text": "hello there", "start_s": -1.0}]},
    {"call_id": "mislabelled", "text": "hello there", "label": "spam"},
    {"call_id": "endless", "text": "hello " * 100_000},
    {"call_id": "latin", "text": "@@ hello there"},
]


def write_calls(folder: Path, n: int, *, bad: bool) -> Path:
    """Three files of calls with words of their own, from one turn to forty."""
    draw = random.Random(n)
    rows: Rows = [
        {"call_id": f"call {i}", "turns": [{"speaker": "a", "text": words(draw)} for _ in range(draw.randint(1, 40))]}
        if i % 3
        else {"call_id": f"call {i}", "text": words(draw)}
        for i in range(n)
    ]
    if bad:
        rows += _BAD
        draw.shuffle(rows)
    folder.mkdir()
    for part in range(3):
        table = pa.Table.from_pylist(rows[part::3], schema=_SCHEMA)
        # Bytes that are no UTF-8, as a file may hold them.
        raw = [value and value.encode().replace(b"@@", b"\xff\xfe") for value in table["text"].to_pylist()]
        text = pa.array(raw, pa.binary()).view(pa.string())
        table = table.set_column(2, "text", text)
        pq.write_table(table, folder / f"{part}.parquet")
    return folder


def words(draw: random.Random) -> str:
    return " ".join(draw.choices(_WORDS, k=draw.randint(2, 30)))


def rows_of(out: Path) -> Rows:
    """Every row that a reader would see."""
    files = [path for path in out.glob("*.parquet") if not path.name.startswith(("_", "."))]
    return in_order([row for path in files for row in pq.read_table(path).to_pylist()])


def in_order(rows: Rows) -> Rows:
    """Sorted by id, and by the error where there is none."""
    return sorted(rows, key=lambda row: (row["call_id"] or "", row["error"] or ""))


def assert_same(found: Rows, expected: Rows) -> None:
    """All columns and rows are alike; scores as far as those of other batches may be."""
    ids, wanted_ids = ([row["call_id"] for row in rows] for rows in (found, expected))
    apart = list(set(ids) ^ set(wanted_ids))[:5]
    assert ids == wanted_ids, f"{len(ids):,} rows; wanted {len(wanted_ids):,}: {apart} stand in one alone"
    wanted = [{name: approximately(value) for name, value in row.items()} for row in expected]
    other = [pair for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]]
    assert not other, f"{len(other):,} rows differ, such as {other[:3]}"


def approximately(value: object) -> Any:
    return pytest.approx(value, abs=1e-4) if isinstance(value, float) else value


@contextmanager
def running(program: str, *arguments: object) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program of this folder as a process of its own, which with all that it started is gone afterwards."""
    command = [sys.executable, str(Path(__file__).parent / program), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(done: Callable[[], Any], program: "subprocess.Popen[bytes] | None" = None) -> Any:
    """Wait for something; what it says at last.

    Raises:
        AssertionError: the program ends before, or patience does.
    """
    end = time.monotonic() + PATIENCE_S
    while not (found := done()):
        assert time.monotonic() < end, "waited too long"
        assert program is None or program.poll() is None, "the program ended before"
        time.sleep(0.02)
    return found


def kill_one(pid: int, words: str) -> None:
    """SIGKILL the newest process below another whose command has the words: of Spark's Python, a worker."""
    found = [process.pid for process in psutil.Process(pid).children(recursive=True) if words in _command(process)]
    os.kill(max(found), signal.SIGKILL)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it ended meanwhile
        return ""
