"""A plain text file is one call, its lines are the turns."""

from collections.abc import Iterator
from pathlib import Path

from scamclf.calls import MAX_CALL_CHARS, Call, call_from_dict
from scamclf.errors import ReaderError

__all__ = ["read"]


def read(path: Path, *, name: str) -> Iterator[Call | ReaderError]:
    """Read one call with the id `name`; where most lines begin with `Name: `, that is the speaker."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_CALL_CHARS + 1)
        yield call_from_dict({"call_id": name, "text": text})
    except UnicodeDecodeError as error:
        yield ReaderError("bad_encoding", f"{path}: not UTF-8 ({error.reason})", call_id=name)
    except ReaderError as error:
        yield ReaderError(error.code, f"{path}: {error}", call_id=name)
