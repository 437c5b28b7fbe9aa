"""The whole preparation: own calls, corpora of every role, duplicates, groups, and the files that are written."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scamclf.calls import LABELS, Call, Turn, call_to_dict
from scamclf.config import DataConfig
from scamclf.corpora import SOURCES_PATH, isp_synth, load_sources, persuasion_for_good
from scamclf.errors import DataError, ReaderError
from scamclf.preparation.prepare import CAPPED, EXACT, NEAR, Prepared, load_prepared, prepare, write_prepared
from scamclf.preparation.split import SPLITS
from scamclf.preparation.table import ROW_COLUMNS, call_table, row_table
from scamclf.resources import resource

Write = Callable[..., str]

WORDS = "account agent bank call card code computer door email garden hello internet letter number office".split()
EVERYTHING_TRAIN = (1.0, 0.0, 0.0, 0.0)


def sentence(seed: int, n: int = 60) -> str:
    return " ".join(np.random.default_rng(seed).choice(WORDS, size=n))


def own(i: int, *, prefix: str = "own", **fields) -> Call:
    """A call like no other, every second one a scam; two share a group."""
    label = LABELS[i // 2 % 2 + 1] if i % 2 else LABELS[0]
    defaults = {"label": label, "group": f"{prefix}-group-{i // 2}"}
    seed = 1000 * sum(map(ord, prefix)) + i
    turns = (Turn(sentence(seed, n=20), speaker="A"), Turn(sentence(seed + 500, n=40)))
    return Call(f"{prefix}-{i}", turns, **(defaults | fields))


@pytest.fixture
def write_calls(tmp_path: Path) -> Write:
    def write(calls: list[Call], name: str = "mine.jsonl") -> str:
        path = tmp_path / name
        path.write_text("".join(json.dumps(call_to_dict(call)) + "\n" for call in calls), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Two corpora in their authors' form: one to train on, one for reports only, with a call in common."""
    folder = tmp_path / "raw"
    for i in range(30):
        path = folder / "isp_synth" / isp_synth.FOLDER / "billing" / f"billing_{i}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Agent: {sentence(i)}\nCustomer: thank you\n", encoding="utf-8")
    path = folder / "persuasion_for_good" / persuasion_for_good.FILE
    path.parent.mkdir(parents=True)
    rows = [(sentence(7) + " thank you", 0, 0, "twin"), (sentence(5000), 0, 0, "only")]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("Unit", "Turn", "B4", "B2"), *rows])
    return folder


def config(*labelled: str, **fields) -> DataConfig:
    return DataConfig(**({"pairs": False, "labelled": labelled} | fields))


def sides(prepared: Prepared) -> dict[str, str]:
    return {call.call_id: split for split in SPLITS for call in prepared.splits[split]}


def test_own_calls_come_through_whole(write_calls):
    calls = [own(i, language="en", family="kind") for i in range(8)]
    prepared = prepare(config(write_calls(calls), shares=EVERYTHING_TRAIN))
    assert prepared.splits["train"] == [replace(call, source="mine") for call in calls]
    assert prepared.counts() == {
        "mine": {"train": {"legitimate": 4, "tech_support_scam": 2, "other_scam": 2}},
    }


def test_a_folder_of_own_calls_is_read_file_by_file(write_calls, tmp_path):
    (tmp_path / "calls").mkdir()
    write_calls([own(0), own(1)], "calls/a.jsonl")
    write_calls([own(2), own(3, source="theirs")], "calls/b.jsonl")
    prepared = prepare(config(str(tmp_path / "calls"), shares=EVERYTHING_TRAIN))
    assert [call.source for call in prepared.splits["train"]] == ["calls", "calls", "calls", "theirs"]


def test_groups_are_never_on_two_sides(write_calls):
    prepared = prepare(config(write_calls([own(i) for i in range(400)]), shares=(0.4, 0.2, 0.2, 0.2)))
    groups = [{call.group for call in calls} for calls in prepared.splits.values()]
    assert all(groups)
    assert sum(map(len, groups)) == len(set.union(*groups)) == 200


def test_pairs_stay_together_and_train_both_classes():
    prepared = prepare(DataConfig(shares=(0.25, 0.25, 0.25, 0.25)))
    for calls in prepared.splits.values():
        labels: dict[str, set[str]] = {}
        for call in calls:
            if call.source in ("pairs", "moves"):
                labels.setdefault(call.group, set()).add("scam" if call.label != "legitimate" else "legitimate")
        assert {frozenset(found) for found in labels.values()} == {frozenset({"scam", "legitimate"})}


