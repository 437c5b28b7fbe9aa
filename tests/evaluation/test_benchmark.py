"""A closer look at a bundle: what its figures count, and the command that prints them."""

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from scamclf.calls import Call, Turn
from scamclf.cli import app
from scamclf.errors import ConfigError, DataError
from scamclf.evaluation import benchmark as module
from scamclf.evaluation.benchmark import benchmark_bundle
from scamclf.evaluation.changes import CHANGES, change_call
from scamclf.evaluation.fairness import fairness, subgroups
from scamclf.evaluation.robustness import robustness
from scamclf.predict import Scorer
from scamclf.preparation.prepare import Prepared, load_prepared, write_prepared
from scamclf.training.run import RUN

SHIPPED = "fpr_1pct"


@pytest.fixture(scope="module")
def test_calls(tiny_run):
    """Forty-odd authored pairs of the test split."""
    calls = [call for call in load_prepared(tiny_run / RUN.data).splits["test"] if call.source == "pairs"]
    kept = set(sorted({call.group for call in calls})[:45])
    return [call for call in calls if call.group in kept]


@pytest.fixture(scope="module")
def small_data(tiny_run, test_calls, tmp_path_factory):
    """The data set of the bundle with no more test calls than these."""
    prepared = load_prepared(tiny_run / RUN.data)
    folder = tmp_path_factory.mktemp("small") / "data"
    write_prepared(Prepared({**prepared.splits, "test": test_calls}, prepared.dropped), folder)
    return folder


def scored(scorer: Scorer, calls) -> np.ndarray:
    return np.array([prediction.logit_scam for prediction in scorer.score(calls)])


def test_robustness_counts_at_the_threshold_of_the_unchanged_calls(scorer, test_calls):
    names = ("speakers absent", "chatty preamble")
    found = robustness(scorer, test_calls, changes=names, resamples=50)
    scam = np.array([call.label != "legitimate" for call in test_calls])
    before = scored(scorer, test_calls)
    after = scored(scorer, [change_call(call, "chatty preamble") for call in test_calls])
    threshold = found["threshold"]
    # Fewer than a hundred legitimate calls of one source: none may alarm.
    assert before[~scam].max() < threshold <= np.nextafter(before[~scam].max(), np.inf)
    talked = found["changes"]["chatty preamble"]
    assert talked["recall"]["share"] == pytest.approx((after[scam] >= threshold).mean())
    assert talked["false_positive_rate"]["share"] == pytest.approx((after[~scam] >= threshold).mean())
    change = talked["recall_change"]
    assert change["share"] == pytest.approx(talked["recall"]["share"] - found["unchanged"]["recall"]["share"])
    assert change["low"] <= change["share"] <= change["high"]
    assert talked["changed"] == 1.0
    absent = found["changes"]["speakers absent"]
    assert absent["recall_change"] == {"share": 0.0, "low": 0.0, "high": 0.0}
    assert absent["changed"] == 0.0


def said(text, label="legitimate", source="mine", **fields):
    return Call(text, (Turn(text),), label=label, source=source, **fields)


def test_subgroups_are_found_by_words_and_by_what_the_pairs_say(test_calls):
    calls = [
        said("yes Sir."),
        said("are you siring puppies"),
        said("open any desk for me"),
        said("is this a scam"),
        said("thank you ma’am", label="other_scam"),
        *test_calls,
    ]
    found = {group.name: group for group in subgroups(calls)}
    assert list(found["says sir or ma'am"].member[:5]) == [True, False, False, False, True]
    assert list(found["remote session"].member[:5]) == [False, False, True, False, False]
    assert list(found["says scam or fraud"].member[:5]) == [False, False, False, True, False]
    # Whoever is not of the pairs is on neither side of what only pairs tell.
    varieties = {name: group for name, group in found.items() if name.startswith("company's English: ")}
    assert len(varieties) == 7
    assert not any(group.known[:5].any() or group.member[:5].any() for group in varieties.values())
    assert sum(group.member for group in varieties.values()).tolist() == [0] * 5 + [1] * len(test_calls)
    assert any(name.startswith("kind: ") for name in found)


def test_fairness_counts_false_alarms_and_ranks_scams_of_the_others_above(scorer, test_calls):
    found = fairness(scorer, test_calls)
    scores = scored(scorer, test_calls)
    scam = np.array([call.label != "legitimate" for call in test_calls])
    group = next(group for group in subgroups(test_calls) if group.name == "says sir or ma'am")
    one = found["subgroups"]["says sir or ma'am"]
    honest, others = scores[group.member & ~scam], scores[~group.member & scam]
    assert one["false_positive_rate"]["n"] == honest.size > 3
    assert one["false_positive_rate"]["alarms"] == (honest >= scorer.alert_at.threshold).sum()
    assert one["background_scams"] == others.size
    above = (others[:, None] > honest).mean() + 0.5 * (others[:, None] == honest).mean()
    assert one["bpsn_auc"] == pytest.approx(above)


