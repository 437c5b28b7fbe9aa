"""The authors' own files, where they lie on this machine: counts as data/README.md of the corpora gives them."""

import dataclasses
import hashlib
from collections import Counter

import pytest

from scamclf.config import load_recipe
from scamclf.corpora import SOURCES_PATH, load_sources, moves, pairs, read_corpus
from scamclf.corpora.bothbosu import YOUTUBE_SOURCE
from scamclf.preparation.prepare import prepare
from scamclf.preparation.split import SPLITS
from scamclf.preparation.table import row_table
from scamclf.resources import resource

SCAM = {"tech_support_scam", "other_scam"}
COUNTS = {
    "adwaith": {"legitimate": 116, "tech_support_scam": 30, "other_scam": 176},
    "bothbosu": {"legitimate": 1600, "tech_support_scam": 808, "other_scam": 810},
    "bt_oasis": {"legitimate": 311},
    "dstc10": {"legitimate": 107},
    "ftc_robocall": {"tech_support_scam": 46, "other_scam": 93},
    "hpr": {"legitimate": 200},
    "inf2008": {"legitimate": 500, "tech_support_scam": 66, "other_scam": 693},
    "insurance_synth": {"legitimate": 260},
    "isp_synth": {"legitimate": 690},
    "ms_telecom": {"legitimate": 217},
    "ms_travel": {"legitimate": 212},
    "persuasion_for_good": {"legitimate": 1017},
    "star": {"legitimate": 500},
    "youtube_openings": {"tech_support_scam": 116, "other_scam": 10},
}
"""Of a corpus of which only a part was published to us, the part: calls of its test selector are not counted."""


ROWS = {
    "adwaith": 206 + 116, "bothbosu": 1600 + 1600, "bothbosu_youtube": 20, "bt_oasis": 311, "ftc_robocall": 1101,
    "hpr": 200, "inf2008": 759 + 500, "insurance_synth": 260, "isp_synth": 690, "ms_telecom": 217, "ms_travel": 212,
    "persuasion_for_good": 1017, "star": 500, "youtube_openings": 126,
}  # fmt: skip
"""What the README beside the corpora counts; of dstc10 it counts what is left of 263 rows: 107 distinct calls."""


def test_the_research_recipe_accounts_for_every_row_of_every_corpus(raw):
    """It reads all; what it keeps is told apart from what it leaves out, so the counts agree with the README's."""
    recipe = load_recipe(resource("configs/research.yaml"))
    if missing := [name for name in COUNTS if not (raw / name).is_dir()]:
        pytest.skip(f"{missing[0]} is not here")
    prepared = prepare(dataclasses.replace(recipe.data, raw=str(raw)))
    rows = {row[0]: int(row[1]) for row in row_table(prepared)}
    distinct = rows.pop("dstc10") - prepared.not_kept["dstc10"]["beginning of another call"]
    assert rows.pop("pairs") == len(list(pairs.read(resource("data/pairs"))))
    assert rows.pop("moves") == len(list(moves.read(resource("data/moves"))))
    assert rows.pop("authored_test") == 320
    assert (rows, distinct) == (ROWS, 107)
    split_of = {call.call_id: split for split, calls in prepared.splits.items() for call in calls}
    roles = {name: source.role for name, source in load_sources(resource(SOURCES_PATH)).items()}
    splits = {"report": {"test"}, "calibrate": {"calibration"}, "train": set(SPLITS)}
    for name in COUNTS:
        found = {split for call_id, split in split_of.items() if call_id.startswith(f"{name}/")}
        assert found <= splits[roles[name]]
    assert {split for call_id, split in split_of.items() if "/youtube/" in call_id} == {"test"}
    assert {call.group for split in SPLITS[:3] for call in prepared.splits[split]} & {"channel:morekitboga"} == set()


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_every_call_is_read_once_with_words_group_and_label(name, raw):
    if not (raw / name).is_dir():
        pytest.skip(f"{name} is not here")
    calls = list(read_corpus(name, raw))
    assert len({call.call_id for call in calls}) == len(calls)
    for call in calls:
        assert call.turns
        assert all(turn.text.strip() == turn.text != "" for turn in call.turns)
        assert call.source == (YOUTUBE_SOURCE if "/youtube/" in call.call_id else name)
        assert call.call_id.startswith(f"{name}/")
        assert call.language == "en"
        assert call.group
        assert call.family
    ours = [call for call in calls if name == "bothbosu" or "role" not in call.meta]
    assert Counter(call.label for call in ours) == COUNTS[name]


def test_only_the_youtube_calls_of_bothbosu_are_report(raw):
    calls = list(read_corpus("bothbosu", raw))
    report = [call for call in calls if call.meta.get("role") == "report"]
    assert {call.call_id for call in report} == {call.call_id for call in calls if "/youtube/" in call.call_id}
    assert len(report) == 18
    assert {call.label for call in report} == SCAM


def test_a_channel_shared_by_two_corpora_is_one_group(raw):
    shared = {call.group for call in read_corpus("bothbosu", raw)} & {
        call.group for call in read_corpus("youtube_openings", raw)
    }
    assert shared <= {"channel:scambaittv"}


def test_redactions_are_words(raw):
    words = Counter(word for call in read_corpus("bt_oasis", raw) for turn in call.turns for word in turn.text.split())
    assert words["[name]"] > 300
    assert words["[number]"] > 300
    assert not any(word.startswith("<") for word in words)


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_checksums_are_those_of_the_files(name, raw):
    source = load_sources(resource(SOURCES_PATH))[name]
    for file in source.files:
        digest = hashlib.sha256((raw / name / file.path).read_bytes()).hexdigest()
        assert digest in {file.sha256, file.part_sha256}
    if source.tree:
        paths = sorted(path for pattern in source.tree.include for path in (raw / name).glob(pattern))
        if len(paths) != source.tree.n_files:
            pytest.skip("another part of the corpus than the one whose checksum is known")
        lines = sorted(
            (path.relative_to(raw / name).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths
        )
        text = "".join(f"{digest}  {path}\n" for path, digest in lines)
        assert hashlib.sha256(text.encode()).hexdigest() == source.tree.sha256
