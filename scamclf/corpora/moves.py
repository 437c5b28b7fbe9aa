"""The authored moves: the moment of a scam that matters, and an honest piece about the same thing (data/README.md).

A whole pair teaches one decision with hundreds of words; a move teaches one with some seventy.
"""

from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import Call
from scamclf.corpora import pairs

__all__ = ["STYLES", "read"]

STYLES = ("captions", "diarised", "asr", "contact_centre", "recorded")


def read(folder: Path) -> Iterator[Call]:
    """Read every `*.jsonl` file.

    Args:
        folder: usually `scamclf.resources.resource("data/moves")`.

    Yields:
        Pieces of calls, `group` set to the move, with `style`, `about` and `whole` in `meta`: cut shorter, a piece may
        be without what it is there for.

    Raises:
        DataError: a line is no call, a field is missing, or a move is not one scam and one legitimate piece.
    """
    for row, where in pairs.read_twins(folder, {"style": STYLES}, ("style", "about")):
        meta = {"style": row["style"], "about": row["about"], "whole": True}
        yield pairs.make_call({**row, "source": "moves", "group": f"move:{row['pair_id']}", "meta": meta}, where)
