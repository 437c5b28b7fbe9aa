"""One invented call written the way each vendor writes it: the opposite of the readers, from the same documents.

A format that has several ways to say who spoke has a writer for each.
"""

import base64
import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import read_calls

NAMES = ("AGENT", "CUSTOMER")


@dataclass(frozen=True)
class Word:
    text: str
    start: int
    end: int
    """Times in hundredths of a second: every format can write those exactly."""


@dataclass(frozen=True)
class Spoken:
    speaker: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end


Talk = Sequence[Spoken]


def _s(hundredths: int) -> float:
    return hundredths / 100


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def jsonl(talk: Talk) -> bytes:
    turns = [{"speaker": NAMES[t.speaker], "text": t.text, "start_s": _s(t.start), "end_s": _s(t.end)} for t in talk]
    return _json({"call_id": "1", "turns": turns}) + b"\n"


def json_list(talk: Talk) -> bytes:
    return _json([json.loads(jsonl(talk))])


def text(talk: Talk) -> bytes:
    if len(talk) == 1:
        return talk[0].text.encode()
    return "\n".join(f"{NAMES[t.speaker].title()}: {t.text}" for t in talk).encode()


def csv_rows(talk: Talk) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([("call_id", "text"), ("1", text(talk).decode())])
    return file.getvalue().encode()


def parquet(talk: Talk) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([json.loads(jsonl(talk))]), file)
    return file.getvalue()


def deepgram_diarised(talk: Talk) -> bytes:
    return _json(deepgram_document([("speaker", talk)]))


def deepgram_channels(talk: Talk) -> bytes:
    return _json(deepgram_document([("", [t for t in talk if t.speaker == i]) for i in (0, 1)]))


def deepgram_document(channels: Sequence[tuple[str, Talk]]) -> dict[str, Any]:
    def word(w: Word, speaker: int, key: str) -> dict[str, Any]:
        bare = w.text.strip(",.?").lower() or w.text
        found = {"word": bare, "punctuated_word": w.text, "start": _s(w.start), "end": _s(w.end), "confidence": 0.9}
        return found | ({key: speaker, "speaker_confidence": 0.5} if key else {})

    alternatives = [
        {
            "transcript": " ".join(t.text for t in talk),
            "confidence": 0.9,
            "words": [word(w, t.speaker, key) for t in talk for w in t.words],
        }
        for key, talk in channels
    ]
    return {
        "metadata": {
            "request_id": "r-1",
            "created": "2026-01-01T00:00:00Z",
            "duration": 60.0,
            "channels": len(channels),
        },
        "results": {"channels": [{"alternatives": [alternative]} for alternative in alternatives]},
    }


def assemblyai(talk: Talk) -> bytes:
    utterances = [
        {
            "speaker": "AB"[t.speaker],
            "text": t.text,
            "start": 10 * t.start,
            "end": 10 * t.end,
            "confidence": 0.9,
            "words": [{"text": w.text, "start": 10 * w.start, "end": 10 * w.end} for w in t.words],
        }
        for t in talk
    ]
    words = [word for utterance in utterances for word in utterance["words"]]
    return _json(
        {"id": "a-1", "status": "completed", "language_code": "en_us", "words": words, "utterances": utterances}
    )


def contact_lens(talk: Talk) -> bytes:
    ids = ("p-agent", "p-customer")
    return _json(
        {
            "Version": "1.1.0",
            "Channel": "VOICE",
            "LanguageCode": "en-US",
            "CustomerMetadata": {"ContactId": "c-1"},
            "Participants": [{"ParticipantId": i, "ParticipantRole": n} for i, n in zip(ids, NAMES, strict=True)],
            "Transcript": [
                {
                    "Id": f"{k}",
                    "ParticipantId": ids[t.speaker],
                    "Content": t.text,
                    "BeginOffsetMillis": 10 * t.start,
                    "EndOffsetMillis": 10 * t.end,
                    "Sentiment": "NEUTRAL",
                }
                for k, t in enumerate(talk)
            ],
        }
    )


