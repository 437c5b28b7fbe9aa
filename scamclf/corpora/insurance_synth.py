"""Calls of members to their health insurer, LLM-written."""

from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import Call
from scamclf.corpora.dialogue import at_least_one, split_lines
from scamclf.corpora.tables import list_files, read_text

__all__ = ["read"]

FOLDERS = {"transcripts": "scr/transcripts", "simulated": "test/simulated_transcripts"}
_NOTES = ("duration", "call duration", "elapsed time")


def read(folder: Path) -> Iterator[Call]:
    """Read the calls; the folder that a call lies in is its family.

    Raises:
        DataError: there is no file, or one has no words.
    """
    for part, path_in_repository in FOLDERS.items():
        for path in list_files(folder / path_in_repository, "*.txt"):
            call_id = f"insurance_synth/{part}/{path.stem}"
            yield Call(
                call_id=call_id,
                turns=at_least_one(split_lines(read_text(path), not_speakers=_NOTES), str(path)),
                language="en",
                source="insurance_synth",
                label="legitimate",
                family=f"health_insurance_{part}",
                group=call_id,
            )
