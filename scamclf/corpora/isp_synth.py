"""Calls to an internet provider's service desk, LLM-written: outages, bills and upgrades."""

from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import Call
from scamclf.corpora.dialogue import at_least_one, split_lines
from scamclf.corpora.tables import list_files, read_text

__all__ = ["read"]

FOLDER = "transcript_factory/transcripts"
_END_MARKS = ("END OF CALL", "End of transcript")


def read(folder: Path) -> Iterator[Call]:
    """Read the calls; the folder that a call lies in is its family.

    Raises:
        DataError: there is no file, or one has no words.
    """
    for path in list_files(folder / FOLDER, "*/*.txt"):
        lines = [line for line in read_text(path).splitlines() if line.strip() not in _END_MARKS]
        call_id = f"isp_synth/{path.stem}"
        yield Call(
            call_id=call_id,
            turns=at_least_one(split_lines("\n".join(lines)), str(path)),
            language="en",
            source="isp_synth",
            label="legitimate",
            family=path.parent.name,
            group=call_id,
        )
