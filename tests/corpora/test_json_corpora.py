import pytest

from scamclf.calls import Call
from scamclf.corpora import adwaith, dstc10, ms_telecom, ms_travel, star
from scamclf.corpora.left_out import LeftOut
from scamclf.errors import DataError


def say(agent, action, text, time=100):
    return {"Agent": agent, "Action": action, "Text": text, "UnixTime": time}


def star_dialogue(*events):
    return {"Events": list(events), "Scenario": {"WizardCapabilities": [{"Task": "spam"}, {"Task": "eggs"}]}}


def test_star_reads_what_is_said_and_no_drafts(tmp_path, write_json):
    events = [
        say("UserGuide", "instruct", "say hello"),
        say("User", "utter", "hello", 100),
        say("Wizard", "request_suggestions", "draft"),
        say("Wizard", "pick_suggestion", "good morning", 104),
    ]
    write_json("dialogues/7.json", star_dialogue(*events))
    write_json("dialogues/8.json", star_dialogue())
    call, wordless = star.read(tmp_path)
    assert wordless == LeftOut("star", "no words")
    assert [(turn.speaker, turn.text, turn.start_s) for turn in call.turns] == [
        ("User", "hello", 0.0),
        ("Wizard", "good morning", 4.0),
    ]
    assert (call.call_id, call.family, call.started_at) == ("star/7", "eggs+spam", "1970-01-01T00:01:40+00:00")


def test_star_without_events_is_refused(tmp_path, write_json):
    write_json("dialogues/7.json", {"Scenario": {}})
    with pytest.raises(DataError, match=r"7.json: no key Events; found 'Scenario'"):
        list(star.read(tmp_path))


def message(kind, text, time="2024-06-24T17:27:14.2838767-07:00"):
    return {"EventType": kind, "Value": text, "EventTime": time}


def travel_call(*messages):
    return {"CallReason": "Tech Support", "Conversation": {"StartTime": "2024-06-24T17:27:00", "Messages": messages}}


def test_ms_travel_times_count_from_the_first_message(tmp_path, write_json):
    later = "2024-06-24T17:27:19.2838767-07:00"
    write_json(
        "Travel_1.json",
        travel_call(message("MessageFromBotOrAgent", "hello"), message("MessageFromUser", "yes", later)),
    )
    (call,) = ms_travel.read(tmp_path)
    assert [(turn.speaker, turn.start_s) for turn in call.turns] == [("agent", 0.0), ("customer", 5.0)]
    assert call.family == "tech_support"


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        (message("MessageFromParrot", "hello"), "EventType is 'MessageFromParrot'; wanted one of"),
        (message("MessageFromUser", "hello", "noon"), "EventTime is 'noon'; wanted an ISO 8601 time"),
        (message("MessageFromUser", 3), "Value is int; wanted str"),
    ],
)
def test_ms_travel_refuses_bad_messages(tmp_path, write_json, item, wanted):
    write_json("Travel_1.json", travel_call(item))
    with pytest.raises(DataError, match=wanted):
        list(ms_travel.read(tmp_path))


def adwaith_row(kind, category):
    return {"type": kind, "category": category, "transcript": [{"speaker": "person 1", "message": "namaste"}]}


def test_adwaith_categories_become_labels(tmp_path, write_json):
    rows = [
        adwaith_row("fraud", "Tech Support Scam"),
        adwaith_row("fraud", "Phishing"),
        adwaith_row("normal", "Sports"),
    ]
    write_json(f"{adwaith.FOLDER}/generated_transcript_dataset_0.json", rows)
    calls = list(adwaith.read(tmp_path))
    assert [call.label for call in calls] == ["tech_support_scam", "other_scam", "legitimate"]
    assert calls[2].call_id == "adwaith/0/00002"


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (adwaith_row("fraud", "Chess"), "row 0: category is 'Chess'"),
        (adwaith_row("odd", "Sports"), "row 0: type is 'odd'; wanted one of 'fraud', 'normal'"),
        (adwaith_row("fraud", "Sports"), "type is fraud but category 'Sports' is legitimate"),
        ({"type": "fraud", "category": "Phishing"}, "row 0: no key transcript"),
    ],
)
def test_adwaith_refuses_bad_rows(tmp_path, write_json, row, wanted):
    write_json(f"{adwaith.FOLDER}/generated_transcript_dataset_0.json", [row])
    with pytest.raises(DataError, match=wanted):
        list(adwaith.read(tmp_path))


def test_dstc10_keeps_the_longest_of_a_chain_once(tmp_path, write_json):
    first, second = {"speaker": "U", "text": "hello"}, {"speaker": "S", "text": "good day"}
    other = {"speaker": "U", "text": "good night"}
    write_json(dstc10.FILE, [[first], [first, second], [other], [first, second]])
    rows = list(dstc10.read(tmp_path))
    assert rows.count(LeftOut("dstc10", "beginning of another call")) == 2
    calls = [row for row in rows if isinstance(row, Call)]
    assert [call.call_id for call in calls] == ["dstc10/val/00001", "dstc10/val/00002"]
    assert [turn.speaker for turn in calls[0].turns] == ["user", "system"]


def test_dstc10_refuses_unknown_speakers(tmp_path, write_json):
    write_json(dstc10.FILE, [[{"speaker": "X", "text": "hello"}]])
    with pytest.raises(DataError, match="row 0: speaker is 'X'; wanted one of 'S', 'U'"):
        list(dstc10.read(tmp_path))


def test_ms_telecom_drops_repeated_calls(tmp_path, write_json):
    record = {"Content": "Agent: hello\n\nDuration: 3\nCustomer: good day", "StartTime": "2024-11-21 08:00:00"}
    write_json("transcriptsdata/a.json", record)
    write_json("transcriptsdata/b.json", record)
    write_json("calltranscripts/c.json", record | {"Content": "hello. good day."})
    *calls, repeated = ms_telecom.read(tmp_path)
    assert repeated == LeftOut("ms_telecom", "repeats another call word for word")
    assert [call.call_id for call in calls] == ["ms_telecom/calltranscripts/c", "ms_telecom/transcriptsdata/a"]
    assert [(turn.speaker, turn.text) for turn in calls[1].turns] == [("Agent", "hello"), ("Customer", "good day")]


def test_ms_telecom_without_content_is_refused(tmp_path, write_json):
    write_json("calltranscripts/c.json", {"StartTime": ""})
    with pytest.raises(DataError, match=r"c\.json: no key Content"):
        list(ms_telecom.read(tmp_path))