def call_analytics(talk: Talk) -> bytes:
    return _json(
        {
            "JobName": "j-1",
            "JobStatus": "COMPLETED",
            "LanguageCode": "en-US",
            "Participants": [{"ParticipantRole": name} for name in NAMES],
            "Transcript": [
                {
                    "Id": f"{k}",
                    "ParticipantRole": NAMES[t.speaker],
                    "Content": t.text,
                    "BeginOffsetMillis": 10 * t.start,
                    "EndOffsetMillis": 10 * t.end,
                    "Items": [{"Type": "pronunciation", "Content": w.text, "Confidence": "0.9"} for w in t.words],
                }
                for k, t in enumerate(talk)
            ],
        }
    )


def _amazon_items(talk: Talk, **labels: str) -> list[dict[str, Any]]:
    """Amazon's items: numbers are text, and the punctuation at a word's end is an item without times."""
    items: list[dict[str, Any]] = []
    for t in talk:
        label = {key: value.format(t.speaker) for key, value in labels.items()}
        for w in t.words:
            bare = w.text.rstrip(",.?")
            items.append(
                {
                    "type": "pronunciation",
                    "start_time": f"{_s(w.start)}",
                    "end_time": f"{_s(w.end)}",
                    "alternatives": [{"confidence": "0.9", "content": bare}],
                }
                | label
            )
            if bare != w.text:
                mark = {"confidence": "0.0", "content": w.text[len(bare) :]}
                items.append({"type": "punctuation", "alternatives": [mark]} | label)
    return items


def _amazon(results: dict[str, Any]) -> bytes:
    return _json({"jobName": "j-1", "accountId": "1", "status": "COMPLETED", "results": results})


def transcribe_speakers(talk: Talk) -> bytes:
    return _amazon({"transcripts": [], "items": _amazon_items(talk, speaker_label="spk_{}")})


def transcribe_old_speakers(talk: Talk) -> bytes:
    segments = [
        {
            "speaker_label": f"spk_{t.speaker}",
            "start_time": f"{_s(t.start)}",
            "end_time": f"{_s(t.end)}",
            "items": [
                {"speaker_label": f"spk_{t.speaker}", "start_time": f"{_s(w.start)}", "end_time": f"{_s(w.end)}"}
                for w in t.words
            ],
        }
        for t in talk
    ]
    return _amazon({"items": _amazon_items(talk), "speaker_labels": {"speakers": 2, "segments": segments}})


def transcribe_channels(talk: Talk) -> bytes:
    channels = [
        {"channel_label": f"ch_{i}", "items": _amazon_items([t for t in talk if t.speaker == i])} for i in (0, 1)
    ]
    labels = {"channels": channels, "number_of_channels": 2}
    return _amazon({"items": _amazon_items(talk, channel_label="ch_{}"), "channel_labels": labels})


def _azure_order(talk: Talk) -> list[Spoken]:
    """Azure writes one channel behind the other."""
    return sorted(talk, key=lambda t: t.speaker)


def azure_batch(talk: Talk) -> bytes:
    phrases = [
        {
            "recognitionStatus": "Success",
            "channel": t.speaker,
            "offset": f"PT{_s(t.start)}S",
            "duration": f"PT{_s(t.end - t.start)}S",
            "offsetInTicks": 100_000.0 * t.start,
            "durationInTicks": 100_000.0 * (t.end - t.start),
            "nBest": [{"confidence": 0.9, "lexical": t.text.lower(), "display": t.text}],
        }
        for t in _azure_order(talk)
    ]
    return _json({"source": "s", "durationInTicks": 1, "combinedRecognizedPhrases": [], "recognizedPhrases": phrases})


def azure_iso(talk: Talk) -> bytes:
    document = json.loads(azure_batch(talk))
    for phrase in document["recognizedPhrases"]:
        del phrase["offsetInTicks"], phrase["durationInTicks"]
    return _json(document)


def azure_fast(talk: Talk) -> bytes:
    phrases = [
        {
            "channel": t.speaker,
            "offsetMilliseconds": 10 * t.start,
            "durationMilliseconds": 10 * (t.end - t.start),
            "text": t.text,
            "locale": "en-US",
            "confidence": 0.9,
        }
        for t in _azure_order(talk)
    ]
    return _json({"durationMilliseconds": 60_000, "combinedPhrases": [], "phrases": phrases})


