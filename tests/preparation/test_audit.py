import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from invented_calls import clean_calls, each_turn, planted, says
from typer.testing import CliRunner

from scamclf.calls import Call, Turn
from scamclf.cli import app
from scamclf.errors import DataError
from scamclf.preparation.audit import Bounds, answers, audit, audit_prepared, render_text, to_dict
from scamclf.preparation.findings import at_least, at_most, within
from scamclf.preparation.leaks import Leak, leak_findings, marks_of
from scamclf.preparation.prepare import Prepared, write_prepared


def failures(calls: list[Call]) -> set[str]:
    return set(audit(calls).failed)


def leaks(calls: list[Call]) -> set[str]:
    return {finding.name for finding in leak_findings("", calls, Bounds()) if not finding.ok}


def cut(call: Call) -> Call:
    return replace(call, turns=(*call.turns[:-1], replace(call.turns[-1], text=call.turns[-1].text[:-2])))


def test_clean_calls_pass() -> None:
    report = audit(clean_calls())
    assert report.failed == ()
    assert report.ok
    assert report.calls == 400


@pytest.mark.parametrize("seed", range(5))
def test_no_mark_leaks_from_clean_calls(seed: int) -> None:
    assert leaks(clean_calls(200, seed=seed)) == set()


# The shares are those of FINDINGS, section Shortcuts, wherever it gives any.
@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param(planted(says("anydesk refund"), share=0.9), "words that tell the label", id="topic is the label"),
        pytest.param(
            planted(lambda call, rng: cut(call), share=0.126),
            "truncation: marks that tell the label",
            id="ends mid-sentence",
        ),
        pytest.param(
            planted(says("XYZ"), label="legitimate", share=0.36),
            "brands: marks that tell the label",
            id="stand-in brand",
        ),
        pytest.param(
            planted(says("Sarah"), label="legitimate", share=0.3), "names: marks that tell the label", id="name"
        ),
        pytest.param(planted(says("Norton"), share=0.4), "brands: marks that tell the label", id="brand"),
        pytest.param(
            planted(says("is this a scam"), share=0.61), "says scam: marks that tell the label", id="says scam"
        ),
        pytest.param(
            planted(says("sir"), share=0.46, calls=planted(says("ma'am"), label="legitimate", share=0.09)),
            "politeness: marks that tell the label",
            id="sir",
        ),
        pytest.param(
            planted(says("do the needful"), share=0.2), "politeness: marks that tell the label", id="do the needful"
        ),
        pytest.param(
            planted(says("[Your Name]"), share=0.2), "placeholders: marks that tell the label", id="placeholder"
        ),
        pytest.param(planted(says("press 1"), share=0.3), "placeholders: marks that tell the label", id="press one"),
    ],
)
def test_a_planted_mark_is_found(calls: list[Call], expected: str) -> None:
    assert expected in leaks(calls)


def test_lengths_are_found() -> None:
    assert "length: words" in leaks(planted(each_turn(lambda text: f"{text} {text}")))
    assert "length: turns" in leaks(planted(lambda call, rng: replace(call, turns=call.turns[:4])))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(str.lower, "probe style", id="casing"),
        pytest.param(lambda text: text.replace(" ", ", "), "probe style", id="punctuation"),
        pytest.param(lambda text: f"{text} 0207 946 018", "probe style", id="digits"),
        pytest.param(lambda text: f"{text} Um.", "probe style_normalised", id="fillers"),
    ],
)
def test_a_planted_style_is_found(change: Callable[[str], str], expected: str) -> None:
    assert expected in failures(planted(each_turn(change), calls=clean_calls(160)))


def test_speaker_tags_are_found_by_source_and_label() -> None:
    def tag(call: Call) -> Call:
        return replace(call, turns=tuple(replace(turn, speaker="Suspect") for turn in call.turns))

    findings = leak_findings("", planted(lambda call, rng: tag(call)), Bounds())
    (found,) = [finding for finding in findings if finding.name == "speaker tags: marks that tell the label"]
    assert not found.ok
    (line,) = [line for line in found.detail if line.startswith("suspect: 200 of 200 scams, 0 of 200 legitimate")]
    assert line.endswith("; invented/tech_support_scam 200")


