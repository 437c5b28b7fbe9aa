import json
import socket
from pathlib import Path
from typing import Any

import pytest

from scamclf.render import render
from tests.readers.writers import call_of, error_of
from tests.readers.writers.amazon import call_analytics, transcribe_speakers
from tests.readers.writers.assemblyai import assemblyai
from tests.readers.writers.cues import vtt
from tests.readers.writers.deepgram import deepgram_diarised
from tests.readers.writers.google import google_v2
from tests.readers.writers.talk import Spoken, Word
from tests.readers.writers.vcon import vcon_document
from tests.readers.writers.whisper import whisperx, wtf_document

TALK = [Spoken(0, (Word("hello", 10, 50), Word("there", 60, 90))), Spoken(1, (Word("yes", 110, 150),))]


def analysis(body: Any, **keys: Any) -> dict[str, Any]:
    return {"type": "transcript", "dialog": 0, "vendor": "v", "encoding": "json", "body": body} | keys


def document(writer: Any) -> Any:
    return json.loads(writer(TALK))


def alternative() -> Any:
    return document(deepgram_diarised)["results"]["channels"][0]["alternatives"][0]


def segment(**keys: Any) -> dict[str, Any]:
    return wtf_document(TALK) | {"segments": [{"text": "a"} | keys]}


INNER = {
    "deepgram results": ("deepgram", lambda: document(deepgram_diarised)["results"]),
    "deepgram alternative": ("deepgram", lambda: alternative()),
    "deepgram channels": ("deepgram", lambda: {"channels": document(deepgram_diarised)["results"]["channels"]}),
    "deepgram words": ("deepgram", lambda: alternative()["words"]),
    "assemblyai": ("assemblyai", lambda: document(assemblyai)),
    "assemblyai utterances": ("AssemblyAI", lambda: document(assemblyai)["utterances"]),
    "call analytics turns": ("aws", lambda: document(call_analytics)["Transcript"]),
    "amazon results": ("aws", lambda: document(transcribe_speakers)["results"]),
    "amazon items": ("aws", lambda: document(transcribe_speakers)["results"]["items"]),
    "google results": ("google", lambda: document(google_v2)["results"]),
    "whisperx segments": ("whisperx", lambda: document(whisperx)["segments"]),
    "wtf": ("x", lambda: wtf_document(TALK)),
}


@pytest.mark.parametrize("as_string", [False, True])
@pytest.mark.parametrize("name", INNER)
def test_a_providers_body_or_its_inner_part_is_read(name: str, as_string: bool, tmp_path: Path) -> None:
    vendor, make = INNER[name]
    body = json.dumps(make()) if as_string else make()
    call = call_of(vcon_document(analysis=[analysis(body, vendor=vendor)]), tmp_path)
    assert render(call) == "hello there\nyes"
    assert [turn.start_s for turn in call.turns] == pytest.approx([0.1, 1.1])


def test_json_inside_a_string_inside_a_string_is_read(tmp_path: Path) -> None:
    body = json.dumps(json.dumps(document(deepgram_diarised)))
    assert render(call_of(vcon_document(analysis=[analysis(body)]), tmp_path)) == "hello there\nyes"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Agent: hello there\nCaller: yes", "hello there\nyes"),
        ('"Hello" is what he said', '"Hello" is what he said'),
        ("[SPEAKER_00]: hello\n[SPEAKER_01]: yes", "hello\nyes"),
        (vtt(TALK).decode(), "hello there\nyes"),
        ({"transcript": "hello there", "confidence": 0.9, "detected_language": "en"}, "hello there"),
    ],
)
def test_a_body_of_plain_text_is_read(body: Any, words: str, tmp_path: Path) -> None:
    assert render(call_of(vcon_document(analysis=[analysis(body, encoding="none")]), tmp_path)) == words


def test_the_world_transcription_format_goes_before_a_providers_own(tmp_path: Path) -> None:
    both = [analysis("other words"), analysis(wtf_document(TALK), type="wtf_transcription")]
    assert render(call_of(vcon_document(analysis=both), tmp_path)) == "hello there\nyes"


def test_two_recordings_are_one_call_in_order_of_time(tmp_path: Path) -> None:
    dialog = [
        {"type": "recording", "start": "2026-01-01T00:01:00+01:00", "url": "https://example.com/2"},
        {"type": "recording", "start": "2025-12-31T23:00:00Z", "url": "https://example.com/1"},
    ]
    found = [analysis("and then", dialog=0, encoding="none"), analysis(wtf_document(TALK), dialog=[1])]
    call = call_of(vcon_document(dialog=dialog, analysis=found), tmp_path)
    assert render(call) == "and then\nhello there\nyes"
    timed = [analysis(wtf_document(TALK), dialog=i) for i in (0, 1)]
    call = call_of(vcon_document(dialog=dialog, analysis=timed), tmp_path)
    assert [turn.start_s for turn in call.turns] == pytest.approx([0.1, 1.1, 60.1, 61.1])
    assert call.started_at == "2025-12-31T23:00:00+00:00"


def test_no_url_is_ever_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*args: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    entry = {"type": "transcript", "dialog": 0, "vendor": "v", "url": "https://example.com/t.json"}
    error = error_of(vcon_document(analysis=[entry]), tmp_path)
    assert error.code == "no_text"
    assert "never fetched" in str(error)


@pytest.mark.parametrize("key", ["critical", "must_support"])
@pytest.mark.parametrize("value", [["frobnicate"], ["wtf_transcription", "frobnicate"], "frobnicate", [{"a": 1}]])
def test_an_unknown_critical_extension_is_refused(key: str, value: Any, tmp_path: Path) -> None:
    found = vcon_document(analysis=[analysis("hello")]) | {key: value}
    assert error_of(found, tmp_path).code == "unknown_critical"


@pytest.mark.parametrize("value", [[], None, ["wtf_transcription"]])
def test_a_known_critical_extension_is_read(value: Any, tmp_path: Path) -> None:
    found = vcon_document(analysis=[analysis("hello", encoding="none")]) | {"critical": value}
    assert render(call_of(found, tmp_path)) == "hello"


def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    found = [analysis({"strange": 1}), analysis("hello", encoding="none")]
    call = call_of(vcon_document(analysis=found), tmp_path)
    assert render(call) == "hello"
    assert "analysis[0]" in call.meta["skipped"][0]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"analysis": []}, "no_text"),
        ({"analysis": [analysis("@@@", encoding="base64url")]}, "no_text"),
        ({"analysis": [analysis('{"results": ')]}, "no_text"),
        ({"analysis": "x"}, "bad_shape"),
        ({"dialog": [1]}, "bad_shape"),
        ({"analysis": [analysis(segment(start=-1))]}, "bad_number"),
        ({"analysis": [analysis(segment(start=2, end=1))]}, "bad_time"),
    ],
)
def test_a_vcon_that_is_no_call_is_an_error_row(parts: dict[str, Any], code: str, tmp_path: Path) -> None:
    assert error_of(vcon_document(**parts), tmp_path).code == code