def _google_words(t: Spoken, start: str, end: str, **speaker: Any) -> list[dict[str, Any]]:
    return [{start: f"{_s(w.start)}s", end: f"{_s(w.end)}s", "word": w.text, **speaker} for w in t.words]


def google_v2(talk: Talk) -> bytes:
    results = [
        {
            "alternatives": [
                {
                    "transcript": t.text,
                    "words": _google_words(t, "startOffset", "endOffset", speakerLabel=str(t.speaker + 1)),
                }
            ],
            "resultEndOffset": f"{_s(t.end)}s",
            "languageCode": "en-us",
        }
        for t in talk
    ]
    return _json({"results": results, "metadata": {"totalBilledDuration": "60s"}})


def google_v2_channels(talk: Talk) -> bytes:
    results = [
        {
            "alternatives": [{"transcript": t.text, "words": _google_words(t, "startOffset", "endOffset")}],
            "channelTag": t.speaker + 1,
        }
        for t in _azure_order(talk)
    ]
    return _json({"name": "o", "done": True, "response": {"results": {"gs://b/1.wav": {"inlineResult": {
        "transcript": {"results": results}}}}}})  # fmt: skip


def google_v1_diarised(talk: Talk) -> bytes:
    results = [
        {"alternatives": [{"transcript": t.text, "words": _google_words(t, "startTime", "endTime")}]} for t in talk
    ]
    words = [word for t in talk for word in _google_words(t, "startTime", "endTime", speakerTag=t.speaker + 1)]
    return _json({"results": [*results, {"alternatives": [{"words": words}]}]})


def whisperx(talk: Talk) -> bytes:
    segments = [
        {
            "start": _s(t.start),
            "end": _s(t.end),
            "text": f" {t.text}",
            "speaker": f"SPEAKER_0{t.speaker}",
            "words": [
                {
                    "word": w.text,
                    "start": _s(w.start),
                    "end": _s(w.end),
                    "score": 0.9,
                    "speaker": f"SPEAKER_0{t.speaker}",
                }
                for w in t.words
            ],
        }
        for t in talk
    ]
    return _json({"segments": segments, "word_segments": [], "language": "en"})


def whisper_one_segment(talk: Talk) -> bytes:
    """WhisperX where one segment holds everything: its words alone tell who spoke."""
    words = [word for segment in json.loads(whisperx(talk))["segments"] for word in segment["words"]]
    segment = {"start": _s(talk[0].start), "end": _s(talk[-1].end), "text": "all", "words": words}
    return _json(
        {"segments": [segment], "language": "en"} if len({t.speaker for t in talk}) > 1 else json.loads(whisperx(talk))
    )


def wtf_document(talk: Talk) -> dict[str, Any]:
    return {
        "transcript": {"text": " ".join(t.text for t in talk), "language": "en-US", "duration": 60.0},
        "segments": [
            {"id": k, "start": _s(t.start), "end": _s(t.end), "text": t.text, "confidence": 0.9, "speaker": t.speaker}
            for k, t in enumerate(talk)
        ],
        "speakers": {str(i): {"id": i, "label": name} for i, name in enumerate(NAMES)},
        "metadata": {"created_at": "2026-01-01T00:00:00Z", "provider": "x", "model": "y"},
    }


def wtf(talk: Talk) -> bytes:
    return _json(wtf_document(talk))


def _clock(hundredths: int, mark: str) -> str:
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:02}0"


def vtt(talk: Talk) -> bytes:
    cues = [f"{_clock(t.start, '.')} --> {_clock(t.end, '.')}\n<v {NAMES[t.speaker]}>{t.text}</v>\n" for t in talk]
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def srt(talk: Talk) -> bytes:
    cues = [
        f"{k}\n{_clock(t.start, ',')} --> {_clock(t.end, ',')}\n[SPEAKER_0{t.speaker}]: {t.text}\n"
        for k, t in enumerate(talk, start=1)
    ]
    return "\n".join(cues).encode()


def vcon_document(**parts: Any) -> dict[str, Any]:
    return {
        "vcon": "0.4.0",
        "uuid": "v-1",
        "created_at": "2026-01-01T00:00:00Z",
        "parties": [{"name": name} for name in NAMES],
        "dialog": [
            {"type": "recording", "start": "2026-01-01T00:00:00Z", "parties": [0, 1], "url": "https://example.com/a"}
        ],
        **parts,
    }