def test_sources_with_a_style_and_a_label_of_their_own_are_found() -> None:
    scams = [call for call in clean_calls(200, seed=5, source="loud") if call.label != "legitimate"]
    shouted = planted(each_turn(str.upper), calls=scams)
    calls = clean_calls(200) + shouted
    assert "source of scam calls told from style" in failures(calls)
    only = [call for call in clean_calls(200) if call.label == "legitimate"] + shouted
    assert {"share of calls from sources with one class", "probe style"} <= failures(only)


def test_duplicates_within_and_across_splits_are_told_apart() -> None:
    calls = clean_calls(80)
    copy = replace(calls[0], call_id="copy", group="copy", turns=tuple(Turn(t.text.upper()) for t in calls[0].turns))
    prepared = Prepared({"train": calls, "validation": [], "calibration": [], "test": [copy]}, {})
    report = {finding.name: finding for finding in audit(prepared).findings}
    assert report["duplicates within a split"].value == 0
    assert report["duplicates across splits"].value == 1
    assert report["duplicates across splits"].detail == ("copy is like invented-0",)
    within_split = Prepared({"train": [*calls, copy], "validation": [], "calibration": [], "test": []}, {})
    assert "duplicates within a split" in audit(within_split).failed


def test_a_group_on_both_sides_of_a_split_is_found() -> None:
    calls = clean_calls(81)
    prepared = Prepared({"train": calls[:-1], "validation": [], "calibration": [], "test": calls[-1:]}, {})
    assert "groups in more than one split" not in audit(prepared).failed
    torn = Prepared({"train": calls[:-2], "validation": [], "calibration": [], "test": calls[-2:-1]}, {})
    (found,) = [f for f in audit(torn).findings if f.name == "groups in more than one split"]
    assert found.detail == ("invented-39 in test, train",)


def test_slices_too_small_to_judge_are_named() -> None:
    report = audit(clean_calls(30))
    (found,) = [finding for finding in report.findings if finding.name == "slices too small to judge"]
    assert "scam calls of all: 15" in found.detail
    assert not report.ok


def test_one_class_alone_is_too_small_a_slice_and_no_error() -> None:
    calls = [call for call in clean_calls(100) if call.label == "legitimate"]
    assert audit(calls).failed == ("slices too small to judge",)


def test_bounds_decide() -> None:
    calls = planted(says("anydesk"))
    assert "words that tell the label" in leaks(calls)
    assert all(finding.ok for finding in leak_findings("", calls, Bounds(words=1, marks=1)))


def test_the_same_calls_give_the_same_report() -> None:
    first, second = (to_dict(audit(clean_calls(60))) for _ in range(2))
    assert first == second


def test_a_prepared_folder_is_audited_split_by_split(tmp_path: Path) -> None:
    splits = {"train": clean_calls(200), "test": clean_calls(60, seed=9, source="other"), "validation": []}
    write_prepared(Prepared({**splits, "calibration": []}, {}), tmp_path)
    names = [finding.name for finding in audit_prepared(tmp_path, splits=("train", "test")).findings]
    assert "train: probe style" in names
    assert "test: probe style" in names
    with pytest.raises(DataError, match="no split 'dev'; there are train, validation"):
        audit_prepared(tmp_path, splits=("dev",))


def test_the_command_prints_the_findings_and_exits_with_1_past_a_bound(tmp_path: Path) -> None:
    splits = {split: clean_calls(100, seed=k, source=split) for k, split in enumerate(("validation", "test"))}
    write_prepared(Prepared({"train": clean_calls(), "calibration": [], **splits}, {}), tmp_path)
    done = CliRunner().invoke(app, ["data", "audit", str(tmp_path), "--out", str(tmp_path / "audit.json")])
    assert done.exit_code == 1
    assert "slices too small to judge" in done.output
    assert "what of a recipe answers it" in done.output
    assert json.loads((tmp_path / "audit.json").read_text())["ok"] is False


