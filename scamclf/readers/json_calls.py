"""A JSON document of canonical calls: one call, a list of calls, or an object whose `calls` is such a list."""

from collections.abc import Iterator
from typing import Any

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers.documents import call_from_row

__all__ = ["calls"]


def calls(document: Any, where: str) -> Iterator[Call | ReaderError]:
    """Every call of the document, in order."""
    found = document
    if isinstance(document, dict) and "call_id" not in document and isinstance(document.get("calls"), list):
        found = document["calls"]
    if not isinstance(found, list):
        yield call_from_row(found, where)
        return
    for i, row in enumerate(found):
        yield call_from_row(row, f"{where}[{i}]")
