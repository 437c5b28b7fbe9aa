"""A JSON document of canonical calls: one call, a list of calls, or an object whose `calls` is such a list."""

from collections.abc import Iterator
from typing import Any

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers.documents import call_from_row, named_columns

__all__ = ["calls"]


def calls(
    document: Any, where: str, *, id_column: str = "call_id", text_column: str = "text"
) -> Iterator[Call | ReaderError]:
    """Every call of the document, in order; its keys as those of JSONL."""
    found = document
    if isinstance(document, dict) and "call_id" not in document and isinstance(document.get("calls"), list):
        found = document["calls"]
    if not isinstance(found, list):
        yield call_from_row(named_columns(found, id_column, text_column), where)
        return
    for i, row in enumerate(found):
        yield call_from_row(named_columns(row, id_column, text_column), f"{where}[{i}]")
