from itertools import islice

import pytest

from scamclf.calls import Call
from scamclf.corpora.bothbosu import SYNTHETIC, YOUTUBE, YOUTUBE_SOURCE, read
from scamclf.corpora.left_out import LeftOut
from scamclf.errors import DataError

HEADER = ("dialogue", "type", "labels")
YOUTUBE_HEADER = ("dialogue", "type", "call", "link", "channel", "labels")
TALK = "Suspect: Good morning, the server room speaking. Innocent: And to you.\nSuspect: Goodbye."


@pytest.fixture
def folder(tmp_path, write_table):
    for path in SYNTHETIC.values():
        write_table(path, HEADER, [(TALK, "appointment", "0"), (TALK, "refund", "1"), (TALK, "ssn", "1")])
    write_table(
        YOUTUBE, YOUTUBE_HEADER, [(TALK, "support", "outgoing", "", f"Some Channel {i}", "1") for i in range(13)]
    )
    return tmp_path


def test_types_become_labels_and_tags_become_speakers(folder):
    call = next(iter(read(folder)))
    assert call.call_id == "bothbosu/multi_agent_train/00000"
    assert [(turn.speaker, turn.text) for turn in call.turns] == [
        ("Suspect", "Good morning, the server room speaking."),
        ("Innocent", "And to you."),
        ("Suspect", "Goodbye."),
    ]
    labels = [call.label for call in islice(read(folder), 3)]
    assert labels == ["legitimate", "tech_support_scam", "other_scam"]


def test_youtube_rows_are_report_grouped_by_channel_and_two_are_left_out(folder):
    rows = [row for row in read(folder) if row.source == YOUTUBE_SOURCE]
    assert [number for number, row in enumerate(rows) if isinstance(row, LeftOut)] == [2, 11]
    calls = [row for row in rows if isinstance(row, Call)]
    assert [int(call.call_id[-5:]) for call in calls] == [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 12]
    assert {call.meta["role"] for call in calls} == {"report"}
    assert calls[0].group == "channel:somechannel0"


def test_synthetic_rows_take_the_role_of_the_source(folder):
    assert all("role" not in call.meta for call in read(folder) if call.source == "bothbosu")


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (("dialogue", "labels"), (TALK, "1"), "no column type"),
        (HEADER, (TALK, "lottery", "1"), r"row 0: type is 'lottery'; wanted one of .*'refund'"),
        (HEADER, (TALK, "refund", "0"), "row 0: type is 'refund'; wanted one of .*'appointment'"),
        (HEADER, (TALK, "refund", "2"), "row 0: labels is '2'; wanted one of '0', '1'"),
        (HEADER, ("  ", "refund", "1"), "row 0: found no words"),
        (HEADER, (TALK,), "row 0: type, labels is missing"),
    ],
)
def test_bad_rows_are_refused(folder, write_table, header, row, message):
    write_table(SYNTHETIC["multi_agent_train"], header, [row])
    with pytest.raises(DataError, match=message):
        list(read(folder))


def test_a_missing_file_is_refused(folder):
    (folder / YOUTUBE).unlink()
    with pytest.raises(DataError, match=r"youtube_scam_conversations\.csv: no such file"):
        list(read(folder))
