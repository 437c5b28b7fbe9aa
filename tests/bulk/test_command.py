"""Promises 4, 8 and 9 of the command: exit codes, no network, no text where none belongs; and progress."""

import json

import pytest
from jobs import ids_of, rows_of, write_calls

from scamclf.bulk import verify_job
from tests.readers.writers import WRITERS, write
from tests.readers.writers.talk import Spoken, Word

SECRET = "xylophonist"
"""A word that stands in every call and in no output."""


@pytest.fixture
def mixed(tmp_path):
    """One call in every format, with damaged and wrong files among them, each holding the secret word."""
    folder = tmp_path / "calls"
    folder.mkdir()
    talk = [Spoken(0, (Word("hello", 10, 50), Word(SECRET, 60, 90))), Spoken(1, (Word("yes", 110, 150),))]
    for name in WRITERS:
        (folder / name).mkdir()
        write(talk, name, folder / name)
    (folder / "cut.json").write_text(f'{{"call_id": "1", "text": "{SECRET}')
    (folder / "line.jsonl").write_text(f'{{"call_id": "2", "text": ["{SECRET}"]}}\n{SECRET}\n')
    return folder


def test_a_folder_of_every_format_is_scored_by_one_command(command, mixed, tmp_path):
    done = command(mixed, "--out", tmp_path / "out", "--on-duplicate", "suffix")

    rows = rows_of(tmp_path / "out")
    assert done.returncode == 3, done.stderr
    assert sum(row["status"] == "ok" for row in rows) == len(WRITERS)
    assert len({round(row["logit_scam"], 3) for row in rows if row["status"] == "ok"}) == 1
    assert verify_job(tmp_path / "out").problems == ()


@pytest.mark.parametrize("output_format", ["parquet", "jsonl", "csv"])
def test_no_text_of_a_call_is_in_the_output_or_on_the_terminal(command, mixed, tmp_path, output_format):
    done = command(
        mixed, "--out", tmp_path / "out", "--on-duplicate", "suffix", "--format", output_format, "--progress", "json"
    )

    assert done.returncode == 3, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert SECRET not in json.dumps(rows_of(tmp_path / "out"))
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


@pytest.mark.parametrize("output_format", ["parquet", "jsonl", "csv"])
def test_the_text_is_in_a_column_where_it_is_asked_for(command, mixed, tmp_path, output_format):
    command(mixed, "--out", tmp_path / "out", "--on-duplicate", "suffix", "--format", output_format, "--include-text")

    rows = rows_of(tmp_path / "out")
    assert {row["text"] for row in rows if row["status"] == "ok"} == {f"hello {SECRET}\nyes"}
    assert {row["text"] or None for row in rows if row["status"] == "error"} == {None}
    assert verify_job(tmp_path / "out").problems == ()


def test_a_job_opens_no_socket(command, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(
        "import socket\n\n"
        "class Blocked(socket.socket):\n"
        "    def __init__(self, *arguments, **names):\n"
        "        raise RuntimeError('a socket was opened')\n\n"
        "socket.socket = Blocked\n"
        "socket.getaddrinfo = socket.create_connection = Blocked\n"
    )
    write_calls(tmp_path / "a.jsonl", range(5))

    done = command(tmp_path / "a.jsonl", "--out", tmp_path / "out", "--top", 1, PYTHONPATH=str(blocked))

    assert (done.returncode, done.stderr) == (0, "")
    assert len(ids_of(tmp_path / "out")) == 5


def test_exit_codes(command, tmp_path):
    good = write_calls(tmp_path / "good.jsonl", range(3))
    bad = tmp_path / "bad.jsonl"
    bad.write_text("nonsense\n")

    codes = [
        command(good, "--out", tmp_path / "0").returncode,
        command(good, bad, "--out", tmp_path / "3").returncode,
        command(good, bad, "--out", tmp_path / "1", "--fail-fast").returncode,
        command(good, bad, "--out", tmp_path / "1", "--max-errors", 0).returncode,
        command(good, bad, "--out", tmp_path / "1", "--max-errors", 1).returncode,
        command(good, "--out", tmp_path / "2", "--format", "xml").returncode,
        command(good, "--out", tmp_path / "2", "--input-format", "xml").returncode,
        command(good).returncode,
    ]

    assert codes == [0, 3, 1, 1, 3, 2, 2, 2]


def test_progress_as_json_tells_both_phases(command, tmp_path):
    write_calls(tmp_path / "a.jsonl", range(30))

    done = command(tmp_path / "a.jsonl", "--out", tmp_path / "out", "--progress", "json")

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert (lines[0]["phase"], lines[-1]["phase"]) == ("first pass", "score")
    assert (lines[-1]["rows"], lines[-1]["total"], lines[-1]["errors"]) == (30, 30, 0)
    assert lines[-1]["rows_per_second"] > 0
    assert lines[-1]["seconds_left"] == 0


def test_a_dry_run_prints_rows_time_and_disk(command, tmp_path):
    write_calls(tmp_path / "a.jsonl", range(30))

    done = command(tmp_path / "a.jsonl", "--out", tmp_path / "out", "--dry-run")

    assert (done.returncode, done.stderr) == (0, "")
    assert "30 rows in 1 files" in done.stdout
    assert "to score: 30 rows into 1 files" in done.stdout
    assert "rows/s over 30 rows" in done.stdout
    assert "are free" in done.stdout
    assert not (tmp_path / "out").exists()
