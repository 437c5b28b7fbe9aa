import json
import os
from pathlib import Path

import pytest

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import documents, read_calls, sniff
from scamclf.render import render

CALL = {"call_id": "1", "text": "hello"}


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("a.jsonl", "not json at all", "jsonl"),
        ("a.log", json.dumps(CALL) + "\n" + json.dumps(CALL), "jsonl"),
        ("a.json", json.dumps(CALL) + "\n" + json.dumps(CALL), "jsonl"),
        ("a.json", json.dumps(CALL), "json"),
        ("a", json.dumps([CALL], indent=1), "json"),
        ("a.json", json.dumps({"calls": [CALL]}), "json"),
        ("a", "call_id,text\n1,hello\n", "csv"),
        ("a.csv", "id,words\n1,hello\n", "csv"),
        ("a.txt", "hello", "text"),
        ("a.txt", '{"a": 1} is how it began', "text"),
        ("a.txt", "[SPEAKER_00]: hello", "text"),
        ("a.txt", "WEBVTT\n", "vtt"),
        ("a.txt", "1\n00:00:00,000 --> 00:00:01,000\nhello", "srt"),
        ("a.json", json.dumps(CALL).encode("utf-16"), "json"),
        ("a.json", b"\xef\xbb\xbf" + json.dumps(CALL).encode(), "json"),
    ],
)
def test_the_content_goes_before_the_suffix(name: str, data: str | bytes, format: str, tmp_path: Path) -> None:
    assert sniff(write(tmp_path, name, data)) == format


@pytest.mark.parametrize("data", ["", "hello", b"\x00\xff\x00", '{"strange": 1}', "[1, 2]"])
def test_an_unknown_file_is_refused_with_the_list_of_formats(data: str | bytes, tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"--format jsonl\|json\|.*srt") as caught:
        sniff(write(tmp_path, "a.bin", data))
    assert caught.value.code == "unknown_format"


def test_keys_behind_64_kib_are_found(tmp_path: Path) -> None:
    document = {"padding": "x" * 200_000, "call_id": "1", "text": "hello"}
    assert sniff(write(tmp_path, "a.json", json.dumps(document))) == "json"


def test_canonical_calls_of_one_document_are_calls_and_errors(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", json.dumps([CALL, {"call_id": "2"}, 3, CALL | {"call_id": "4"}]))
    rows = list(read_calls(path))
    assert [row.call_id if isinstance(row, Call) else row.code for row in rows] == ["1", "no_text", "bad_row", "4"]


def test_a_file_that_is_no_transcript_is_one_error_row_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "1.json", json.dumps(CALL))
    write(tmp_path, "2.json", '{"strange": 1}')
    write(tmp_path, "3.json", '{"cut": ')
    write(tmp_path, "4.txt", "hello")
    write(tmp_path, "5.wav", b"RIFF")
    rows = list(read_calls(tmp_path))
    assert [render(row) if isinstance(row, Call) else row.code for row in rows] == [
        "hello",
        "unknown_format",
        "bad_json",
        "hello",
    ]
    assert [row.call_id for row in rows] == ["1", "2", "3", "4"]


def test_a_file_too_large_is_refused_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_DOCUMENT_BYTES", 1000)
    (row,) = read_calls(write(tmp_path, "a.json", json.dumps(CALL | {"padding": "x" * 2000})))
    assert isinstance(row, ReaderError)
    assert row.code == "file_too_large"
    assert "1,000 bytes" in str(row)


@pytest.mark.parametrize("data", ["[" * 100_000, '{"a":' * 100_000, '[{"a":' * 100_000])
def test_deep_nesting_is_an_error_row(data: str, tmp_path: Path) -> None:
    (row,) = read_calls(write(tmp_path, "a.json", data))
    assert isinstance(row, ReaderError)
    assert row.code == "bad_json"


@pytest.mark.skipif(os.name == "nt", reason="names are bytes elsewhere")
def test_a_file_name_that_is_no_unicode_gives_a_legal_id(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_text("hello", encoding="utf-8")
    (call,) = read_calls(tmp_path)
    assert isinstance(call, Call)
    assert call.call_id == "caf\ufffd"
