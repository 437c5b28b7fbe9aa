"""Whisper, WhisperX and the World Transcription Format."""

import json
from typing import Any

from tests.readers.writers.talk import NAMES, Talk, seconds, to_json


def whisperx(talk: Talk) -> bytes:
    segments = [
        {
            "start": seconds(t.start),
            "end": seconds(t.end),
            "text": f" {t.text}",
            "speaker": f"SPEAKER_0{t.speaker}",
            "words": [
                {
                    "word": w.text,
                    "start": seconds(w.start),
                    "end": seconds(w.end),
                    "score": 0.9,
                    "speaker": f"SPEAKER_0{t.speaker}",
                }
                for w in t.words
            ],
        }
        for t in talk
    ]
    return to_json({"segments": segments, "word_segments": [], "language": "en"})


def whisper_one_segment(talk: Talk) -> bytes:
    """WhisperX where one segment holds everything: its words alone tell who spoke."""
    words = [word for segment in json.loads(whisperx(talk))["segments"] for word in segment["words"]]
    segment = {"start": seconds(talk[0].start), "end": seconds(talk[-1].end), "text": "all", "words": words}
    return to_json(
        {"segments": [segment], "language": "en"} if len({t.speaker for t in talk}) > 1 else json.loads(whisperx(talk))
    )


def wtf_document(talk: Talk) -> dict[str, Any]:
    return {
        "transcript": {"text": " ".join(t.text for t in talk), "language": "en-US", "duration": 60.0},
        "segments": [
            {
                "id": k,
                "start": seconds(t.start),
                "end": seconds(t.end),
                "text": t.text,
                "confidence": 0.9,
                "speaker": t.speaker,
            }
            for k, t in enumerate(talk)
        ],
        "speakers": {str(i): {"id": i, "label": name} for i, name in enumerate(NAMES)},
        "metadata": {"created_at": "2026-01-01T00:00:00Z", "provider": "x", "model": "y"},
    }


def wtf(talk: Talk) -> bytes:
    return to_json(wtf_document(talk))