def _analysis(body: Any, **keys: Any) -> bytes:
    entry = {"type": "transcript", "dialog": 0, "vendor": "v", "encoding": "json", "body": body} | keys
    return _json(vcon_document(analysis=[entry]))


def vcon_text(talk: Talk) -> bytes:
    dialog = [
        {
            "type": "text",
            "start": f"2026-01-01T{_clock(t.start, '.')}Z",
            "duration": _s(t.end - t.start),
            "parties": [t.speaker, 1 - t.speaker],
            "mediatype": "text/plain",
            "encoding": "none",
            "body": t.text,
        }
        for t in talk
    ]
    return _json(vcon_document(dialog=[*vcon_document()["dialog"], *dialog[::-1]]))


def vcon_wtf(talk: Talk) -> bytes:
    return _analysis(wtf_document(talk), type="wtf_transcription")


def vcon_string(talk: Talk) -> bytes:
    return _analysis(deepgram_diarised(talk).decode(), vendor="deepgram")


def vcon_inner(talk: Talk) -> bytes:
    document = json.loads(deepgram_diarised(talk))
    return _analysis(document["results"]["channels"][0]["alternatives"][0], vendor="deepgram")


def vcon_base64(talk: Talk) -> bytes:
    body = base64.urlsafe_b64encode(vtt(talk)).decode().rstrip("=")
    return _analysis(body, encoding="base64url", mediatype="text/vtt")


WRITERS: dict[str, tuple[str, Callable[[Talk], bytes]]] = {
    "json_list": (".json", json_list),
    "text": (".txt", text),
    "csv": (".csv", csv_rows),
    "parquet": (".parquet", parquet),
    "deepgram_diarised": (".json", deepgram_diarised),
    "deepgram_channels": (".json", deepgram_channels),
    "assemblyai": (".json", assemblyai),
    "contact_lens": (".json", contact_lens),
    "call_analytics": (".json", call_analytics),
    "transcribe_speakers": (".json", transcribe_speakers),
    "transcribe_old_speakers": (".json", transcribe_old_speakers),
    "transcribe_channels": (".json", transcribe_channels),
    "azure_batch": (".json", azure_batch),
    "azure_iso": (".json", azure_iso),
    "azure_fast": (".json", azure_fast),
    "google_v2": (".json", google_v2),
    "google_v2_channels": (".json", google_v2_channels),
    "google_v1_diarised": (".json", google_v1_diarised),
    "whisperx": (".json", whisperx),
    "whisper_one_segment": (".json", whisper_one_segment),
    "wtf": (".json", wtf),
    "vtt": (".vtt", vtt),
    "srt": (".srt", srt),
    "vcon_text": (".vcon", vcon_text),
    "vcon_wtf": (".vcon", vcon_wtf),
    "vcon_string": (".json", vcon_string),
    "vcon_inner": (".json", vcon_inner),
    "vcon_base64": (".json", vcon_base64),
}
"""Every writer with the suffix of its file."""


def write(talk: Talk, name: str, folder: Path) -> Path:
    suffix, writer = WRITERS[name]
    path = folder / f"{name}{suffix}"
    path.write_bytes(writer(talk))
    return path


def read_one(path: Path, format: str | None = None) -> Call:
    """The one call of a file."""
    (call,) = read_calls(path, format=format)
    assert isinstance(call, Call), call
    return call


def read_row(document: Any, folder: Path, format: str | None = None, name: str = "1.json") -> Call | ReaderError:
    """The one row of a document written as JSON."""
    path = folder / name
    path.write_bytes(_json(document))
    (row,) = read_calls(path, format=format)
    return row


def error_of(document: Any, folder: Path, format: str | None = None) -> ReaderError:
    """The error of a document that is no call."""
    row = read_row(document, folder, format)
    assert isinstance(row, ReaderError), row
    return row


def call_of(document: Any, folder: Path, format: str | None = None) -> Call:
    """The call of a document."""
    row = read_row(document, folder, format)
    assert isinstance(row, Call), row
    return row
