import pytest

from scamclf.corpora.inf2008 import FILES, read
from scamclf.errors import DataError

HEADER = ("dialogue", "labels", "type")
TALK = "caller: Good morning. receiver: Good morning to you. caller: Goodbye."


@pytest.fixture
def folder(tmp_path, write_table):
    write_table(FILES["scam"], HEADER, [(TALK, "1", "Antivirus Subscription Scam"), (TALK, "1", "Jury Duty Scam")])
    write_table(FILES["legitimate"], HEADER, [(TALK, "0", "Dentist Appointment Reminder")])
    return tmp_path


def test_types_become_labels(folder):
    calls = list(read(folder))
    assert [(call.call_id, call.label, call.family) for call in calls] == [
        ("inf2008/scam/00000", "tech_support_scam", "subscription_refund"),
        ("inf2008/scam/00001", "other_scam", "jury_duty"),
        ("inf2008/legitimate/00000", "legitimate", "dentist_appointment_reminder"),
    ]
    assert [turn.speaker for turn in calls[0].turns] == ["caller", "receiver", "caller"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((TALK, "1", "Unheard-of Scam"), "row 0: type is 'Unheard-of Scam'"),
        ((TALK, "yes", "Jury Duty Scam"), "row 0: labels is 'yes'; wanted one of '0', '1'"),
        ((TALK, "0", "Jury Duty Scam"), "labels is 0 but type 'Jury Duty Scam' is other_scam"),
    ],
)
def test_bad_rows_are_refused(folder, write_table, row, message):
    write_table(FILES["scam"], HEADER, [row])
    with pytest.raises(DataError, match=message):
        list(read(folder))
