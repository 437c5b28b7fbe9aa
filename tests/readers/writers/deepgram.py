"""Deepgram."""

from collections.abc import Sequence
from typing import Any

from tests.readers.writers.talk import Talk, Word, seconds, to_json


def deepgram_diarised(talk: Talk) -> bytes:
    return to_json(deepgram_document([("speaker", talk)]))


def deepgram_channels(talk: Talk) -> bytes:
    return to_json(deepgram_document([("", [t for t in talk if t.speaker == i]) for i in (0, 1)]))


def deepgram_document(channels: Sequence[tuple[str, Talk]]) -> dict[str, Any]:
    def word(w: Word, speaker: int, key: str) -> dict[str, Any]:
        bare = w.text.strip(",.?").lower() or w.text
        found = {
            "word": bare,
            "punctuated_word": w.text,
            "start": seconds(w.start),
            "end": seconds(w.end),
            "confidence": 0.9,
        }
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
