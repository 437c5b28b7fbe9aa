"""A source left out is neither trained on nor calibrated on, and what was done is not done again."""

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from scamclf.calls import Call, Turn
from scamclf.cli import app
from scamclf.errors import ConfigError, DataError
from scamclf.evaluation import leave_one_out as module
from scamclf.evaluation.folds import check_folds, crop, leave_out, pick_folds, proxy_folds, proxy_prepared
from scamclf.evaluation.leave_one_out import leave_one_out
from scamclf.evaluation.leave_one_out_table import summary
from scamclf.metrics import wilson_interval
from scamclf.predict import load
from scamclf.preparation.prepare import Prepared, load_prepared
from scamclf.render import render
from scamclf.resources import resource
from scamclf.training.train import prepare_recipe

SMOKE = resource("configs/smoke.yaml")
SMALL = ("data.pairs=false", "training.epochs=1", "training.windows_per_epoch=16")


@pytest.fixture(scope="module")
def overrides(three_sources):
    return [*SMALL, f"data.labelled=[{three_sources}]"]


@pytest.fixture(scope="module")
def finished(overrides, tmp_path_factory):
    """The folder and the results of two folds, killed after the first training, then ended, then one fold added."""
    folder = tmp_path_factory.mktemp("benchmark") / "run"
    trained = []
    fit = module.fit

    def counted(recipe, prepared, run, **options):
        trained.append((recipe.data.hold_out, recipe.training.seed))
        return fit(recipe, prepared, run, **options)

    evaluate_scorer = module.evaluate_scorer
    calls = []

    def killed_once(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return evaluate_scorer(*arguments)

    patch = pytest.MonkeyPatch()
    patch.setattr(module, "fit", counted)
    patch.setattr(module, "evaluate_scorer", killed_once)
    try:
        with pytest.raises(KeyboardInterrupt):
            leave_one_out(SMOKE, run=folder, overrides=overrides, folds=["honest"])
        first = leave_one_out(SMOKE, run=folder, overrides=overrides, folds=["honest"])
        second = leave_one_out(SMOKE, run=folder, overrides=overrides, folds=["honest", "scams"])
    finally:
        patch.undo()
    return folder, first, second, trained


def test_what_was_trained_is_not_trained_again(finished):
    _, first, second, trained = finished
    assert trained == [(("honest",), 0), (("scams",), 0)]
    assert [row for row in second["sources"] if row["fold"] == "honest"] == first["sources"]


def test_a_left_out_source_is_in_the_test_split_alone(finished):
    folder, *_ = finished
    for fold in ("honest", "scams"):
        prepared = load_prepared(folder / f"{fold}-seed0" / "data")
        assert {split for split, calls in prepared.splits.items() if any(c.source == fold for c in calls)} == {"test"}


def test_a_fold_leaves_a_bundle_its_data_and_no_checkpoints(finished):
    folder, *_ = finished
    assert sorted(path.name for path in (folder / "scams-seed0").iterdir()) == ["bundle", "data"]


def test_alarms_are_those_of_the_bundle_at_its_threshold(finished):
    folder, _, result, _ = finished
    scorer = load(folder / "honest-seed0" / "bundle", threads=1)
    test = load_prepared(folder / "honest-seed0" / "data").splits["test"]
    predictions = scorer.score([call for call in test if call.source == "honest"])
    (row,) = (row for row in result["sources"] if row["fold"] == "honest")
    assert (row["source"], row["class"], row["n"]) == ("honest", "legitimate", len(predictions))
    alarms = sum(bool(prediction.alert) for prediction in predictions)
    assert row["model"]["alarms"]["share"] == pytest.approx(alarms / len(predictions))
    assert "at_1pct" not in row["model"]


def test_scams_are_ranked_against_all_legitimate_test_calls(finished):
    folder, _, result, _ = finished
    scorer = load(folder / "scams-seed0" / "bundle", threads=1)
    test = load_prepared(folder / "scams-seed0" / "data").splits["test"]
    scores = {prediction.call_id: prediction.logit_scam for prediction in scorer.score(test)}
    scams = [scores[call.call_id] for call in test if call.source == "scams"]
    # Fewer than a hundred legitimate calls: none may alarm.
    highest = max(scores[call.call_id] for call in test if call.label == "legitimate")
    (row,) = (row for row in result["sources"] if row["fold"] == "scams")
    assert row["model"]["at_1pct"]["share"] == pytest.approx(sum(score > highest for score in scams) / len(scams))
    assert {"model", "baseline"} <= set(row)


def test_the_table_has_a_line_for_every_left_out_source(finished):
    *_, result, _ = finished
    lines = result["markdown"].splitlines()
    for name in ("scams (scam)", "honest (legitimate)"):
        assert any(line.startswith(f"| {name} |") for line in lines)


def test_another_recipe_in_the_folder_is_refused(finished, overrides):
    folder, *_ = finished
    with pytest.raises(ConfigError, match="begun with another recipe"):
        leave_one_out(SMOKE, run=folder, overrides=[*overrides, "training.lr=1e-5"], folds=["scams"])
    with pytest.raises(ConfigError, match="begun without --proxy"):
        leave_one_out(SMOKE, run=folder, overrides=overrides, folds=["scams"], proxy=True)


def test_the_command_prints_progress_and_the_table_and_writes_the_result(finished, overrides, tmp_path):
    folder, _, result, _ = finished
    arguments = ["benchmark", "--config", str(SMOKE), "--run", str(folder), "--folds", "honest,scams"]
    arguments += [part for override in overrides for part in ("--set", override)]
    done = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "new" / "benchmark.json")])
    assert done.exit_code == 0, done.output
    assert "fold 2 of 2: scams left out, seed 0: done before" in done.output
    assert result["markdown"] in done.output
    kept = json.loads((tmp_path / "new" / "benchmark.json").read_text(encoding="utf-8"))
    assert kept["sources"] == result["sources"]
    assert kept["markdown"] == result["markdown"]


