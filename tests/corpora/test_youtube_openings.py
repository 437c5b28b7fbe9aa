import pytest

from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.youtube_openings import FILE, channel_group, judge_by_rule, read
from scamclf.errors import DataError

HEADER = ("ID", "Source", "Content", "Char_Len")
SUPPORT = "thank you for calling support is your computer switched on"


def test_channels_are_groups_and_only_listed_ones_are_for_training(tmp_path, write_table):
    rows = [
        ("10", "https://www.youtube.com/watch?v=a&ab_channel=ToniMosh ", SUPPORT, "1"),
        ("900001", "https://www.youtube.com/watch?v=b&ab_channel=SomebodyElse", SUPPORT, "1"),
        ("900002", "https://www.youtube.com/watch?v=c", SUPPORT, "1"),
        ("900003", "Unlisted", SUPPORT, "1"),
        ("900004", "", SUPPORT, "1"),
    ]
    write_table(FILE, HEADER, rows)
    found = [(call.group, call.meta.get("role"), call.meta["judged_by"]) for call in read(tmp_path)]
    assert found == [
        ("channel:tonimosh", None, "reader"),
        ("channel:somebodyelse", "report", "rule"),
        ("youtube_openings/900002", "report", "rule"),
        ("channel:unlisted", None, "rule"),
        ("youtube_openings/900004", "report", "rule"),
    ]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("your laptop has a virus", "tech_support_scam"),
        ("this is the tax office and an officer has a warrant", "other_scam"),
        ("you won a prize from your bank on the internet", "other_scam"),
        ("how are you today", "tech_support_scam"),
    ],
)
def test_the_rule_counts_words_of_support_against_words_of_other_scams(text, label):
    judgement = judge_by_rule(text)
    assert (judgement.label, judgement.judged_by) == (label, "rule")


def test_a_channel_is_one_group_however_it_is_written():
    assert channel_group("Scambait TV") == channel_group("scambaittv") == "channel:scambaittv"


def test_a_row_without_a_word_is_no_call(tmp_path, write_table):
    write_table(FILE, HEADER, [("10", "Unlisted", " ", "0")])
    assert list(read(tmp_path)) == [LeftOut("youtube_openings", "no words")]


def test_a_missing_column_is_refused(tmp_path, write_table):
    write_table(FILE, ("ID", "Content"), [("10", "hello")])
    with pytest.raises(DataError, match="no column Source; found ID, Content"):
        list(read(tmp_path))


def test_the_label_file_holds_what_the_rule_says_where_nobody_read(raw):
    for call in read(raw / "youtube_openings"):
        if call.meta["judged_by"] == "rule":
            assert judge_by_rule(call.turns[0].text).label == call.label