def test_bounds_of_ones_own_decide_and_are_checked(tmp_path: Path) -> None:
    folder, bounds = tmp_path / "data", tmp_path / "bounds.yaml"
    write_prepared(Prepared({"train": clean_calls(), "validation": [], "calibration": [], "test": []}, {}), folder)
    bounds.write_text("small_slices: 6\none_label_sources: 1\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["data", "audit", str(folder), "--bounds", str(bounds)])
    assert (done.exit_code, "answers it" in done.output) == (0, False)
    bounds.write_text("small_slice: 6\n", encoding="utf-8")
    refused = CliRunner().invoke(app, ["data", "audit", str(folder), "--bounds", str(bounds)])
    assert "did you mean 'small_slices'?" in str(refused.exception)


def test_every_finding_out_of_bounds_has_an_answer() -> None:
    report = audit(planted(says("anydesk"), calls=clean_calls(100)))
    assert report.failed
    lines = answers(report)
    assert all(any(name in line for line in lines) for name in report.failed)
    assert any(line.startswith("words that tell the label") and "authored pairs" in line for line in lines)


def test_a_call_without_a_label_is_refused() -> None:
    with pytest.raises(DataError, match="call 'x': label is None; wanted one of legitimate"):
        audit([Call("x", (Turn("hello"),))])


def test_a_report_is_a_table_and_plain_values() -> None:
    report = audit(planted(says("anydesk"), calls=clean_calls(100)))
    text = render_text(report)
    assert "FAIL  words that tell the label" in text
    assert "anydesk: 50 of 50 scams, 0 of 50 legitimate" in text
    assert json.loads(json.dumps(to_dict(report)))["ok"] is False


def test_no_words_of_a_call_but_single_marks_are_in_a_report() -> None:
    calls = planted(says("anydesk"), calls=clean_calls(100))
    report = json.dumps(to_dict(audit(calls)))
    assert not any(turn.text in report for call in calls for turn in call.turns)


def test_bounds_are_within_or_out_on_either_side() -> None:
    assert at_most("n", 2, 2).ok
    assert not at_least("n", 1, 2).ok
    assert within("a", 0.4, 0.6).ok
    assert not within("a", 0.39, 0.6).ok
    assert within("a", 0.39, 0.6, error=0.02).ok
    assert within("a", float("nan"), 0.6).ok


def test_a_rare_mark_may_be_chance() -> None:
    assert Leak("x", 3, 0, 1000, 1000).share == pytest.approx(3.5 / 4)
    assert not Leak("x", 3, 0, 1000, 1000).tells(area=0.6, share=0.8)
    assert Leak("x", 30, 0, 1000, 1000).tells(area=0.6, share=0.8)
    assert not Leak("x", 30, 20, 1000, 1000).tells(area=0.6, share=0.8)


def test_the_share_of_a_mark_does_not_depend_on_how_many_calls_a_class_has() -> None:
    assert Leak("x", 10, 100, 100, 1000).share == pytest.approx(0.5, abs=0.01)


def test_marks_are_read_from_the_words_as_the_model_reads_them() -> None:
    turns = (
        Turn("Hi [Your Name], Sir, it's Mac Afee. Press 1!", speaker="Agent"),
        Turn("Suspect: ask Mike at e-Bay. Is that fraud?"),
    )
    marks = marks_of(Call("x", turns))
    assert marks["speaker tags"] == {"agent", "suspect: in the text"}
    assert marks["placeholders"] == {"[your name]", "any placeholder", "press one"}
    assert marks["brands"] == {"mcafee", "ebay"}
    assert marks["politeness"] == {"sir", "sir, ma'am or madam"}
    assert marks["says scam"] == {"says fraud"}
    assert marks["names"] == set()  # "mike" is a word too for a recogniser's microphone
