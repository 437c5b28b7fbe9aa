"""ABCD: typed chats of a shop's customers with its agents, who verify identities and give refunds by the rules."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scamclf.calls import Call, Turn
from scamclf.corpora.tables import need
from scamclf.errors import DataError

__all__ = ["FILE", "MAX_BYTES", "read"]

FILE = "data/abcd_v1.1.json.gz"
MAX_BYTES = 1 << 30
"""Most that the file may unpack to: over six times what the published one does."""

_SPLITS = ("train", "dev", "test")
_SAID_BY = ("agent", "customer")
"""The third speaker is "action": what the agent's buttons reported, which nobody says."""


def read(folder: Path) -> Iterator[Call]:
    """Read the chats as they were typed; the flow (the kind of request) is the family.

    A chat in which nothing is said is no call.

    Raises:
        DataError: the file or a key is missing, it is no gzipped JSON, or unpacks to more than `MAX_BYTES`.
    """
    path = folder / FILE
    document = _read_gzipped_json(path)
    for split in _SPLITS:
        for number, chat in enumerate(need(document, split, list, str(path))):
            where = f"{path}, {split}, row {number}"
            turns = tuple(_turns(need(chat, "original", list, where), where))
            if not turns:
                continue
            call_id = f"abcd/{split}/{need(chat, 'convo_id', int, where)}"
            yield Call(
                call_id=call_id,
                turns=turns,
                language="en",
                source="abcd",
                label="legitimate",
                family=need(need(chat, "scenario", dict, where), "flow", str, where),
                group=call_id,
            )


def _turns(said: list[Any], where: str) -> Iterator[Turn]:
    for turn in said:
        match turn:
            case [str(speaker), str(text)]:
                if speaker in _SAID_BY and text.strip():
                    yield Turn(text=text.strip(), speaker=speaker)
            case _:
                raise DataError(f"{where}: found a turn that is no pair; wanted [speaker, text]")


def _read_gzipped_json(path: Path) -> Any:
    try:
        with gzip.open(path) as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; wanted the corpus as its authors published it") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: no whole gzip file ({error}); wanted the file as its authors published it") from error
    if len(content) > MAX_BYTES:
        raise DataError(f"{path}: unpacks to more than {MAX_BYTES:,} bytes; wanted the published file")
    try:
        return json.loads(content)
    except ValueError as error:
        raise DataError(f"{path}: no JSON inside ({error}); wanted one document") from error
