"""Google Speech-to-Text."""

from typing import Any

from tests.readers.writers.talk import Spoken, Talk, by_speaker, seconds, to_json


def _google_words(t: Spoken, start: str, end: str, **speaker: Any) -> list[dict[str, Any]]:
    return [{start: f"{seconds(w.start)}s", end: f"{seconds(w.end)}s", "word": w.text, **speaker} for w in t.words]


def google_v2(talk: Talk) -> bytes:
    results = [
        {
            "alternatives": [
                {
                    "transcript": t.text,
                    "words": _google_words(t, "startOffset", "endOffset", speakerLabel=str(t.speaker + 1)),
                }
            ],
            "resultEndOffset": f"{seconds(t.end)}s",
            "languageCode": "en-us",
        }
        for t in talk
    ]
    return to_json({"results": results, "metadata": {"totalBilledDuration": "60s"}})


def google_v2_channels(talk: Talk) -> bytes:
    results = [
        {
            "alternatives": [{"transcript": t.text, "words": _google_words(t, "startOffset", "endOffset")}],
            "channelTag": t.speaker + 1,
        }
        for t in by_speaker(talk)
    ]
    return to_json({"name": "o", "done": True, "response": {"results": {"gs://b/1.wav": {"inlineResult": {
        "transcript": {"results": results}}}}}})  # fmt: skip


def google_v1_diarised(talk: Talk) -> bytes:
    results = [
        {"alternatives": [{"transcript": t.text, "words": _google_words(t, "startTime", "endTime")}]} for t in talk
    ]
    words = [word for t in talk for word in _google_words(t, "startTime", "endTime", speakerTag=t.speaker + 1)]
    return to_json({"results": [*results, {"alternatives": [{"words": words}]}]})
