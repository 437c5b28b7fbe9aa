import json
from pathlib import Path

import pytest

from scamclf.errors import ReaderError
from scamclf.readers.inspect import inspect_file

FIXTURES = Path(__file__).parent / "fixtures"


def test_a_file_is_counted_and_its_gaps_are_told() -> None:
    found = inspect_file(FIXTURES / "contact_lens.json")
    assert (found.format, found.calls, found.turns, found.words) == ("amazon_contact_lens", 1, 3, 12)
    assert found.speakers == {"AGENT": 2, "CUSTOMER": 1}
    assert set(found.missing) == {"confidence", "direction", "started_at"}
    assert (found.errors, found.first_error, found.partly) == ({}, None, {})


def test_digits_are_masked() -> None:
    lines = inspect_file(FIXTURES / "deepgram.json").first_lines
    assert lines[1] == "Hello, zorbit lamp ## blinks."


def test_errors_and_partly_known_things_are_told(tmp_path: Path) -> None:
    rows = [
        {"call_id": "1", "turns": [{"text": "hello", "speaker": "+44 20 79460000"}, {"text": "yes"}]},
        {"call_id": "2", "text": "hello", "language": "en"},
        {"call_id": "3"},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = inspect_file(path)
    assert (found.calls, found.turns, found.errors) == (2, 3, {"no_text": 1})
    assert found.first_error is not None
    assert "a.jsonl:3" in found.first_error
    assert found.partly == {"speaker": 1 / 3, "language": 0.5}
    assert found.speakers == {"+44 20 #": 1}


def test_an_unknown_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"\x00")
    with pytest.raises(ReaderError, match="--format"):
        inspect_file(path)
