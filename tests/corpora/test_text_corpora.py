import pytest

from scamclf.corpora import insurance_synth, isp_synth, persuasion_for_good
from scamclf.errors import DataError


def test_isp_headings_and_stage_directions_are_nobodys_words(tmp_path, write_text):
    text = "# A Call\n\nAgent: Hello.\nStill me.\n\n(pause) (typing)\nCustomer: Good day.\n---\nEND OF CALL\n"
    write_text(f"{isp_synth.FOLDER}/billing/billing_1.txt", text)
    (call,) = isp_synth.read(tmp_path)
    assert [(turn.speaker, turn.text) for turn in call.turns] == [
        ("Agent", "Hello. Still me."),
        ("Customer", "Good day."),
    ]
    assert (call.call_id, call.family) == ("isp_synth/billing_1", "billing")


def test_insurance_notes_are_no_speakers(tmp_path, write_text):
    write_text(
        f"{insurance_synth.FOLDERS['transcripts']}/t_1.txt", "Member: Hello.\nPA Agent: Yes?\nDuration: 9 minutes"
    )
    write_text(f"{insurance_synth.FOLDERS['simulated']}/t_1.txt", "Member: Hello.")
    calls = list(insurance_synth.read(tmp_path))
    assert [turn.speaker for turn in calls[0].turns] == ["Member", "PA Agent"]
    assert [call.call_id for call in calls] == ["insurance_synth/transcripts/t_1", "insurance_synth/simulated/t_1"]


def test_a_file_without_words_is_refused(tmp_path, write_text):
    write_text(f"{isp_synth.FOLDER}/billing/billing_1.txt", "(pause)\n")
    with pytest.raises(DataError, match=r"billing_1\.txt: found no words"):
        list(isp_synth.read(tmp_path))


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no file matches \*/\*.txt"):
        list(isp_synth.read(tmp_path))


HEADER = ("", "Unit", "Turn", "B4", "B2")


def test_persuasion_rows_of_one_dialogue_are_one_call(tmp_path, write_table):
    rows = [("0", "hello", "0", "0", "x"), ("1", "good day", "0", "1", "x"), ("2", "hello again", "0", "0", "y")]
    write_table(persuasion_for_good.FILE, HEADER, rows)
    calls = list(persuasion_for_good.read(tmp_path))
    assert [call.call_id for call in calls] == ["persuasion_for_good/x", "persuasion_for_good/y"]
    assert [turn.speaker for turn in calls[0].turns] == ["persuader", "persuadee"]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([("0", "hello", "0", "7", "x")], "dialogue x, row 0: B4 is '7'; wanted one of '0', '1'"),
        ([("0", "a", "0", "0", "x"), ("1", "b", "0", "0", "y"), ("2", "c", "0", "0", "x")], "dialogue x: found in two"),
    ],
)
def test_persuasion_refuses_bad_rows(tmp_path, write_table, rows, wanted):
    write_table(persuasion_for_good.FILE, HEADER, rows)
    with pytest.raises(DataError, match=wanted):
        list(persuasion_for_good.read(tmp_path))
