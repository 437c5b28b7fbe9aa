"""vCon, whose transcripts may be of any other format."""

import base64
import json
from typing import Any

from tests.readers.writers.cues import clock, vtt
from tests.readers.writers.deepgram import deepgram_diarised
from tests.readers.writers.talk import NAMES, Talk, seconds, to_json
from tests.readers.writers.whisper import wtf_document


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
    return to_json(vcon_document(analysis=[entry]))


def vcon_text(talk: Talk) -> bytes:
    dialog = [
        {
            "type": "text",
            "start": f"2026-01-01T{clock(t.start, '.')}Z",
            "duration": seconds(t.end - t.start),
            "parties": [t.speaker, 1 - t.speaker],
            "mediatype": "text/plain",
            "encoding": "none",
            "body": t.text,
        }
        for t in talk
    ]
    return to_json(vcon_document(dialog=[*vcon_document()["dialog"], *dialog[::-1]]))


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