def test_moves_are_only_learnt_from_and_the_authored_test_calls_only_judged():
    prepared = prepare(DataConfig(shares=(0.25, 0.25, 0.25, 0.25)))
    where = {(call.source, split) for split, calls in prepared.splits.items() for call in calls}
    assert where == {("moves", "train"), ("authored_test", "test"), *(("pairs", split) for split in SPLITS)}
    assert all(("whole" in call.meta) is (call.source == "moves") for call in prepared.splits["train"])


def test_adding_a_source_moves_no_call_of_another(write_calls, raw):
    mine = write_calls([own(i) for i in range(60)])
    theirs = write_calls([own(i, prefix="other") for i in range(60)], "other.jsonl")
    alone = sides(prepare(config(mine)))
    for more in (
        config(mine, theirs),
        config(theirs, mine),
        config(mine, sources=("isp_synth", "persuasion_for_good"), raw=str(raw)),
        config(mine, pairs=True),
    ):
        together = sides(prepare(more))
        assert len(together) > len(alone)
        assert {call_id: together[call_id] for call_id in alone} == alone


def test_roles_decide_the_split_of_a_corpus(write_calls, raw):
    mine = write_calls([own(i) for i in range(60)])
    prepared = prepare(config(mine, sources=("isp_synth", "persuasion_for_good"), raw=str(raw)))
    assert sides(prepared)["persuasion_for_good/only"] == "test"
    assert prepared.counts()["persuasion_for_good"] == {"test": {"legitimate": 2}}


def test_held_out_sources_and_groups_are_test_whole(write_calls, raw):
    mine = write_calls([own(i) for i in range(60)])
    hold_out = ("isp_synth", "own-group-3")
    found = sides(prepare(config(mine, sources=("isp_synth",), raw=str(raw), hold_out=hold_out)))
    assert {split for call_id, split in found.items() if call_id.startswith("isp_synth/")} == {"test"}
    assert (found["own-6"], found["own-7"]) == ("test", "test")


def test_a_source_to_train_on_whole_keeps_what_is_held_out(write_calls, raw):
    mine = write_calls([own(i) for i in range(60)])
    halves = config(mine, sources=("isp_synth",), raw=str(raw), shares=(0.5, 0.0, 0.0, 0.5), train_whole=("isp_synth",))
    found = sides(prepare(halves))
    assert {split for call_id, split in found.items() if call_id.startswith("isp_synth/")} == {"train"}
    assert {split for call_id, split in found.items() if call_id.startswith("own-")} == {"train", "test"}
    found = sides(prepare(replace(halves, hold_out=("isp_synth",))))
    assert {split for call_id, split in found.items() if call_id.startswith("isp_synth/")} == {"test"}


def test_of_a_training_and_a_report_call_alike_the_report_call_stays(write_calls, raw):
    for sources in (("isp_synth", "persuasion_for_good"), ("persuasion_for_good", "isp_synth")):
        mine = write_calls([own(i) for i in range(10)])
        prepared = prepare(config(mine, sources=sources, raw=str(raw), shares=EVERYTHING_TRAIN))
        assert prepared.dropped == {"isp_synth/billing_7": "persuasion_for_good/twin"}
        assert sides(prepared)["persuasion_for_good/twin"] == "test"
        assert "isp_synth/billing_7" not in sides(prepared)


