from pathlib import Path

import pytest

from scamclf.errors import ReaderError
from scamclf.readers import read_calls
from scamclf.readers.limits import MAX_SUBTITLE_CHARS
from scamclf.render import render
from tests.readers.writers import read_one


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def error(path: Path) -> ReaderError:
    (row,) = read_calls(path)
    assert isinstance(row, ReaderError)
    return row


def test_two_voices_in_a_cue_are_two_turns(tmp_path: Path) -> None:
    call = read_one(write(tmp_path, "1.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>hello</v> <v B>yes &amp; no"))
    assert [(turn.speaker, turn.text) for turn in call.turns] == [("A", "hello"), ("B", "yes & no")]
    assert {turn.start_s for turn in call.turns} == {1.0}


def test_cues_of_one_voice_are_one_turn_until_he_pauses(tmp_path: Path) -> None:
    cues = [
        "00:00.000 --> 00:01.000\n<v A>one",
        "00:01.500 --> 00:02.000\n<v A>two",
        "00:05.000 --> 00:06.000\n<v A>six",
    ]
    assert render(read_one(write(tmp_path, "1.vtt", "WEBVTT\n\n" + "\n\n".join(cues)))) == "one two\nsix"


def test_hours_count(tmp_path: Path) -> None:
    call = read_one(write(tmp_path, "1.srt", "1\n01:02:03,500 --> 01:02:04,000\nhello"))
    assert (call.turns[0].start_s, call.turns[0].end_s) == (3723.5, 3724.0)


def test_names_in_front_of_most_cues_are_speakers(tmp_path: Path) -> None:
    text = "1\n00:00:00,000 --> 00:00:01,000\nAgent: hello\n\n2\n00:00:01,000 --> 00:00:02,000\nCaller: yes"
    call = read_one(write(tmp_path, "1.srt", text))
    assert [(turn.speaker, turn.text) for turn in call.turns] == [("Agent", "hello"), ("Caller", "yes")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_one(end: str, tmp_path: Path) -> None:
    path = tmp_path / "1.vtt"
    path.write_bytes(f"WEBVTT{end}{end}00:00.000 --> 00:01.000{end}hello{end}there{end}".encode())
    assert render(read_one(path)) == "hello there"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("1.vtt", "WEBVTT\n\n00:02.000 --> 00:01.000\nhello", "bad_time"),
        ("1.vtt", "WEBVTT\n\nsoon --> later\nhello", "bad_time"),
        ("1.srt", "1\n00:00:02,000 --> 00:00:01,000\nhello", "bad_time"),
        ("1.vtt", "WEBVTT\n", "no_text"),
        ("1.vtt", "hello", "bad_shape"),
        ("1.srt", "hello", "no_text"),
        ("1.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\n" + "a" * MAX_SUBTITLE_CHARS, "file_too_large"),
    ],
)
def test_a_file_that_is_no_call_is_an_error_row(name: str, text: str, code: str, tmp_path: Path) -> None:
    assert error(write(tmp_path, name, text)).code == code


def test_a_file_in_another_encoding_is_an_error_row(tmp_path: Path) -> None:
    path = tmp_path / "1.vtt"
    path.write_bytes("WEBVTT\n\n00:00.000 --> 00:01.000\ncafé".encode("latin-1"))
    assert error(path).code == "bad_encoding"


def test_many_brackets_are_read_in_no_time(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:01.000\n" + "<v " * 150_000 + "hello"
    assert render(read_one(write(tmp_path, "1.vtt", text))).endswith("hello")
