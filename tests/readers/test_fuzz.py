"""Whatever the bytes, a reader yields calls and ReaderErrors, or raises a ReaderError: nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scamclf.calls import Call
from scamclf.errors import ReaderError
from scamclf.readers import FORMATS, read_calls, sniff
from scamclf.readers.inspect import inspect_file
from scamclf.render import render
from tests.readers.writers import WRITERS
from tests.readers.writers.plain import jsonl
from tests.readers.writers.talk import Spoken, Word

TALK = [Spoken(0, (Word("hello,", 10, 50), Word("there", 60, 90))), Spoken(1, (Word("yes", 110, 150),))]
FILES = {name: writer(TALK) for name, (_, writer) in WRITERS.items()}
DOCUMENTS = {name: json.loads(data) for name, data in FILES.items() if WRITERS[name][0] in (".json", ".vcon")}
FIXTURES = Path(__file__).parent / "fixtures"
FILES["jsonl"] = jsonl(TALK)
SUFFIXES = {name: suffix for name, (suffix, _) in WRITERS.items()} | {"jsonl": ".jsonl"}
DOCUMENTS |= {path.stem: json.loads(path.read_bytes()) for path in sorted(FIXTURES.iterdir()) if path.suffix == ".json"}

_DEEP: Any = 0
for _ in range(300):
    _DEEP = [_DEEP]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        [
            10**400,
            -1,
            0,
            "",
            "nan",
            "1e999",
            "-0",
            "PT1S",
            "2s",
            "\ud800",
            [],
            {},
            [[]],
            [{}],
            [None],
            _DEEP,
            "x" * 1_100_000,
        ]
    ),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)
ROWS = VALUES | st.lists(
    st.dictionaries(st.sampled_from(["text", "speaker", "start_s"]), VALUES, max_size=3), max_size=3
)
quick = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("fuzz")


def read_all(path: Path, format: str | None = None) -> None:
    """Read a file and check that every row is fit for what comes next."""
    try:
        rows = list(read_calls(path, format=format))
    except ReaderError:
        return
    for row in rows:
        if isinstance(row, ReaderError):
            assert row.code
            assert len(str(row)) < 2000
            continue
        assert isinstance(row, Call)
        render(row).encode()
        row.call_id.encode()
        for turn in row.turns:
            assert turn.text.strip()
            assert turn.start_s is None or turn.start_s >= 0
            assert turn.confidence is None or 0 <= turn.confidence <= 1
            assert turn.end_s is None or turn.start_s is None or turn.end_s >= turn.start_s


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with a key in it."""
    found, todo = [], [document]
    while todo:
        at = todo.pop()
        keys = at.keys() if isinstance(at, dict) else range(len(at))
        for key in keys:
            found.append((at, key))
            if isinstance(at[key], dict | list):
                todo.append(at[key])
    return found