def test_exact_near_and_truncated_copies_are_dropped_across_files(write_calls):
    text = sentence(1, n=200)
    copies = {
        "exact": text,
        "retyped": text.upper().replace(" ", ", ", 20),
        "cut": text[: len(text) // 2],
        "one-word-off": text.replace("garden", "gardens", 1),
    }
    calls = [own(i) for i in range(10)]
    first = write_calls([*calls, Call("kept", (Turn(text),), label="legitimate", group="kept")])
    again = write_calls([Call(name, (Turn(t),), label="legitimate") for name, t in copies.items()], "copies.jsonl")
    prepared = prepare(config(first, again))
    assert prepared.dropped == dict.fromkeys(copies, "kept")
    assert set(sides(prepared)) == {*(call.call_id for call in calls), "kept"}


def test_groups_are_capped_and_duplicates_do_not_count(write_calls):
    calls = [own(i, group="big") for i in range(6)] + [own(i, group="scams", label="other_scam") for i in range(6, 9)]
    twin = replace(calls[0], call_id="a-twin")
    path = write_calls([calls[0], twin, *calls[1:]])
    prepared = prepare(config(path, max_calls_per_group=2, shares=EVERYTHING_TRAIN))
    assert [call.call_id for call in prepared.splits["train"]] == ["own-0", "own-1", "own-6", "own-7"]


def test_a_source_is_capped_by_whole_groups_the_same_ones_whatever_else_is_there(write_calls):
    path = write_calls([own(i) for i in range(40)])
    other = write_calls([own(i, prefix="other") for i in range(6)], "other.jsonl")
    whole, few, fewer, beside = (
        prepare(config(*paths, max_train_calls_per_source=n, shares=EVERYTHING_TRAIN))
        for paths, n in (((path,), None), ((path,), 21), ((path,), 10), ((path, other), 10))
    )
    assert [len(prepared.splits["train"]) for prepared in (whole, few, fewer, beside)] == [40, 20, 10, 16]
    assert set(sides(fewer)) < set(sides(few)) < set(sides(whole))
    assert set(sides(fewer)) == {call_id for call_id in sides(beside) if call_id.startswith("own")}
    assert {call.group: 2 for call in few.splits["train"]} == Counter(call.group for call in few.splits["train"])
    assert few.not_kept == {"mine": {CAPPED: 20}}
    tested = prepare(config(path, max_train_calls_per_source=2, hold_out=("mine",), pairs=True))
    assert len([call for call in tested.splits["test"] if call.source == "mine"]) == 40


def test_every_row_is_accounted_for(write_calls, raw):
    near = Call("near", (Turn(f"{sentence(8)} oh thank you so much"),), label="other_scam")
    same = Call("same", (Turn(sentence(9).upper()), Turn("thank you!")), label="other_scam")
    mine = write_calls([*(own(i, group="big") for i in range(10)), near, same])
    prepared = prepare(config(mine, sources=("isp_synth", "persuasion_for_good"), raw=str(raw), max_calls_per_group=4))
    assert prepared.not_kept == {"mine": {CAPPED: 6, NEAR: 1, EXACT: 1}, "isp_synth": {EXACT: 1}}
    table = {row[0]: dict(zip(ROW_COLUMNS[1:], map(int, row[1:]), strict=True)) for row in row_table(prepared)}
    assert {source: found["rows"] for source, found in table.items()} == {
        "isp_synth": 30, "mine": 12, "persuasion_for_good": 2
    }  # fmt: skip
    for found in table.values():
        assert found["kept"] == sum(found[split] for split in SPLITS)
        assert found["rows"] == sum(n for column, n in found.items() if column not in ("rows", *SPLITS))
    lines = call_table(prepared, load_sources(resource(SOURCES_PATH)))
    assert {(source, text) for source, text, *_ in lines} == {
        ("isp_synth", "llm"), ("mine", "own"), ("persuasion_for_good", "typed")
    }  # fmt: skip
    assert [line[-1] for line in lines if line[0] == "isp_synth"] == ["62"]


def test_redaction_marks_are_filled_the_same_every_time(write_calls):
    marked = [replace(own(i), turns=(Turn(f"hello [name] {sentence(i)} [number]"),)) for i in range(8)]
    path = write_calls(marked)
    one, again, other = (prepare(config(path, seed=seed, shares=EVERYTHING_TRAIN)) for seed in (0, 0, 1))
    assert one == again
    assert one.fingerprint != other.fingerprint
    assert not any("[" in turn.text for call in one.splits["train"] for turn in call.turns)


def test_what_is_written_reads_back_as_it_was(write_calls, tmp_path):
    calls = [own(i, language="en", meta={"onset_turn": 1} if i % 2 else {}) for i in range(40)]
    prepared = prepare(config(write_calls(calls), pairs=True))
    write_prepared(prepared, tmp_path / "prepared")
    again = load_prepared(tmp_path / "prepared")
    assert again == prepared
    assert again.fingerprint == prepared.fingerprint
    summary = json.loads((tmp_path / "prepared" / "prepared.json").read_text(encoding="utf-8"))
    assert summary["fingerprint"] == prepared.fingerprint
    assert summary["counts"] == prepared.counts()


def test_datasets_reads_the_parquet_files(write_calls, tmp_path):
    from datasets import load_dataset

    prepared = prepare(config(write_calls([own(i) for i in range(80)])))
    write_prepared(prepared, tmp_path / "prepared")
    files = {split: str(tmp_path / "prepared" / f"{split}.parquet") for split in SPLITS}
    loaded = load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    for split, calls in prepared.splits.items():
        assert loaded[split]["call_id"][:] == [call.call_id for call in calls]
        assert loaded[split]["label"][:] == [call.label for call in calls]
        assert [turns[0]["text"] for turns in loaded[split]["turns"]] == [call.turns[0].text for call in calls]


def test_the_fingerprint_follows_labels_words_groups_and_splits(write_calls):
    calls = [own(i) for i in range(20)]
    fingerprint = prepare(config(write_calls(calls))).fingerprint
    assert fingerprint == prepare(config(write_calls(list(reversed(calls))))).fingerprint
    for changed in (
        replace(calls[1], label="legitimate"),
        replace(calls[1], turns=(*calls[1].turns, Turn("more"))),
        replace(calls[1], group="own-group-x"),
    ):
        assert prepare(config(write_calls([calls[0], changed, *calls[2:]]))).fingerprint != fingerprint
    assert prepare(config(write_calls(calls), shares=EVERYTHING_TRAIN)).fingerprint != fingerprint


def test_changed_files_are_refused(write_calls, tmp_path):
    folder = tmp_path / "prepared"
    prepared = prepare(config(write_calls([own(i) for i in range(20)]), shares=EVERYTHING_TRAIN))
    write_prepared(prepared, folder)
    other = replace(prepared, splits={**prepared.splits, "train": prepared.splits["train"][1:]})
    write_prepared(other, tmp_path / "other")
    (tmp_path / "other" / "train.parquet").replace(folder / "train.parquet")
    with pytest.raises(DataError, match=r"train\.parquet: changed since it was written"):
        load_prepared(folder)


@pytest.mark.parametrize("missing", ["train.parquet", "prepared.json"])
def test_a_folder_that_is_no_data_set_is_refused(write_calls, tmp_path, missing):
    folder = tmp_path / "prepared"
    write_prepared(prepare(config(write_calls([own(0), own(1)]), shares=EVERYTHING_TRAIN)), folder)
    (folder / missing).unlink()
    with pytest.raises(DataError, match=r"prepared: no prepared data set .*`scamclf data prepare`"):
        load_prepared(folder)


def test_a_call_without_a_label_is_refused(write_calls):
    path = write_calls([own(0), replace(own(1), label=None)])
    with pytest.raises(DataError, match=r"mine\.jsonl: call 'own-1' has no label; wanted one of legitimate, tech_"):
        prepare(config(path))


def test_a_row_that_is_no_call_is_refused_with_its_line(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"call_id": "a", "text": "hello", "label": "legitimate"}\n{"call_id": "b"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.jsonl:2: call 'b': neither turns nor text"):
        prepare(config(str(path)))


def test_an_unknown_label_is_refused_with_its_line(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"call_id": "a", "text": "hello", "label": "scam"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.jsonl:1: .*label is 'scam'; wanted one of legitimate"):
        prepare(config(str(path)))


def test_a_missing_file_of_own_calls_is_refused(tmp_path):
    with pytest.raises(ReaderError, match=r"none\.jsonl: no such file or folder"):
        prepare(config(str(tmp_path / "none.jsonl")))


def test_ids_that_occur_twice_are_refused(write_calls):
    one, two = write_calls([own(0), own(1)]), write_calls([own(1), own(2)], "again.jsonl")
    with pytest.raises(DataError, match=r"1 call ids occur more than once, 'own-1' first"):
        prepare(config(one, two))


@pytest.mark.parametrize("kept", ["legitimate", "other_scam"])
def test_one_class_alone_is_refused(write_calls, kept):
    path = write_calls([own(i, label=kept) for i in range(6)])
    with pytest.raises(DataError, match=rf"has 6 calls with the labels \['{kept}'\]; wanted legitimate calls and sc"):
        prepare(config(path, shares=EVERYTHING_TRAIN))


def test_two_kinds_of_scam_are_not_two_classes(write_calls):
    path = write_calls([own(i, label=LABELS[1 + i % 2]) for i in range(6)])
    with pytest.raises(DataError, match="wanted legitimate calls and scams"):
        prepare(config(path, shares=EVERYTHING_TRAIN))


def test_no_calls_at_all_are_refused():
    with pytest.raises(DataError, match=r"has 0 calls with the labels none; .*add sources"):
        prepare(DataConfig(pairs=False))


def test_a_corpus_that_is_not_there_is_refused(raw):
    with pytest.raises(DataError, match=r"star: no such folder; .*scamclf data fetch star"):
        prepare(DataConfig(sources=("star",), raw=str(raw)))
    with pytest.raises(DataError, match=r"no corpus is called 'isp_sinth'; did you mean 'isp_synth'\?"):
        prepare(DataConfig(sources=("isp_sinth",), raw=str(raw)))
