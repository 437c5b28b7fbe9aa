"""Tell a JSON document's format by its keys."""

from collections.abc import Mapping
from typing import Any

__all__ = ["identify", "unwrap"]


def identify(document: Any) -> str | None:
    """Name the format of a parsed JSON document.

    Returns:
        A key of `scamclf.readers.FORMATS`, or None where the keys fit none.
    """
    if isinstance(document, list):
        first = next((item for item in document if isinstance(item, Mapping)), {})
        if "call_id" in first:
            return "json"
        return "whisper" if {"start", "end", "text"} <= set(first) else None
    if not isinstance(document, Mapping):
        return None
    keys = set(document)
    if "vcon" in keys or "ciphertext" in keys or ("payload" in keys and {"signatures", "signature"} & keys):
        return "vcon"
    if "call_id" in keys or isinstance(document.get("calls"), list):
        return "json"
    if isinstance(document.get("transcript"), Mapping) and "segments" in keys:
        return "wtf"
    return _amazon_calls(document) or _results(document) or _by_keys(keys)


def _amazon_calls(document: Mapping[str, Any]) -> str | None:
    turns = document.get("Transcript")
    if not isinstance(turns, list):
        return None
    by_id = any(isinstance(turn, Mapping) and "ParticipantId" in turn for turn in turns)
    return "amazon_contact_lens" if by_id or "CustomerMetadata" in document else "amazon_call_analytics"


def _results(document: Mapping[str, Any]) -> str | None:
    """The formats whose words lie under `results`."""
    response = document.get("response")
    if isinstance(response, Mapping) and "results" in response:
        return "google_speech"
    results = document.get("results")
    if isinstance(results, list):
        return "google_speech"
    if not isinstance(results, Mapping):
        return None
    if {"channels", "utterances"} & set(results):
        return "deepgram"
    if {"items", "transcripts", "audio_segments", "channel_labels", "speaker_labels"} & set(results):
        return "amazon_transcribe"
    return "google_speech" if all(isinstance(value, Mapping) for value in results.values()) else None


def _by_keys(keys: set[str]) -> str | None:
    if {"recognizedPhrases", "phrases", "combinedPhrases", "combinedRecognizedPhrases"} & keys:
        return "azure_speech"
    if {"id", "status"} <= keys and {"audio_url", "utterances", "words", "language_code"} & keys:
        return "assemblyai"
    if "utterances" in keys:
        return "assemblyai"
    if "segments" in keys or ("text" in keys and {"words", "task", "usage"} & keys):
        return "whisper"
    return None


def unwrap(body: Any, vendor: str) -> Any:
    """Put an inner part of a provider's document back under the keys that it was taken from.

    Args:
        body: what stands in a vCon: a whole document or, often, only its inner part.
        vendor: the vCon's `vendor`, in lower case: a bare list of utterances does not tell the unit of its times.

    Returns:
        A document that `identify` knows, or the body as it is.
    """
    if isinstance(body, list):
        return _unwrap_list(body, vendor)
    if not isinstance(body, Mapping) or identify(body) is not None:
        return body
    if "alternatives" in body:
        return {"results": {"channels": [body]}}
    if isinstance(body.get("channels"), list):
        return {"results": body}
    if {"items", "transcripts"} & set(body):
        return {"results": body}
    if isinstance(body.get("transcript"), str):
        return {"results": {"channels": [{"alternatives": [body]}]}}
    if "assembly" in vendor and {"text", "words"} & set(body):
        return {**body, "utterances": body.get("utterances")}
    if isinstance(body.get("text"), str):
        return {**body, "segments": body.get("segments")}
    return body


def _unwrap_list(body: list[Any], vendor: str) -> Any:
    first = next((item for item in body if isinstance(item, Mapping)), {})
    keys = set(first)
    if "alternatives" in keys:
        alternatives = first["alternatives"]
        inner = alternatives[0] if isinstance(alternatives, list) and alternatives else {}
        amazon = isinstance(inner, Mapping) and "content" in inner
        return {"results": {"items": body}} if amazon else {"results": body}
    if {"BeginOffsetMillis", "Content"} & keys:
        return {"Transcript": body}
    if "nBest" in keys:
        return {"recognizedPhrases": body}
    if {"offsetMilliseconds", "durationMilliseconds"} & keys:
        return {"phrases": body}
    if "transcript" in keys and {"start", "channel", "words"} & keys:
        return {"results": {"channels": [], "utterances": body}}
    if "word" in keys:
        return {"results": {"channels": [{"alternatives": [{"words": body}]}]}}
    if "text" in keys:
        return {"utterances": body} if "assembly" in vendor else {"segments": body}
    return body
