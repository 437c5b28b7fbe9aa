"""Corpora that nobody here has: invented calls in the layouts that their authors, or those who read them, document."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scamclf.corpora import abcd, harper_valley, natcs, scam_dialogue, shakeleoatmeal, taskmaster
from scamclf.errors import DataError
from scamclf.render import render


def said(call):
    return [(turn.speaker, turn.text) for turn in call.turns]


# NatCS. Layout: sitod/data.py and the docstring of DefaultDialogueReader in sitod/reader.py of
# amazon-science/dstc11-track2-intent-induction: one dialogue a line.


def natcs_dialogue(*utterances):
    turns = [
        {"turn_id": f"t_{i}", "speaker_role": role, "utterance": words, "dialogue_acts": [], "intents": []}
        for i, (role, words) in enumerate(utterances)
    ]
    return {"dialogue_id": "insurance_000", "turns": turns}


def test_natcs_domains_are_families_and_empty_dialogues_no_calls(tmp_path, write_text):
    lines = [natcs_dialogue(("Agent", "Good day."), ("Customer", " "), ("Customer", "Um, hi.")), natcs_dialogue()]
    for path in natcs.FILES.values():
        write_text(path, "\n".join(map(json.dumps, lines)) + "\n\n")
    calls = list(natcs.read(tmp_path))
    assert [(call.call_id, call.family) for call in calls] == [
        ("natcs/insurance/00000", "insurance"),
        ("natcs/banking/00000", "banking"),
        ("natcs/finance/00000", "finance"),
    ]
    assert said(calls[0]) == [("Agent", "Good day."), ("Customer", "Um, hi.")]
    assert {call.label for call in calls} == {"legitimate"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"dialogue_id": "x"}', "row 0: no key turns"),
        ('\n{"turns": [{"utterance": "hi"}]}', "row 1: no key speaker_role"),
        ("{", "line 1 is no JSON"),
    ],
)
def test_natcs_refuses_bad_lines(tmp_path, write_text, text, wanted):
    write_text(natcs.FILES["insurance"], text)
    with pytest.raises(DataError, match=wanted):
        list(natcs.read(tmp_path))


# ABCD. Layout: README.md and data/abcd_sample.json of asappresearch/abcd; the three splits by its README.


def abcd_chat(convo_id, *original):
    return {
        "convo_id": convo_id,
        "scenario": {"personal": {}, "order": {}, "flow": "product_defect", "subflow": "return_size"},
        "original": list(original),
        "delexed": [],
    }


def write_abcd(tmp_path, document):
    path = tmp_path / abcd.FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    return path


def test_abcd_reads_what_is_typed_and_not_what_buttons_report(tmp_path):
    chat = abcd_chat(7, ["agent", "Hello! "], ["action", "Account pulled up."], ["customer", "I want to return this."])
    write_abcd(
        tmp_path,
        {"train": [chat], "dev": [abcd_chat(8, ["action", "Closed."])], "test": [abcd_chat(9, ["customer", "Hi"])]},
    )
    calls = list(abcd.read(tmp_path))
    assert [(call.call_id, call.family) for call in calls] == [
        ("abcd/train/7", "product_defect"),
        ("abcd/test/9", "product_defect"),
    ]
    assert said(calls[0]) == [("agent", "Hello!"), ("customer", "I want to return this.")]


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"train": [], "dev": []}, r"abcd_v1\.1\.json\.gz: no key test"),
        ({"train": [abcd_chat(1, ["agent"])], "dev": [], "test": []}, r"train, row 0: found a turn that is no pair"),
        ({"train": [{"convo_id": 1}], "dev": [], "test": []}, "train, row 0: no key original"),
    ],
)
def test_abcd_refuses_bad_documents(tmp_path, document, wanted):
    write_abcd(tmp_path, document)
    with pytest.raises(DataError, match=wanted):
        list(abcd.read(tmp_path))


def test_abcd_refuses_damaged_and_swollen_files(tmp_path, monkeypatch):
    path = write_abcd(tmp_path, {"train": [], "dev": [], "test": []})
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    with pytest.raises(DataError, match="no whole gzip file"):
        list(abcd.read(tmp_path))
    path.write_bytes(b"plain")
    with pytest.raises(DataError, match="no whole gzip file"):
        list(abcd.read(tmp_path))
    path.write_bytes(whole)
    monkeypatch.setattr(abcd, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="unpacks to more than 10 bytes"):
        list(abcd.read(tmp_path))


# Harper Valley. Layout: README.md of cricketclub/gridspace-stanford-harper-valley, and single files of it.


def segment(index, role, corrected, machine, start_ms):
    return {
        "channel_index": 2 if role == "agent" else 1,
        "dialog_acts": ["gridspace_other"],
        "duration_ms": 1500,
        "emotion": {"neutral": 1.0, "negative": 0.0, "positive": 0.0},
        "human_transcript": corrected,
        "index": index,
        "offset_ms": start_ms + 2000,
        "speaker_role": role,
        "start_ms": start_ms,
        "transcript": machine,
    }


HARPER_METADATA = {
    "sid": "ab12",
    "start_time_ms": 1591056058046,
    "tasks": [{"task_type": "pay bill"}, {"task_type": "check balance"}],
}


def test_harper_valley_prefers_corrected_words_and_drops_noises(tmp_path, write_json):
    segments = [
        segment(1, "agent", "hello this is the bank", "hell of the bank", 4000),
        segment(2, "caller", "[noise]", "[noise]", 6000),
        segment(3, "caller", "", "my bill", 7000),
        segment(4, "caller", "[laughter] it is <unk> due", "it is do", 9000),
    ]
    write_json(f"{harper_valley.TRANSCRIPTS}/ab12.json", segments)
    write_json(f"{harper_valley.TRANSCRIPTS}/cd34.json", [segment(1, "agent", "[noise]", "[noise]", 0)])
    write_json(f"{harper_valley.METADATA}/ab12.json", HARPER_METADATA)
    (call,) = harper_valley.read(tmp_path)
    assert said(call) == [("agent", "hello this is the bank"), ("caller", "my bill"), ("caller", "it is due")]
    assert [(turn.start_s, turn.end_s) for turn in call.turns] == [(4.0, 5.5), (7.0, 8.5), (9.0, 10.5)]
    assert (call.call_id, call.family) == ("harper_valley/ab12", "check_balance+pay_bill")
    assert call.started_at == "2020-06-02T00:00:58.046000+00:00"


@pytest.mark.parametrize(
    ("transcript", "metadata", "wanted"),
    [
        ({"segments": []}, HARPER_METADATA, "found dict; wanted a list of segments"),
        ([{"transcript": "hi"}], HARPER_METADATA, "no key start_ms"),
        ([segment(1, "agent", "hi", "hi", 0)], {"tasks": [{}]}, "no key task_type"),
        ([segment(1, "agent", "hi", "hi", 0)], None, r"metadata/ab12\.json: no such file"),
    ],
)
def test_harper_valley_refuses_bad_files(tmp_path, write_json, transcript, metadata, wanted):
    write_json(f"{harper_valley.TRANSCRIPTS}/ab12.json", transcript)
    if metadata is not None:
        write_json(f"{harper_valley.METADATA}/ab12.json", metadata)
    with pytest.raises(DataError, match=wanted):
        list(harper_valley.read(tmp_path))


# Taskmaster-1. Layout: TM-1-2019/README.md and TM-1-2019/sample.json of google-research-datasets/Taskmaster (the keys
# of the sample, conversation_id and instruction_id, not those that the README spells conversationId).


def taskmaster_dialogue(instruction, *utterances):
    return {
        "conversation_id": "dlg-0",
        "instruction_id": instruction,
        "utterances": [
            {"index": i, "speaker": speaker, "text": text, "segments": []}
            for i, (speaker, text) in enumerate(utterances)
        ],
    }


def test_taskmaster_families_are_instructions_without_their_number(tmp_path, write_json):
    order = taskmaster_dialogue("coffee-ordering-1", ("USER", "A latte."), ("ASSISTANT", "Sure."))
    write_json(taskmaster.FILES["woz"], [order, taskmaster_dialogue("pizza-ordering-2", ("USER", ""))])
    write_json(taskmaster.FILES["self"], [taskmaster_dialogue("movie-finder", ("USER", "Something funny."))])
    calls = list(taskmaster.read(tmp_path))
    assert [(call.call_id, call.family) for call in calls] == [
        ("taskmaster/woz/00000", "coffee-ordering"),
        ("taskmaster/self/00000", "movie-finder"),
    ]
    assert said(calls[0]) == [("USER", "A latte."), ("ASSISTANT", "Sure.")]


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({}, "found dict; wanted a list of dialogues"),
        ([{"instruction_id": "x"}], "row 0: no key utterances"),
        ([{"utterances": [{"text": "hi", "speaker": "USER"}]}], "row 0: no key instruction_id"),
    ],
)
def test_taskmaster_refuses_bad_files(tmp_path, write_json, document, wanted):
    write_json(taskmaster.FILES["woz"], document)
    with pytest.raises(DataError, match=wanted):
        list(taskmaster.read(tmp_path))


# BothBosu/scam-dialogue. Layout: its dataset card on the Hugging Face hub (columns and types); the speaker tags by
# public projects that read it.

DIALOGUE = "caller: Good day. receiver: Who is this? caller: Me."


def test_scam_dialogue_types_become_labels(tmp_path, write_table):
    rows = [(DIALOGUE, "support", "1"), (DIALOGUE, "ssn", "1"), (DIALOGUE, "telemarketing", "0")]
    write_table(scam_dialogue.FILE, ("dialogue", "type", "label"), rows)
    calls = list(scam_dialogue.read(tmp_path))
    assert [call.label for call in calls] == ["tech_support_scam", "other_scam", "legitimate"]
    assert said(calls[0]) == [("caller", "Good day."), ("receiver", "Who is this?"), ("caller", "Me.")]
    assert (calls[2].call_id, calls[2].family) == ("scam_dialogue/00002", "telemarketing")


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ((DIALOGUE, "support", "0"), "row 0: type is 'support'; wanted one of 'delivery'"),
        ((DIALOGUE, "support", "yes"), "row 0: label is 'yes'; wanted one of '0', '1'"),
        (("", "support", "1"), "row 0: found no words"),
    ],
)
def test_scam_dialogue_refuses_bad_rows(tmp_path, write_table, row, wanted):
    write_table(scam_dialogue.FILE, ("dialogue", "type", "label"), [row])
    with pytest.raises(DataError, match=wanted):
        list(scam_dialogue.read(tmp_path))


# shakeleoatmeal/phone-scam-detection-synthetic. Layout: the columns, types and file names that public projects which
# pinned it document; its own dataset card could not be read here.


def write_shakeleoatmeal(tmp_path, rows):
    for path in shakeleoatmeal.FILES.values():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / path)


def shakeleoatmeal_row(kind, label, style, dialogue=DIALOGUE):
    return {
        "dialogue": dialogue,
        "type": kind,
        "label": label,
        "length_category": "short",
        "variation_style": style,
        "target_exchanges": "4-6",
        "batch_num": 1,
    }


def test_shakeleoatmeal_topics_are_scams_or_honest_by_their_label(tmp_path):
    rows = [
        shakeleoatmeal_row("support", 1, "very_subtle"),
        shakeleoatmeal_row("support", 0, "detailed_helpful"),
        shakeleoatmeal_row("ssn", 1, "direct", f"Here is a call:\n\n{DIALOGUE}"),
    ]
    write_shakeleoatmeal(tmp_path, rows)
    calls = list(shakeleoatmeal.read(tmp_path))
    assert len(calls) == 9
    assert [(call.label, call.family) for call in calls[:3]] == [
        ("tech_support_scam", "support"),
        ("legitimate", "support_legitimate"),
        ("other_scam", "ssn"),
    ]
    assert said(calls[2]) == said(calls[0])
    assert calls[8].call_id == "shakeleoatmeal/test/00002"


def test_shakeleoatmeal_style_stays_out(tmp_path):
    write_shakeleoatmeal(tmp_path, [shakeleoatmeal_row("support", 1, "very_subtle")])
    for call in shakeleoatmeal.read(tmp_path):
        assert "subtle" not in render(call)
        assert call.meta == {}


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (
            [shakeleoatmeal_row("reward", 1, "direct")],
            "row 0: type is 'reward'; wanted one of 'refund', 'ssn', 'support'",
        ),
        ([shakeleoatmeal_row("support", 2, "direct")], "row 0: label is '2'; wanted one of '0', '1'"),
        ([{"dialogue": DIALOGUE, "type": "support"}], "label"),
        ([shakeleoatmeal_row("support", 1, "direct", "")], "row 0: found no words"),
    ],
)
def test_shakeleoatmeal_refuses_bad_rows(tmp_path, rows, wanted):
    write_shakeleoatmeal(tmp_path, rows)
    with pytest.raises(DataError, match=wanted):
        list(shakeleoatmeal.read(tmp_path))


def test_shakeleoatmeal_refuses_what_is_no_parquet(tmp_path, write_text):
    write_text(shakeleoatmeal.FILES["train"], "dialogue,type,label")
    with pytest.raises(DataError, match="wanted a Parquet file"):
        list(shakeleoatmeal.read(tmp_path))