COUNTS = {
    "both": {"train": {"legitimate": 5, "tech_support_scam": 5, "other_scam": 1}, "test": {"legitimate": 1}},
    "more": {"train": {"legitimate": 4, "tech_support_scam": 4, "other_scam": 4}},
    "scams": {"train": {"tech_support_scam": 3}},
    "honest": {"train": {"legitimate": 2}, "calibration": {"legitimate": 9}},
    "report": {"test": {"legitimate": 99}},
}


def test_folds_are_the_sources_that_are_trained_on():
    assert pick_folds(COUNTS) == ["both", "honest", "more", "scams"]
    assert pick_folds(COUNTS, ["scams", "both"]) == ["scams", "both"]
    with pytest.raises(ConfigError, match=r"--folds report: no training source.*both, honest, more, scams"):
        pick_folds(COUNTS, ["report"])


def test_the_proxy_leaves_out_the_largest_source_of_each_kind():
    assert proxy_folds(COUNTS) == ["honest", "more", "scams"]
    assert proxy_folds({name: COUNTS[name] for name in ("both", "more", "scams")}) == ["both", "more", "scams"]


def test_folds_that_leave_too_little_are_refused_before_anything_is_trained(overrides, tmp_path):
    recipe, prepared = prepare_recipe(SMOKE, overrides=overrides)
    judged = {split: {"legitimate": 2, "tech_support_scam": 2} for split in ("validation", "calibration", "test")}
    counts = {
        "one": {"train": {"legitimate": 5, "tech_support_scam": 5, "other_scam": 5}, **judged},
        "two": {"train": {"legitimate": 5, "tech_support_scam": 5}},
    }
    with pytest.raises(DataError, match=r"without one the train split has no call labelled other_scam.*--folds two$"):
        check_folds(recipe, counts, ["one", "two"])
    counts["two"]["train"]["other_scam"] = 5
    with pytest.raises(DataError, match=r"without one the validation split has 0 legitimate calls and 0 scams"):
        check_folds(recipe, counts, ["one"])
    check_folds(recipe, counts, ["two"])
    shipping = dataclasses.replace(recipe.calibration, demonstration=False)
    with pytest.raises(DataError, match=r"legitimate calls are left to set the threshold on.*needs 300"):
        check_folds(dataclasses.replace(recipe, calibration=shipping), prepared.counts(), ["honest"])
    with pytest.raises(ConfigError, match=r"target_fprs is \[0.1\]; wanted 0.01"):
        leave_one_out(SMOKE, run=tmp_path / "run", overrides=[*overrides, "calibration.target_fprs=[0.1]"])
    assert not (tmp_path / "run").exists()