@quick
@given(data=st.data())
def test_a_changed_document_is_calls_or_errors(folder: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    document = json.loads(json.dumps(DOCUMENTS[name]))
    for _ in range(data.draw(st.integers(1, 3))):
        if not (found := places(document)):
            break
        at, key = data.draw(st.sampled_from(found))
        if data.draw(st.booleans()):
            at[key] = json.loads(json.dumps(data.draw(VALUES)))
        elif isinstance(at, dict):
            at[data.draw(st.sampled_from(["x", "words", "results", "status", "segments"]))] = at.pop(key)
        else:
            del at[key]
    path = folder / "1.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    read_all(path)
    read_all(path, data.draw(st.sampled_from(sorted(FORMATS))))


@quick
@given(data=st.data())
def test_changed_bytes_are_calls_or_errors(folder: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    found = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(0, 4))):
        i = data.draw(st.integers(0, len(found) - 1))
        found[i : i + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
        found = found or bytearray(b"x")
    path = folder / f"1{SUFFIXES[name]}"
    path.write_bytes(bytes(found[: data.draw(st.integers(0, len(found)))]))
    read_all(path)


@quick
@given(data=st.data())
def test_values_that_changed_places_are_calls_or_errors(folder: Path, data: st.DataObject) -> None:
    document = json.loads(json.dumps(DOCUMENTS[data.draw(st.sampled_from(sorted(DOCUMENTS)))]))
    found = places(document)
    (a, i), (b, j) = data.draw(st.sampled_from(found)), data.draw(st.sampled_from(found))
    # Copies: a value may lie within the other.
    a[i], b[j] = json.loads(json.dumps([b[j], a[i]]))
    path = folder / "1.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    read_all(path)


@quick
@given(data=st.data())
def test_a_key_that_is_there_twice_is_calls_or_errors(folder: Path, data: st.DataObject) -> None:
    text = json.dumps(DOCUMENTS[data.draw(st.sampled_from(sorted(DOCUMENTS)))])
    pairs = [(match.start(), match[0]) for match in re.finditer(r'"\w+": (?:"[^"]*"|[\d.]+)', text)]
    at, pair = data.draw(st.sampled_from(pairs))
    value = json.dumps(data.draw(VALUES))
    again = pair.partition(":")[0] + ": " + value
    path = folder / "1.json"
    path.write_text(
        text[:at] + (f"{again}, {pair}" if data.draw(st.booleans()) else f"{pair}, {again}") + text[at + len(pair) :]
    )
    read_all(path)


@quick
@given(
    rows=st.lists(st.dictionaries(st.sampled_from(["call_id", "text", "turns", "label"]), ROWS, max_size=4), max_size=4)
)
def test_canonical_rows_of_any_values_are_each_a_call_or_an_error(folder: Path, rows: list[dict[str, Any]]) -> None:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    read_all(path)
    assert len(list(read_calls(path))) == len(rows)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_text_of_ten_megabytes_anywhere_is_calls_or_errors(name: str, folder: Path) -> None:
    long = "x" * 10_000_000
    found = [i for i, (at, key) in enumerate(places(DOCUMENTS[name])) if isinstance(at[key], str)]
    document = json.loads(json.dumps(DOCUMENTS[name]))
    at, key = places(document)[found[len(found) // 2]]
    at[key] = long
    path = folder / "1.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    read_all(path)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_cut_off_within_a_character_is_calls_or_errors(name: str, folder: Path) -> None:
    path = folder / f"1{SUFFIXES[name]}"
    for cut in (b"\xc3", b"\xf0\x9f\x98", b"\xff", b"\xed\xa0\x80"):
        at = len(FILES[name]) // 2
        for content in (FILES[name][:at] + cut, FILES[name] + cut, FILES[name][:at] + cut + FILES[name][at:]):
            path.write_bytes(content)
            read_all(path)


def test_many_channels_are_an_error_and_take_no_time(folder: Path) -> None:
    channel = {"alternatives": [{"words": [{"word": "a", "start": 0, "end": 1}]}]}
    path = folder / "1.json"
    path.write_text(json.dumps({"results": {"channels": [channel] * 20_000}}), encoding="utf-8")
    (row,) = read_calls(path)
    assert isinstance(row, ReaderError)
    assert row.code == "bad_shape"


@quick
@given(
    data=st.binary(max_size=300),
    format=st.sampled_from([None, *FORMATS]),
    suffix=st.sampled_from([".json", ".txt", ""]),
)
def test_any_bytes_in_any_format_are_calls_or_errors(
    folder: Path, data: bytes, format: str | None, suffix: str
) -> None:
    path = folder / f"any{suffix}"
    path.write_bytes(data)
    read_all(path, format)


@quick
@given(
    value=st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_json_in_any_format_is_calls_or_errors(folder: Path, value: Any) -> None:
    path = folder / "any.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    for format in FORMATS:
        read_all(path, format)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nan_in_place_of_every_value_is_calls_or_errors(name: str, folder: Path) -> None:
    for i in range(len(places(DOCUMENTS[name]))):
        for value in (float("nan"), "x", None, []):
            document = json.loads(json.dumps(DOCUMENTS[name]))
            at, key = places(document)[i]
            at[key] = value
            path = folder / "1.json"
            path.write_text(json.dumps(document), encoding="utf-8")
            read_all(path)


@pytest.mark.parametrize("depth", [100, 900, 990, 2000, 50_000])
@pytest.mark.parametrize("name", ["deepgram_diarised", "vcon_wtf", "contact_lens", "whisperx"])
def test_deep_nesting_anywhere_is_calls_or_errors(name: str, depth: int, folder: Path) -> None:
    text = json.dumps(DOCUMENTS[name]).replace('"en"', "[" * depth + "]" * depth)
    text = text.replace('"yes"', "[" * depth + "]" * depth)
    path = folder / "1.json"
    path.write_text(text, encoding="utf-8")
    read_all(path)


def test_what_can_be_read_can_be_inspected(folder: Path) -> None:
    for name, (suffix, _) in WRITERS.items():
        path = folder / f"{name}{suffix}"
        path.write_bytes(FILES[name])
        assert inspect_file(path).format == sniff(path)


SECRET = [
    Spoken(0, (Word("your", 10, 20), Word("sort", 20, 30), Word("code", 30, 40))),
    Spoken(1, (Word("twenty", 60, 70), Word("60161331926819", 70, 90))),
]
SECRETS = {name: (suffix, writer(SECRET)) for name, (suffix, writer) in WRITERS.items()}
SECRETS |= {
    "jsonl": (".jsonl", jsonl(SECRET)),
    "csv without header": (".csv", b"1,your sort code,twenty 60161331926819\n"),
    "csv of another label": (".csv", b"call_id,text,label\n1,hello,your sort code 60161331926819\n"),
    "number as label": (".csv", b"call_id,text,label\n1,hello,60161331926819\n"),
    "arrow": (".srt", b"1\n00:00:01,000 --> your sort code 60161331926819\nhello\n"),
}


@pytest.mark.parametrize("kind", SECRETS)
@given(cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.binary(max_size=3)), max_size=3))
@quick
def test_no_error_says_what_was_said(kind: str, cuts: list[tuple[float, int, bytes]], folder: Path) -> None:
    suffix, data = SECRETS[kind]
    for where, length, instead in cuts:
        at = int(where * len(data))
        data = data[:at] + instead + data[at + length :]
    path = folder / f"secret{suffix}"
    path.write_bytes(data)

    try:
        errors = [row for row in read_calls(path) if isinstance(row, ReaderError)]
    except ReaderError as error:
        errors = [error]
    # A broken file may put words where the id is: an id is told.
    messages = [str(error).replace(repr(error.call_id), "") for error in errors]
    said = [message for message in messages if re.search("sort code|60161331926819|601613", message)]

    assert not said
