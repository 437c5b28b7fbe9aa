import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scamclf.errors import ReaderError
from scamclf.readers import read_calls
from scamclf.render import render

LINES = st.lists(
    st.text("abcdefgh ',.!?-", min_size=1, max_size=60).map(str.strip).filter(bool), min_size=1, max_size=12
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, named=st.booleans())
def test_the_same_call_gives_the_same_text_and_score_whatever_it_is_written_in(tmp_path, scorer, lines, named):
    speakers = ["Agent" if i % 2 else "Caller" for i in range(len(lines))]
    named = named and len(lines) > 1
    text = "\n".join(f"{speaker}: {line}" if named else line for speaker, line in zip(speakers, lines, strict=True))
    turns = [{"speaker": speaker, "text": line} for speaker, line in zip(speakers, lines, strict=True)]
    table = io.StringIO(newline="")
    csv.writer(table).writerows([["call_id", "text"], ["1", text]])
    (tmp_path / "turns.jsonl").write_text(json.dumps({"call_id": "1", "turns": turns}))
    (tmp_path / "text.jsonl").write_text(json.dumps({"call_id": "1", "text": text}))
    (tmp_path / "1.txt").write_text(text)
    (tmp_path / "calls.csv").write_bytes(table.getvalue().encode())
    pq.write_table(pa.Table.from_pylist([{"call_id": "1", "turns": turns}]), tmp_path / "turns.parquet")
    pq.write_table(pa.Table.from_pylist([{"call_id": "1", "text": text}]), tmp_path / "text.parquet")

    calls = list(read_calls(tmp_path))

    assert {call.call_id for call in calls} == {"1"}
    assert [render(call) for call in calls] == ["\n".join(lines)] * 6
    first, *others = (prediction.logit_scam for prediction in scorer.score(calls))
    assert others == pytest.approx([first] * 5, abs=1e-4)


def test_a_folder_is_read_in_order_of_names_with_its_subfolders(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / ".b").mkdir()
    for name in ("c.txt", "a.txt", "b/z.txt", "b/.hidden.txt", ".b/x.txt", "b/notes.doc"):
        (tmp_path / name).write_text("hello")

    assert [call.call_id for call in read_calls(tmp_path)] == ["a", "b/z", "c"]


def test_a_suffix_in_capitals_is_the_same(tmp_path):
    (tmp_path / "A.TXT").write_text("hello")

    assert [call.call_id for call in read_calls(tmp_path)] == ["A"]


def test_an_unknown_format_is_refused_with_those_that_are_known(tmp_path):
    with pytest.raises(ReaderError, match=r"format is 'xml'; wanted one of jsonl, .*csv, parquet, text") as caught:
        read_calls(tmp_path, format="xml")

    assert caught.value.code == "unknown_format"


def test_a_file_whose_format_cannot_be_told_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "calls.doc").write_text("hello")

    with pytest.raises(ReaderError, match=r"calls.doc: .*'.doc'.*; use --format jsonl\|"):
        read_calls(tmp_path / "calls.doc")


def test_a_path_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ReaderError, match="nowhere: no such file or folder") as caught:
        read_calls(tmp_path / "nowhere")

    assert caught.value.code == "no_input"


@pytest.mark.parametrize("name", [None, "notes.doc", ".hidden.jsonl"])
def test_a_folder_with_nothing_to_read_is_refused_with_what_would_be_read(tmp_path, name):
    if name:
        (tmp_path / name).write_text("hello")

    with pytest.raises(ReaderError, match=r"no file that ends in .*\.jsonl") as caught:
        read_calls(tmp_path)

    assert caught.value.code == "no_input"
