"""AssemblyAI."""

from tests.readers.writers.talk import Talk, to_json


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
    return to_json(
        {"id": "a-1", "status": "completed", "language_code": "en_us", "words": words, "utterances": utterances}
    )
