"""Every fixture, written from a vendor's documents, is the same invented call."""

import json
import shutil
from pathlib import Path

import pytest

from scamclf.errors import ReaderError
from scamclf.readers import FORMATS, read_calls, sniff
from scamclf.render import render
from tests.readers.writers import read_one

FIXTURES = Path(__file__).parent / "fixtures"
WORDS = "Good morning, plimsoll speaking.\nHello, zorbit lamp 22 blinks.\nPlease hold on."
CALLS = {
    "assemblyai.json": ("assemblyai", "a1b2c3", ("A", "B")),
    "azure_batch.json": ("azure_speech", "azure_batch", ("channel 0", "channel 1")),
    "azure_fast.json": ("azure_speech", "azure_fast", ("channel 0", "channel 1")),
    "call.srt": ("srt", "call", ("SPEAKER_00", "SPEAKER_01")),
    "call.vtt": ("vtt", "call", ("Plim", "Caller")),
    "call_analytics.json": ("amazon_call_analytics", "job-0001", ("AGENT", "CUSTOMER")),
    "contact_lens.json": ("amazon_contact_lens", "contact-0001", ("AGENT", "CUSTOMER")),
    "deepgram.json": ("deepgram", "5b7e1c0a-0000-4000-8000-000000000001", ("0", "1")),
    "google_v1.json": ("google_speech", "google_v1", ("1", "2")),
    "google_v2.json": ("google_speech", "google_v2", ("channel 1", "channel 2")),
    "transcribe_channels.json": ("amazon_transcribe", "job-0001", ("ch_0", "ch_1")),
    "transcribe_speakers.json": ("amazon_transcribe", "job-0001", ("spk_0", "spk_1")),
    "vcon_deepgram.json": ("vcon", "0192-v", ("0", "1")),
    "vcon_text.vcon": ("vcon", "0192-v", ("Plim", "party 1")),
    "whisper.json": ("whisper", "whisper", (None, None)),
    "whisperx.json": ("whisper", "whisperx", ("SPEAKER_00", "SPEAKER_01")),
    "wtf.json": ("wtf", "wtf", ("Agent", "Customer")),
}
REFUSED = {"vcon_signed.json": "signed", "vcon_encrypted.json": "encrypted"}


def test_every_fixture_is_listed_and_cited() -> None:
    names = {path.name for path in FIXTURES.iterdir()} - {"README.md"}
    assert names == CALLS.keys() | REFUSED.keys()
    assert all(f"`{name}`" in (FIXTURES / "README.md").read_text(encoding="utf-8") for name in names)


def test_every_vendors_format_has_a_fixture() -> None:
    assert {name for name, *_ in CALLS.values()} == set(FORMATS) - {"jsonl", "json", "csv", "parquet", "text"}


@pytest.mark.parametrize("name", CALLS)
def test_a_fixture_gives_the_same_words_turns_and_times(name: str) -> None:
    format, call_id, (first, second) = CALLS[name]
    call = read_one(FIXTURES / name)
    assert sniff(FIXTURES / name) == format
    assert call.meta == {"format": format, "file": name}
    assert call.call_id == call_id
    assert render(call) == WORDS
    assert [turn.speaker for turn in call.turns] == [first, second, first]
    assert [turn.start_s for turn in call.turns] == pytest.approx([0.5, 3.0, 5.5])
    assert [turn.end_s for turn in call.turns] == pytest.approx([2.5, 5.2, 7.0])


@pytest.mark.parametrize("name", CALLS)
def test_the_content_decides_whatever_the_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "call.txt"
    shutil.copy(FIXTURES / name, path)
    assert sniff(path) == CALLS[name][0]
    assert render(read_one(path)) == WORDS


@pytest.mark.parametrize("name", [name for name in CALLS if CALLS[name][0] not in ("vtt", "srt", "vcon", "wtf")])
def test_confidence_is_read_where_the_format_has_one(name: str) -> None:
    found = {turn.confidence for turn in read_one(FIXTURES / name).turns}
    wanted = None if name in ("contact_lens.json", "google_v1.json") else pytest.approx(0.95)
    assert all(confidence == wanted for confidence in found)


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("deepgram.json", "en"),
        ("assemblyai.json", "en-us"),
        ("contact_lens.json", "en-US"),
        ("azure_fast.json", "en-US"),
        ("google_v2.json", "en-us"),
        ("whisperx.json", "en"),
        ("wtf.json", "en-US"),
        ("vcon_deepgram.json", "en"),
        ("call.vtt", None),
    ],
)
def test_the_language_is_read_where_the_format_has_one(name: str, language: str | None) -> None:
    assert read_one(FIXTURES / name).language == language


@pytest.mark.parametrize("name", REFUSED)
def test_a_form_that_cannot_be_read_is_refused_with_a_reason(name: str) -> None:
    (row,) = read_calls(FIXTURES / name)
    assert isinstance(row, ReaderError)
    assert row.code == REFUSED[name]
    assert row.code in str(row)
    assert row.call_id == Path(name).stem


def test_a_name_in_the_file_never_reaches_the_text() -> None:
    for name in CALLS:
        text = render(read_one(FIXTURES / name)).lower()
        assert not any(word in text for word in ("agent", "customer", "speaker_", "caller", "spk_", "channel"))


def test_a_duplicate_key_is_legal_and_the_last_counts(tmp_path: Path) -> None:
    document = json.loads((FIXTURES / "deepgram.json").read_text(encoding="utf-8"))
    path = tmp_path / "1.json"
    path.write_text(
        f'{{"results": {{"channels": []}}, "results": {json.dumps(document["results"])}}}', encoding="utf-8"
    )
    assert render(read_one(path)) == WORDS
