"""The parsers of the vendors' JSON by format name: the one table that files and vCons share."""

from collections.abc import Callable, Mapping
from typing import Any

from scamclf.readers import (
    amazon_calls,
    amazon_transcribe,
    assemblyai,
    azure_speech,
    deepgram,
    google_speech,
    whisper,
    wtf,
)
from scamclf.readers.documents import Transcript

__all__ = ["PARSERS"]

PARSERS: Mapping[str, Callable[[Any], Transcript]] = {
    "amazon_contact_lens": amazon_calls.parse,
    "amazon_call_analytics": amazon_calls.parse,
    "amazon_transcribe": amazon_transcribe.parse,
    "assemblyai": assemblyai.parse,
    "azure_speech": azure_speech.parse,
    "deepgram": deepgram.parse,
    "google_speech": google_speech.parse,
    "whisper": whisper.parse,
    "wtf": wtf.parse,
}