def call(name, source, group, text="a b c", **fields):
    return Call(name, (Turn(text),), source=source, label="legitimate", group=group, **fields)


def test_calls_of_a_left_out_group_go_whatever_their_source():
    prepared = Prepared(
        {
            "train": [call("1", "a", "channel:x"), call("2", "a", "channel:y"), call("3", "a", None)],
            "validation": [],
            "calibration": [call("4", "b", "channel:x")],
            "test": [call("5", "left", "channel:x"), call("6", "left", None), call("7", "a", "channel:x")],
        },
        {},
    )
    kept = leave_out(prepared, "left").splits
    assert {split: [c.call_id for c in calls] for split, calls in kept.items()} == {
        "train": ["2", "3"],
        "validation": [],
        "calibration": [],
        "test": ["5", "6", "7"],
    }


def test_a_crop_is_a_piece_of_the_call_as_long_as_was_asked_for():
    turns = tuple(Turn(f"turn {i} has some five words", start_s=float(i)) for i in range(20))
    whole = Call("c", turns, label="other_scam", meta={"onset_turn": 7})
    pieces = [crop(whole, 30, seed=seed) for seed in range(20)]
    for piece in pieces:
        assert len(render(piece).split()) == 30
        assert render(piece) in render(whole)
        onset = piece.meta.get("onset_turn")
        assert (onset is None) == ("turn 7 has" not in render(piece))
        assert onset is None or piece.turns[onset].text.startswith("turn 7")
    assert len({render(piece) for piece in pieces}) > 5
    assert crop(whole, 30, seed=3) == pieces[3]
    assert crop(whole, 500, seed=0) is whole


def test_the_proxy_crops_what_is_judged_and_nothing_that_is_trained_on(overrides):
    recipe, prepared = prepare_recipe(SMOKE, overrides=overrides)
    quick = proxy_prepared(prepared, max_tokens=recipe.windows.max_tokens, seed=0)
    assert quick.splits["train"] == prepared.splits["train"]
    for split in ("validation", "calibration", "test"):
        assert max(len(render(c).split()) for c in quick.splits[split]) <= recipe.windows.max_tokens / 1.5


def share(n, alarms):
    low, high = wilson_interval(alarms, n)
    return {"n": n, "alarms": alarms, "low": low, "high": high, "cluster_low": None, "cluster_high": None}


def report(part, alarms, n, *, kind):
    ranked = {"0.01": {"indicative": True, "sources": {part: share(n, alarms)} if kind == "scam" else {}}}
    judged = {
        "sources": {f"{part} ({kind})": share(n, alarms), "elsewhere (legitimate)": share(3, 3)},
        "recall_at_fpr": ranked,
        "roc_auc": 0.5,
        "average_precision": 0.25,
    }
    return {"model": judged, "baseline": judged}


def test_the_summary_averages_seeds_and_weighs_sources_equally():
    found = summary(
        [
            {"fold": "a", "seed": 0, "report": report("a", 2, 4, kind="scam")},
            {"fold": "a", "seed": 1, "report": report("a", 4, 4, kind="scam")},
            {"fold": "b", "seed": 0, "report": report("b/part", 0, 100, kind="scam")},
            {"fold": "c", "seed": 0, "report": report("c", 1, 10, kind="legitimate")},
        ]
    )
    a, b, c = found["sources"]
    assert (a["source"], b["source"], c["source"]) == ("a", "b/part", "c")
    assert a["model"]["alarms"]["by_seed"] == [0.5, 1.0]
    assert a["model"]["alarms"]["share"] == 0.75
    assert (a["model"]["alarms"]["low"], a["model"]["alarms"]["high"]) == (wilson_interval(2, 4)[0], 1.0)
    recall = found["pooled"]["model"]["recall"]
    assert recall["share"] == pytest.approx((0.75 + 0) / 2)
    assert recall["low"] < recall["share"] < recall["high"]
    assert found["pooled"]["model"]["false_positive_rate"]["share"] == pytest.approx(0.1)
    assert set(found["folds"]) == {"a", "b"}
