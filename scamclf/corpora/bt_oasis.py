"""BT Oasis: real telephone calls to British Telecom's service desks, manual transcripts in NITE XML."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from scamclf.calls import Call, Turn
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import list_files, look_up
from scamclf.errors import DataError

__all__ = ["TEST_PREFIX", "read"]

ARCHIVE = "oasis_archive"
TEST_PREFIX = "le"
"""Test selector: dialogues whose id begins so are test data for good."""

_NITE = "{http://nite.sourceforge.net/}"
_LINK = re.compile(r"#id\(([^)]+)\)(?:\.\.id\(([^)]+)\))?")
_SIDES = ("a", "b")
_SPOKEN = ("word", "partword", "phonword")
_REDACTED = {"num": "[number]", "stdzcode": "[name]", "pncode": "[name]"}
_SILENT = ("bcanchor", "comment", "gap", "noi", "sil")


def read(folder: Path) -> Iterator[Call | LeftOut]:
    """Read the dialogues from the annotation files, not from the repository's text, which repeats spans.

    Redacted numbers and names become `[number]` and `[name]`, a run of either one mark. A dialogue without a
    word is no call.

    Raises:
        DataError: a file is missing or no XML, an element is unknown, or a link leads nowhere.
    """
    for path in list_files(folder / ARCHIVE, "*.ldial.xml"):
        dialogue = path.name.removesuffix(".ldial.xml")
        call_id = f"bt_oasis/{dialogue}"
        turns = tuple(_read_turns(path, dialogue))
        if not turns:
            yield LeftOut("bt_oasis", "no words")
            continue
        yield Call(
            call_id=call_id,
            turns=turns,
            language="en",
            source="bt_oasis",
            label="legitimate",
            family="telecom_service",
            group=call_id,
            meta={"role": "report"} if dialogue.startswith(TEST_PREFIX) else {},
        )


def _read_turns(path: Path, dialogue: str) -> Iterator[Turn]:
    turns: dict[str, tuple[str, list[str]]] = {}
    for side in _SIDES:
        turns |= {
            turn_id: (side, words) for turn_id, words in _words_by_turn(path.with_name(f"{dialogue}.{side}.lturn.xml"))
        }
    for link in _parse(path).iter(f"{_NITE}child"):
        href = link.get("href", "")
        # Side x is neither speaker (noises on the line); the archive has no files for it.
        if href.startswith(f"{dialogue}.x."):
            continue
        for turn_id, _ in _link_ends(href, path):
            side, words = look_up(turns, turn_id, str(path), "turn")
            if words:
                yield Turn(text=" ".join(words), speaker=side)


def _words_by_turn(path: Path) -> Iterator[tuple[str, list[str]]]:
    units = list(_parse(path.with_name(path.name.replace(".lturn.", ".unit."))))
    positions = {unit.get("id", ""): position for position, unit in enumerate(units)}
    used: set[int] = set()
    for turn in _parse(path).iter("lturn"):
        spoken: list[int] = []
        for link in turn.iter(f"{_NITE}child"):
            for first, last in _link_ends(link.get("href", ""), path):
                start = look_up(positions, first, str(path), "unit")
                end = look_up(positions, last, str(path), "unit")
                spoken += [position for position in range(start, end + 1) if position not in used]
                used.update(spoken)
        yield turn.get("id", ""), _collapse([_word(units[position], path) for position in spoken])


def _link_ends(href: str, path: Path) -> list[tuple[str, str]]:
    """First and last id of every span in a link: `x.xml#id(1)`, `x.xml#id(1)..id(4)`, or several of them."""
    ends = [(first, last or first) for first, last in _LINK.findall(href)]
    if not ends:
        raise DataError(f"{path}: link {href!r}; wanted FILE#id(ID) or FILE#id(ID)..id(ID)")
    return ends


def _word(unit: ET.Element, path: Path) -> str:
    if unit.tag in _SPOKEN:
        return (unit.text or "").strip()
    if unit.tag in _SILENT:
        return ""
    return look_up(_REDACTED, unit.tag, f"{path}, unit {unit.get('id')}", "element")


def _collapse(words: list[str]) -> list[str]:
    """Drop what is silent, and leave one mark of a run: a number read out is one mark a digit."""
    runs = ((word, list(run)) for word, run in groupby(filter(None, words)))
    return [word for key, run in runs for word in ([key] if key in _REDACTED.values() else run)]


def _parse(path: Path) -> ET.Element:
    try:
        return ET.parse(path).getroot()  # noqa: S314 (files of the user's own, as for every corpus)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; wanted the five files of every dialogue") from error
    except ET.ParseError as error:
        raise DataError(f"{path}: no XML ({error}); wanted the file as its authors published it") from error
