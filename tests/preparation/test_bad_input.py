"""Bad input for every stage of the data: the error names the file, the row and what was wanted."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scamclf.calls import Call, Turn
from scamclf.config import DataConfig
from scamclf.corpora.fetch import fetch
from scamclf.corpora.verify import verify
from scamclf.errors import ConfigError, DataError
from scamclf.preparation.prepare import Prepared, load_prepared, prepare, write_prepared

HEADER = "dialogue,type,labels\n"
ROW = '"Suspect: hello. Innocent: good day.",wrong,0\n'
NITE = 'xmlns:nite="http://nite.sourceforge.net/"'
MULTI, OASIS = "data/multi_agent_conversation_train.csv", "oasis_archive/080000001"


def refused(raw: Path, source: str, files: dict[str, str | bytes], message: str) -> None:
    for name, content in files.items():
        path = raw / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message):
        prepare(DataConfig(sources=(source,), raw=str(raw), pairs=False))


@pytest.mark.parametrize(
    ("source", "files", "message"),
    [
        pytest.param("bothbosu", {MULTI: "dialogue,labels\nhello,0\n"},
                     rf"bothbosu/{MULTI}: no column type; found dialogue, labels, wanted dialogue, type, labels",
                     id="missing column"),
        pytest.param("bothbosu", {MULTI: HEADER + ROW + ROW.replace(",0", ",2")},
                     rf"bothbosu/{MULTI}, row 1: labels is '2'; wanted one of '0', '1'", id="new label value"),
        pytest.param("bothbosu", {MULTI: HEADER + ROW + ROW.replace("wrong", "loan")},
                     rf"bothbosu/{MULTI}, row 1: type is 'loan'; wanted one of 'appointment', 'delivery'",
                     id="new type"),
        pytest.param("bothbosu", {MULTI: HEADER + ROW + "hello\n"},
                     rf"bothbosu/{MULTI}, row 1: type, labels is missing; wanted 3 fields in every row",
                     id="row cut short"),
        pytest.param("bothbosu", {MULTI: HEADER + ROW + '"Suspect: hello'},
                     rf"bothbosu/{MULTI}, near line 2: no CSV \(unexpected end of data\); wanted the file as its",
                     id="file cut within a field"),
        pytest.param("bothbosu", {MULTI: ""}, rf"bothbosu/{MULTI}: no column dialogue.*; found no header",
                     id="empty CSV file"),
        pytest.param("bothbosu", {MULTI: b"dialogue,type,labels\n\xff\xfe"},
                     rf"bothbosu/{MULTI}: byte 21 is no UTF-8; wanted a UTF-8 text file", id="no UTF-8"),
        pytest.param("youtube_openings", {"data/youtube_scams.csv": "ID,Source,Content\n"},
                     r"youtube_openings: holds no row; wanted the corpus as its authors published it",
                     id="header alone"),
        pytest.param("star", {"dialogues/.keep": ""}, r"star: no file matches|star/dialogues: no file matches \*\.json",
                     id="empty folder"),
        pytest.param("star", {"dialogues/1.json": '{"Events": ['},
                     r"star/dialogues/1\.json: line 1 is no JSON \(.*\); wanted one document", id="damaged JSON"),
        pytest.param("star", {"dialogues/1.json": "[]"},
                     r"star/dialogues/1\.json: found list; wanted an object with Events", id="JSON of another shape"),
        pytest.param("bt_oasis", {f"{OASIS}.ldial.xml": "<a>", f"{OASIS}.a.lturn.xml": "<lturns",
                                  f"{OASIS}.a.unit.xml": f"<units {NITE}/>"},
                     rf"bt_oasis/{OASIS}\.a\.lturn\.xml: no XML \(.*\); wanted the file as its auth", id="damaged XML"),
    ],
)  # fmt: skip
def test_a_damaged_corpus_is_refused(tmp_path, source, files, message):
    refused(tmp_path, source, files, message)


def test_a_corpus_that_is_not_there_or_not_known_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"star: no such folder; fetch the corpus with `scamclf data fetch star`"):
        prepare(DataConfig(sources=("star",), raw=str(tmp_path)))
    with pytest.raises(DataError, match=r"no corpus is called 'stat'; did you mean 'star'\?"):
        prepare(DataConfig(sources=("stat",), raw=str(tmp_path)))


def test_a_file_with_another_checksum_is_told_and_never_written_over(tmp_path):
    path = tmp_path / "ftc_robocall" / "metadata.csv"
    path.parent.mkdir()
    path.write_text("file_name,language,transcript\n", encoding="utf-8")
    found = verify("ftc_robocall", tmp_path)
    assert found.state == "wrong"
    assert re.search(r"metadata\.csv: found sha256 [0-9a-f]{64}, wanted [0-9a-f]{64}", found.details[0])
    with pytest.raises(DataError, match=r"metadata\.csv: found sha256 [0-9a-f]{64}, wanted [0-9a-f]{64}; move it"):
        fetch("ftc_robocall", tmp_path)


def test_a_release_refuses_sources_that_do_not_allow_it(tmp_path):
    config = DataConfig(sources=("star", "inf2008", "bt_oasis"), raw=str(tmp_path), release=True)
    with pytest.raises(
        ConfigError, match=r"data\.release is true, but weights trained on inf2008, bt_oasis may not be"
    ):
        prepare(config)


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    labels = ("legitimate", "other_scam")
    calls = [Call(f"call-{i}", (Turn(f"hello {i}"),), label=label) for i, label in enumerate(labels)]
    write_prepared(Prepared({"train": calls, "validation": [], "calibration": [], "test": []}, {}), tmp_path / "data")
    return tmp_path / "data"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def another_fingerprint(folder: Path) -> None:
    document = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    document["sha256"]["test"] = "0" * 64
    (folder / "prepared.json").write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda folder: cut(folder / "prepared.json"),
            r"data: no prepared data set \(.*\); make one with `scamclf data",
        ),
        (lambda folder: cut(folder / "test.parquet"), r"test\.parquet: changed since it was written"),
        (
            another_fingerprint,
            r"test\.parquet: changed since it was written \(sha256 differs\): prepare the data again",
        ),
        (shutil.rmtree, r"data: no prepared data set \(.*No such file"),
    ],
    ids=["summary cut", "split cut", "other checksum", "no folder"],
)
def test_a_damaged_data_set_is_refused(prepared: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(prepared)
    with pytest.raises(DataError, match=message):
        load_prepared(prepared)