def test_counterfactuals_count_the_calls_that_they_change(scorer, test_calls):
    found = fairness(scorer, test_calls)["counterfactuals"]["names swapped"]
    swapped = [change_call(call, "names swapped") for call in test_calls]
    other = [i for i, (was, now) in enumerate(zip(test_calls, swapped, strict=True)) if was.turns != now.turns]
    moved = scored(scorer, swapped) - scored(scorer, test_calls)
    honest = [i for i in other if test_calls[i].label == "legitimate"]
    assert found["legitimate"]["n"] == len(honest) > 5
    assert found["legitimate"]["mean_absolute"] == pytest.approx(np.abs(moved[honest]).mean())
    assert found["scam"]["n"] == len(other) - len(honest)


def test_a_bundle_without_an_operating_point_is_refused(scorer, test_calls):
    precision = scorer.manifest.precisions["fp32"]
    bare = dataclasses.replace(precision, call=dataclasses.replace(precision.call, scam={}))
    manifest = dataclasses.replace(scorer.manifest, precisions={"fp32": bare}, operating_point=None)
    without = Scorer(manifest, scorer.encoder, scorer.runtime, linear=scorer.linear)
    with pytest.raises(DataError, match="ships no operating point; `scamclf calibrate` sets one"):
        fairness(without, test_calls)


def test_the_command_prints_all_three_parts_and_writes_them(tiny_bundle, small_data, tmp_path, monkeypatch):
    # One change and few resamples are enough to see the whole way.
    monkeypatch.setattr(
        module, "robustness", lambda *a, **k: robustness(*a, **k, changes=("fillers put in",), resamples=20)
    )
    arguments = ["--bundle", tiny_bundle, "--data", small_data, "--out", tmp_path / "new" / "look.json"]
    done = CliRunner().invoke(app, ["benchmark", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    for heading in ("## Early warning", "## Robustness", "## Fairness"):
        assert heading in done.output
    assert "robustness: fillers put in" in done.output
    kept = json.loads((tmp_path / "new" / "look.json").read_text(encoding="utf-8"))
    assert kept["markdown"] in done.output
    for line in kept["markdown"].splitlines():
        assert not line.startswith("|") or line.endswith("|")
    for table in kept["markdown"].split("\n\n"):
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1, table
    assert set(CHANGES) > set(kept["robustness"]["changes"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --config RECIPE to leave sources out, or --bundle"),
        (["--config", "a.yaml", "--bundle", "b"], "give --config RECIPE to leave sources out, or --bundle"),
        (["--bundle", "b"], "needs --data"),
        (["--bundle", "b", "--data", "d", "--proxy"], "--folds, --proxy, --set and --raw go with --config"),
        (["--config", "a.yaml", "--data", "d"], "--data and --precision go with --bundle"),
        (["--config", "a.yaml", "--precision", "bf16"], "--data and --precision go with --bundle"),
        (["--config", "configs/smoke.yaml", "--seeds", "0,x"], "wanted whole numbers"),
    ],
)
def test_the_command_says_what_it_wants(arguments, message):
    done = CliRunner().invoke(app, ["benchmark", *arguments], env={"COLUMNS": "300"})
    assert done.exit_code == 2
    assert message in done.output


def test_data_of_another_model_are_warned_of(tiny_bundle, tiny_run, small_data, caplog, monkeypatch):
    for part in ("early_warning", "robustness", "fairness", "markdown"):
        monkeypatch.setattr(module, part, lambda *a, **k: {})
    benchmark_bundle(tiny_bundle, tiny_run / RUN.data)
    assert caplog.text == ""
    benchmark_bundle(tiny_bundle, small_data)
    assert "its test calls may be training calls of it" in caplog.text


def test_a_bundle_that_ships_no_point_at_one_percent_is_refused(tiny_bundle, tiny_run, monkeypatch):
    monkeypatch.setattr(module, "TARGET_FPR", 0.5)
    with pytest.raises(ConfigError, match="operating point is 'fpr_50pct'; this bundle ships fpr_1pct"):
        benchmark_bundle(tiny_bundle, tiny_run / RUN.data)


def test_the_precision_that_is_asked_for_is_the_one_that_is_judged(tiny_bundle, tiny_run):
    with pytest.raises(ConfigError, match=r"precision is 'int8'; .* has fp32"):
        benchmark_bundle(tiny_bundle, tiny_run / RUN.data, precision="int8")
