import pytest

from scamclf.corpora.bt_oasis import ARCHIVE, read
from scamclf.corpora.left_out import LeftOut
from scamclf.errors import DataError

NITE = "xmlns:nite='http://nite.sourceforge.net/'"


def child(file, first, last=None):
    ends = f"id({first})" + (f"..id({last})" if last else "")
    return f"<nite:child href='{file}#{ends}'/>"


@pytest.fixture
def write_dialogue(write_text):
    def write(dialogue, *, order=None, a_links=None):
        def name(kind):
            return f"{ARCHIVE}/{dialogue}.{kind}.xml"

        a_unit, b_unit = f"{dialogue}.a.unit.xml", f"{dialogue}.b.unit.xml"
        pointers = order or [child(f"{dialogue}.b.lturn.xml", "t2"), child(f"{dialogue}.a.lturn.xml", "t1")]
        write_text(name("ldial"), f"<nite:root {NITE}>{''.join(pointers)}</nite:root>")
        links = a_links or [child(a_unit, "a1", "a6"), child(a_unit, "a6", "a7")]
        write_text(
            name("a.lturn"),
            f"<nite:root {NITE}><lturn id='t1'><utt><segment>{''.join(links)}</segment></utt></lturn></nite:root>",
        )
        write_text(
            name("b.lturn"),
            f"<nite:root {NITE}><lturn id='t2'><utt><segment>{child(b_unit, 'b1')}</segment></utt></lturn>"
            "<lturn id='t3'/></nite:root>",
        )
        write_text(
            name("a.unit"),
            f"<nite:root {NITE}><word id='a1'>dial</word><num id='a2'/><sil id='a3' BTlength=''/><num id='a4'/>"
            "<word id='a5'>for</word><stdzcode id='a6' description='name'/><partword id='a7'>ple</partword>"
            "</nite:root>",
        )
        write_text(name("b.unit"), f"<nite:root {NITE}><word id='b1'>hello</word></nite:root>")

    return write


def test_turns_follow_the_dialogue_and_every_unit_is_used_once(tmp_path, write_dialogue):
    write_dialogue("080000001")
    (call,) = read(tmp_path)
    assert call.call_id == "bt_oasis/080000001"
    assert [(turn.speaker, turn.text) for turn in call.turns] == [
        ("b", "hello"),
        ("a", "dial [number] for [name] ple"),
    ]


def test_a_link_may_list_several_spans(tmp_path, write_dialogue):
    unit = "080000001.a.unit.xml"
    write_dialogue("080000001", a_links=[f"<nite:child href='{unit}#id(a1) {unit}#id(a5)..id(a7)'/>"])
    (call,) = read(tmp_path)
    assert call.turns[1].text == "dial for [name] ple"


def test_dialogues_of_the_test_half_are_report(tmp_path, write_dialogue):
    write_dialogue("080000001")
    write_dialogue("le0001")
    assert [(call.call_id, call.meta.get("role")) for call in read(tmp_path)] == [
        ("bt_oasis/080000001", None),
        ("bt_oasis/le0001", "report"),
    ]


def test_noises_of_neither_side_and_wordless_dialogues_are_dropped(tmp_path, write_dialogue):
    write_dialogue("080000001", order=[child("080000001.x.lturn.xml", "t9")])
    assert list(read(tmp_path)) == [LeftOut("bt_oasis", "no words")]


@pytest.mark.parametrize(
    ("order", "a_links", "message"),
    [
        ([child("080000001.a.lturn.xml", "t9")], None, "turn is 't9'; wanted one of 't1', 't2', 't3'"),
        (None, [child("080000001.a.unit.xml", "a9")], "unit is 'a9'; wanted one of 'a1'"),
        (None, ["<nite:child href='nowhere'/>"], r"link 'nowhere'; wanted FILE#id\(ID\)"),
    ],
)
def test_links_that_lead_nowhere_are_refused(tmp_path, write_dialogue, order, a_links, message):
    write_dialogue("080000001", order=order, a_links=a_links)
    with pytest.raises(DataError, match=message):
        list(read(tmp_path))


def test_unknown_elements_missing_files_and_broken_files_are_refused(tmp_path, write_dialogue, write_text):
    write_dialogue("080000001")
    unit = f"{ARCHIVE}/080000001.b.unit.xml"
    write_text(unit, "<root><song id='b1'/></root>")
    with pytest.raises(DataError, match="unit b1: element is 'song'; wanted one of 'num', 'pncode', 'stdzcode'"):
        list(read(tmp_path))
    write_text(unit, "<root>")
    with pytest.raises(DataError, match="no XML"):
        list(read(tmp_path))
    (tmp_path / unit).unlink()
    with pytest.raises(DataError, match="no such file; wanted the five files"):
        list(read(tmp_path))
