"""A plain text file is one call: its name is the id, its lines are the turns."""

from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import MAX_TURN_CHARS, Call, call_from_dict
from scamclf.errors import ReaderError
from scamclf.readers.documents import legal_text

__all__ = ["read"]


def read(path: Path) -> Iterator[Call | ReaderError]:
    """Read one call; where most lines begin with `Name: `, that is the speaker."""
    call_id = legal_text(path.stem)
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_TURN_CHARS + 1)
        yield call_from_dict({"call_id": call_id, "text": text})
    except UnicodeDecodeError as error:
        yield ReaderError("bad_encoding", f"{path}: not UTF-8 ({error.reason})", call_id=call_id)
    except ReaderError as error:
        yield ReaderError(error.code, f"{path}: {error}", call_id=call_id)
