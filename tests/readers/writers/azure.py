"""Azure Speech."""

import json

from tests.readers.writers.talk import Talk, by_speaker, seconds, to_json


def azure_batch(talk: Talk) -> bytes:
    phrases = [
        {
            "recognitionStatus": "Success",
            "channel": t.speaker,
            "offset": f"PT{seconds(t.start)}S",
            "duration": f"PT{seconds(t.end - t.start)}S",
            "offsetInTicks": 100_000.0 * t.start,
            "durationInTicks": 100_000.0 * (t.end - t.start),
            "nBest": [{"confidence": 0.9, "lexical": t.text.lower(), "display": t.text}],
        }
        for t in by_speaker(talk)
    ]
    return to_json({"source": "s", "durationInTicks": 1, "combinedRecognizedPhrases": [], "recognizedPhrases": phrases})


def azure_iso(talk: Talk) -> bytes:
    document = json.loads(azure_batch(talk))
    for phrase in document["recognizedPhrases"]:
        del phrase["offsetInTicks"], phrase["durationInTicks"]
    return to_json(document)


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
        for t in by_speaker(talk)
    ]
    return to_json({"durationMilliseconds": 60_000, "combinedPhrases": [], "phrases": phrases})
