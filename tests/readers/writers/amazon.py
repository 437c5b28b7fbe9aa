"""Amazon Transcribe, its call analytics and Contact Lens."""

from typing import Any

from tests.readers.writers.talk import NAMES, Talk, seconds, to_json


def contact_lens(talk: Talk) -> bytes:
    ids = ("p-agent", "p-customer")
    return to_json(
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
    return to_json(
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
                    "start_time": f"{seconds(w.start)}",
                    "end_time": f"{seconds(w.end)}",
                    "alternatives": [{"confidence": "0.9", "content": bare}],
                }
                | label
            )
            if bare != w.text:
                mark = {"confidence": "0.0", "content": w.text[len(bare) :]}
                items.append({"type": "punctuation", "alternatives": [mark]} | label)
    return items


def _amazon(results: dict[str, Any]) -> bytes:
    return to_json({"jobName": "j-1", "accountId": "1", "status": "COMPLETED", "results": results})


def transcribe_speakers(talk: Talk) -> bytes:
    return _amazon({"transcripts": [], "items": _amazon_items(talk, speaker_label="spk_{}")})


def transcribe_old_speakers(talk: Talk) -> bytes:
    segments = [
        {
            "speaker_label": f"spk_{t.speaker}",
            "start_time": f"{seconds(t.start)}",
            "end_time": f"{seconds(t.end)}",
            "items": [
                {
                    "speaker_label": f"spk_{t.speaker}",
                    "start_time": f"{seconds(w.start)}",
                    "end_time": f"{seconds(w.end)}",
                }
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
