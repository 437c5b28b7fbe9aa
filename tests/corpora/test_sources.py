import json
import re

import pytest

from scamclf.corpora import HOSTS, ROLES, SOURCES_PATH, load_sources, read_corpus
from scamclf.corpora import judgements as judgements_module
from scamclf.corpora.judgements import load_judgements
from scamclf.errors import DataError
from scamclf.resources import resource

LABEL_KEYS = {"adwaith": "type", "ftc_robocall": "campaign", "inf2008": "type", "youtube_openings": "id"}


@pytest.fixture
def document():
    return json.loads(resource(SOURCES_PATH).read_text(encoding="utf-8"))


def test_every_source_is_pinned_and_checked():
    sources = load_sources(resource(SOURCES_PATH))
    assert len(sources) == 20
    for name, source in sources.items():
        assert source.name == name
        assert source.commit
        assert re.fullmatch(r"[0-9a-f]{40}", source.commit)
        assert source.role in ROLES
        assert source.host in HOSTS
        assert source.licence_note
        assert bool(source.files) != bool(source.tree)
        hashes = [file.sha256 for file in source.files] + ([source.tree.sha256] if source.tree else [])
        assert all(value is None or re.fullmatch(r"[0-9a-f]{64}", value) for value in hashes)


def test_the_sources_that_nothing_can_check_are_known():
    sources = load_sources(resource(SOURCES_PATH))
    assert {name: len(source.unpinned()) for name, source in sources.items() if source.unpinned()} == {
        "natcs": 3,
        "harper_valley": 1,
    }


def test_weights_are_released_only_on_licences_that_allow_it():
    sources = load_sources(resource(SOURCES_PATH))
    assert [name for name, source in sources.items() if not source.weights_release] == [
        "inf2008",
        "youtube_openings",
        "bt_oasis",
    ]


def test_every_source_has_its_reader(tmp_path):
    for name in load_sources(resource(SOURCES_PATH)):
        (tmp_path / name).mkdir()
        with pytest.raises(DataError, match="wanted"):
            list(read_corpus(name, tmp_path))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"role": "practise"}, "bothbosu: role is 'practise'; wanted one of 'calibrate', 'report', 'train'"),
        ({"kind": "sung"}, "kind is 'sung'; wanted one of"),
        ({"weights_release": "yes"}, "weights_release is str; wanted bool"),
        ({"host": "attic"}, "host is 'attic'; wanted one of 'github', 'huggingface'"),
        ({"commit": 7}, "commit is int; wanted str"),
        ({"colour": "red"}, "unknown colour; wanted commit"),
        ({"files": [{"path": "a"}]}, "file 0: no key sha256"),
    ],
)
def test_bad_descriptions_are_refused(tmp_path, document, change, wanted):
    path = tmp_path / "sources.json"
    path.write_text(json.dumps({"bothbosu": document["bothbosu"] | change}), encoding="utf-8")
    with pytest.raises(DataError, match=wanted):
        load_sources(path)


def test_a_missing_field_is_refused(tmp_path, document):
    del document["hpr"]["commit"]
    path = tmp_path / "sources.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DataError, match="hpr: no key commit"):
        load_sources(path)


def test_an_unknown_corpus_gets_a_suggestion(tmp_path):
    with pytest.raises(DataError, match="no corpus is called 'bothboso'; did you mean 'bothbosu'"):
        read_corpus("bothboso", tmp_path)


def test_a_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"`scamclf data fetch star`, or say with `--raw DIR`"):
        read_corpus("star", tmp_path)


@pytest.mark.parametrize(("source", "key"), LABEL_KEYS.items())
def test_label_files_load_and_hold_no_text(source, key):
    judgements = load_judgements(source, key)
    assert judgements
    assert all(judgement.family for judgement in judgements.values())
    lines = resource(f"data/labels/{source}.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"{key},label,family,judged_by"
    assert max(map(len, lines)) < 200


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ("1,ham,x,reader", "row 0: label is 'ham'; wanted one of 'leave_out', 'legitimate'"),
        ("1,legitimate,x,dice", "row 0: judged_by is 'dice'; wanted one of 'reader', 'rule'"),
        ("1,leave_out,x,reader\n1,leave_out,x,reader", "row 1: id '1' stands twice"),
    ],
)
def test_bad_label_files_are_refused(tmp_path, monkeypatch, rows, wanted):
    path = tmp_path / "labels.csv"
    path.write_text(f"id,label,family,judged_by\n{rows}\n", encoding="utf-8")
    monkeypatch.setattr(judgements_module, "resource", lambda relative: path)
    with pytest.raises(DataError, match=wanted):
        load_judgements("anything", "id")
