import pytest

from scamclf.corpora.ftc_robocall import FILE, cluster, read
from scamclf.corpora.left_out import LeftOut
from scamclf.errors import DataError

HEADER = ("file_name", "language", "transcript")
ORDER = "a telephone has been ordered from your shop account press one if that was not you"


def test_a_campaign_is_read_once_in_its_most_frequent_wording(tmp_path, write_table):
    rows = [
        ("data/train/1112259.wav", "en", f"{ORDER} now"),
        ("data/train/1.wav", "en", ORDER),
        ("data/train/2.wav", "en", ORDER),
        ("data/train/3.wav", "zh", "something else altogether in another language"),
        ("data/train/42657.wav", "en", "this is nothing but a trial of the line"),
    ]
    write_table(FILE, HEADER, rows)
    *left_out, call, unwanted = read(tmp_path)
    assert [*left_out, unwanted] == [
        LeftOut("ftc_robocall", "another language or no words"),
        LeftOut("ftc_robocall", "another wording of the same campaign", 2),
        LeftOut("ftc_robocall", "marketing or no content"),
    ]
    assert call.call_id == "ftc_robocall/1112259"
    assert call.group == "campaign:1112259"
    assert call.turns[0].text == ORDER
    assert (call.label, call.meta["recordings"]) == ("tech_support_scam", 3)


def test_clusters_are_linked_through_members_and_keep_their_order():
    a, b, c = "one two three four five six seven", "one two three four five six seven eight", "other words here"
    assert cluster([a, c, b, a]) == [[0, 2, 3], [1]]
    assert cluster([]) == []


def test_a_campaign_nobody_judged_is_refused(tmp_path, write_table):
    write_table(FILE, HEADER, [("data/train/0.wav", "en", ORDER)])
    with pytest.raises(DataError, match=r"metadata\.csv: campaign is '0'"):
        list(read(tmp_path))
