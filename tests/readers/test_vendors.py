"""Traps of the vendors' JSON that the fixtures do not hold."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import read_calls
from scamclf.render import render
from tests.readers.writers import call_of, error_of

FIXTURES = Path(__file__).parent / "fixtures"


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def put(document: Any, place: str, value: Any) -> Any:
    """A copy of the document with another value at a place such as `a.0.b`."""
    found = copy.deepcopy(document)
    *path, last = [int(key) if key.isdigit() else key for key in place.split(".")]
    at = found
    for key in path:
        at = at[key]
    at[last] = value
    return found


TIMES = {
    "deepgram.json": "results.channels.0.alternatives.0.words.1.start",
    "assemblyai.json": "utterances.0.start",
    "contact_lens.json": "Transcript.0.BeginOffsetMillis",
    "call_analytics.json": "Transcript.1.BeginOffsetMillis",
    "transcribe_speakers.json": "results.items.0.start_time",
    "transcribe_channels.json": "results.channel_labels.channels.1.items.0.start_time",
    "azure_fast.json": "phrases.1.offsetMilliseconds",
    "azure_batch.json": "recognizedPhrases.1.offsetInTicks",
    "google_v2.json": "results.0.alternatives.0.words.0.startOffset",
    "google_v1.json": "results.3.alternatives.0.words.0.startTime",
    "whisper.json": "segments.0.start",
    "whisperx.json": "segments.0.words.1.start",
    "wtf.json": "segments.0.start",
    "vcon_deepgram.json": "analysis.1.body.words.0.start",
}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 10**400, "nan", "-1", [], {}, True, "soon"])
@pytest.mark.parametrize("name", TIMES)
def test_a_time_that_is_none_is_an_error_row(name: str, value: Any, tmp_path: Path) -> None:
    assert error_of(put(fixture(name), TIMES[name], value), tmp_path).code in ("bad_number", "bad_json")


@pytest.mark.parametrize("name", [name for name in TIMES if not name.startswith("azure")])
def test_a_piece_that_ends_before_it_starts_is_an_error_row(name: str, tmp_path: Path) -> None:
    late = "9000s" if name.startswith("google") else 9_000_000
    error = error_of(put(fixture(name), TIMES[name], late), tmp_path)
    assert error.code == "bad_time"
    assert "before it starts" in str(error)


@pytest.mark.parametrize("name", TIMES)
def test_an_unknown_time_stays_unknown(name: str, tmp_path: Path) -> None:
    document = put(fixture(name), TIMES[name], None)
    if name == "azure_batch.json":
        del document["recognizedPhrases"][1]["offset"]
    call = call_of(document, tmp_path)
    assert 0.0 not in [turn.start_s for turn in call.turns]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("deepgram.json:results.channels.0.alternatives.0.words.0.confidence", 2),
        ("deepgram.json:results.channels.0.alternatives.0.words.0.confidence", "x"),
        ("call_analytics.json:Transcript.0.Items.0.Confidence", "nan"),
        ("wtf.json:segments.0.confidence", -0.5),
    ],
)
def test_a_confidence_out_of_range_is_an_error_row(place: str, value: Any, tmp_path: Path) -> None:
    name, _, path = place.partition(":")
    assert error_of(put(fixture(name), path, value), tmp_path).code == "bad_number"


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("assemblyai.json", "status", "error"),
        ("contact_lens.json", "JobStatus", "FAILED"),
        ("transcribe_speakers.json", "status", "IN_PROGRESS"),
    ],
)
def test_a_job_that_is_not_done_is_refused(name: str, key: str, value: str, tmp_path: Path) -> None:
    assert error_of(fixture(name) | {key: value}, tmp_path).code == "not_completed"


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("deepgram.json", "results", {"channels": []}),
        ("assemblyai.json", "utterances", [{"text": " "}]),
        ("contact_lens.json", "Transcript", []),
        ("transcribe_speakers.json", "results", {"items": []}),
        ("azure_fast.json", "phrases", [{"text": ""}]),
        ("google_v2.json", "results", []),
    ],
)
def test_a_silent_call_is_an_error_row(name: str, key: str, value: Any, tmp_path: Path) -> None:
    document = fixture(name) | {key: value}
    document.pop("combinedPhrases", None)
    assert error_of(document, tmp_path).code == "no_text"


def test_a_recogniser_with_text_alone_is_one_turn(tmp_path: Path) -> None:
    cases: list[dict[str, Any]] = [
        {"text": "hello there", "usage": {}},
        {"results": {"channels": [{"alternatives": [{"transcript": "hello there"}]}]}},
        {"id": "1", "status": "completed", "utterances": None, "words": [], "text": "hello there"},
        {"results": {"transcripts": [{"transcript": "hello there"}], "items": []}},
        {"combinedPhrases": [{"text": "hello there"}], "phrases": []},
        {"results": [{"alternatives": [{"transcript": "hello there"}]}]},
        {"transcript": {"text": "hello there"}, "segments": []},
    ]
    for document in cases:
        call = call_of(document, tmp_path)
        assert (render(call), call.turns[0].start_s, call.turns[0].speaker) == ("hello there", None, None)


def test_words_of_unknown_speakers_are_cut_at_pauses_only(tmp_path: Path) -> None:
    words = [{"word": "one", "start": 0, "end": 1}, {"word": "two", "start": 3, "end": 4}, {"word": "six", "start": 7}]
    document = {"results": {"channels": [{"alternatives": [{"words": words}]}]}}
    assert render(call_of(document, tmp_path)) == "one two\nsix"


def test_phrases_of_unknown_speakers_stay_apart(tmp_path: Path) -> None:
    assert render(call_of(fixture("whisper.json"), tmp_path)).count("\n") == 2


def test_someone_who_talks_over_another_does_not_shuffle_his_words(tmp_path: Path) -> None:
    def channel(*words: tuple[str, float, float]) -> dict[str, Any]:
        return {"alternatives": [{"words": [{"word": w, "start": a, "end": b} for w, a, b in words]}]}

    long = channel(("i", 0, 1), ("am", 1, 2), ("from", 2, 3), ("support", 3, 4), ("yes", 8, 9))
    short = channel(("what", 1.5, 1.8), ("who", 5, 6))
    call = call_of({"results": {"channels": [long, short]}}, tmp_path)
    assert render(call) == "i am from support\nwhat\nwho\nyes"
    assert [turn.speaker for turn in call.turns] == ["channel 0", "channel 1", "channel 1", "channel 0"]


def test_deepgram_utterances_stand_in_for_words(tmp_path: Path) -> None:
    document = fixture("deepgram.json")
    document["results"]["channels"] = []
    assert render(call_of(document, tmp_path)).startswith("Good morning, plimsoll speaking.\nHello")


def test_a_google_batch_is_a_call_a_recording_and_keeps_its_errors(tmp_path: Path) -> None:
    results = {
        "gs://b/1.wav": {"inlineResult": {"transcript": fixture("google_v2.json")}},
        "gs://b/2.wav": {"error": {"code": 3, "message": "no audio"}},
        "gs://b/3.wav": {"uri": "gs://b/3.json", "cloudStorageResult": {"uri": "gs://b/3.json"}},
    }
    path = tmp_path / "1.json"
    path.write_text(json.dumps({"name": "o", "done": True, "response": {"results": results}}), encoding="utf-8")
    first, second, third = read_calls(path)
    assert isinstance(first, Call)
    assert first.call_id == "gs://b/1.wav"
    assert isinstance(second, ReaderError)
    assert (second.code, second.call_id) == ("not_completed", "gs://b/2.wav")
    assert isinstance(third, ReaderError)
    assert "never fetched" in str(third)


def test_a_google_operation_that_runs_is_refused(tmp_path: Path) -> None:
    assert error_of({"name": "o", "done": False}, tmp_path, "google_speech").code == "not_completed"


def test_google_says_zero_where_it_has_no_confidence(tmp_path: Path) -> None:
    document = put(fixture("google_v2.json"), "results.1.alternatives.0.confidence", 0.0)
    assert call_of(document, tmp_path).turns[0].confidence == pytest.approx(0.95)


def test_a_bare_list_of_segments_is_whispers(tmp_path: Path) -> None:
    assert render(call_of(fixture("whisper.json")["segments"], tmp_path)).startswith("Good morning")


@pytest.mark.parametrize("format", ["deepgram", "assemblyai", "azure_speech", "amazon_contact_lens", "vcon", "wtf"])
@pytest.mark.parametrize("document", [[], "x", 3, None, {"strange": 1}])
def test_the_wrong_format_is_an_error_row(format: str, document: Any, tmp_path: Path) -> None:
    assert error_of(document, tmp_path, format).code in ("bad_shape", "no_text")


def test_half_a_surrogate_pair_becomes_a_character(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text('{"call_id": "\\udc00", "text": "hello \\ud800 \\ud83d\\ude00"}', encoding="utf-8")
    (call,) = read_calls(path)
    assert isinstance(call, Call)
    assert (call.call_id, render(call)) == ("\ufffd", "hello \ufffd \U0001f600")


def test_words_out_of_order_leave_the_end_unknown(tmp_path: Path) -> None:
    words = [{"word": "late", "start": 5, "end": 6, "speaker": 0}, {"word": "soon", "start": 1, "end": 2, "speaker": 0}]
    (turn,) = call_of({"results": {"channels": [{"alternatives": [{"words": words}]}]}}, tmp_path).turns
    assert (turn.text, turn.start_s, turn.end_s) == ("late soon", 5.0, None)


def test_a_canonical_turn_that_ends_before_it_starts_is_an_error_row(tmp_path: Path) -> None:
    error = error_of({"call_id": "7", "turns": [{"text": "hello", "start_s": 2, "end_s": 1}]}, tmp_path)
    assert (error.code, error.call_id) == ("bad_time", "7")
