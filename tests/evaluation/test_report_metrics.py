import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from scamclf.calls import Call, Turn
from scamclf.corpora import SOURCES_PATH, load_sources
from scamclf.errors import DataError
from scamclf.evaluation.bootstrap import Sample, interval_of, resample
from scamclf.evaluation.curves import MAX_POINTS, curve_points, reliability
from scamclf.evaluation.html import write_html
from scamclf.evaluation.judge import judge, judge_with_draws, widest_interval
from scamclf.evaluation.report import evaluate_scorer
from scamclf.evaluation.style_probe import style_scores, train_style_probe
from scamclf.evaluation.worst import is_sealed, named_by_part, worst_mistakes
from scamclf.metrics import (
    class_balanced_weights,
    logit,
    operating_curve,
    precision_at_prevalence,
    recall_at_fpr,
    sigmoid,
    weighted_share,
    wilson_interval,
)
from scamclf.preparation.prepare import Prepared, load_prepared
from scamclf.resources import resource


def call(call_id, label="legitimate", *, source="s", group=None, text="hello there"):
    return Call(call_id=call_id, turns=(Turn(text=text),), source=source, label=label, group=group)


def sample(n=120, *, seed=0, groups=None, ties=False):
    generator = np.random.default_rng(seed)
    scam = generator.random(n) < 0.4
    scam[:2] = True, False
    scores = np.where(scam, 1.0, -1.0) + generator.normal(0, 1.5, n)
    return Sample(
        np.round(scores) if ties else scores,
        scam,
        generator.choice(["a", "b", "c"], n),
        np.array([f"g{i if groups is None else i % groups}" for i in range(n)]),
    )


def test_logit_is_the_inverse_of_sigmoid_and_finite_at_the_ends():
    assert logit(sigmoid([-20.0, -1.0, 0.0, 3.0, 20.0])) == pytest.approx([-20.0, -1.0, 0.0, 3.0, 20.0], rel=1e-6)
    assert np.isfinite(logit([0.0, 1.0])).all()


def test_classes_weigh_the_same_and_within_them_sources():
    weights = class_balanced_weights([True, True, True, False], ["a", "a", "b", "a"])

    assert weights == pytest.approx([0.25, 0.25, 0.5, 1.0])


def test_one_class_alone_can_be_weighed():
    assert class_balanced_weights([False, False], ["a", "b"]).tolist() == [0.5, 0.5]


def test_a_weighted_interval_contains_the_share_where_one_from_counts_does_not():
    hit, weights = np.array([True] + [False] * 100), np.array([0.5] + [0.005] * 100)

    share, low, high = weighted_share(hit, weights=weights)

    assert share == pytest.approx(0.5)
    assert low < 0.5 < high
    assert wilson_interval(1, 101)[1] < 0.5


def test_equal_weights_give_the_interval_of_the_counts():
    hit = np.array([True, False, False, True, False])

    assert weighted_share(hit, weights=np.full(5, 0.2)) == pytest.approx((0.4, *wilson_interval(2, 5)))
    assert weighted_share(hit) == (0.4, *wilson_interval(2, 5))


def test_wilson_is_exact_at_the_ends():
    assert wilson_interval(0, 300)[0] == 0.0
    assert wilson_interval(300, 300)[1] == 1.0


@given(st.integers(0, 10_000))
def test_the_curve_is_that_of_scikit_learn(seed):
    found = sample(40, seed=seed, ties=True)
    weights = class_balanced_weights(found.positive, found.sources)

    curve = operating_curve(found.scores, found.positive, weights=weights)

    fpr, tpr, _ = roc_curve(found.positive, found.scores, sample_weight=weights, drop_intermediate=False)
    assert curve.false_positive_rate == pytest.approx(fpr[1:])
    assert curve.recall == pytest.approx(tpr[1:])


def test_a_curve_of_one_class_is_refused():
    with pytest.raises(DataError, match="2 scams among 2 calls"):
        operating_curve([1.0, 2.0], [True, True])


def test_precision_falls_as_scams_get_rare():
    # In 100,000 calls 100 scams: 90 are caught, 999 of 99,900 legitimate calls alarm.
    assert precision_at_prevalence(0.9, 0.01, 0.001) == pytest.approx(90 / (90 + 999))
    assert precision_at_prevalence(0.0, 0.0, 0.001) == 0.0


def test_a_resample_of_every_call_once_gives_the_figures_themselves():
    # A single group a source is drawn once each time: nothing varies, and every figure is the plain one.
    found = sample(200, groups=1, ties=True)
    weights = class_balanced_weights(found.positive, found.sources)
    scam = found.positive

    draws = resample(found, threshold=0.5, fprs=(0.1, 0.01), resamples=3, parts={"all": np.ones(200, dtype=bool)})

    for fpr in (0.1, 0.01):
        plain = recall_at_fpr(
            found.scores[scam], found.scores[~scam], fpr,
            positive_weights=weights[scam], negative_weights=weights[~scam],
        )  # fmt: skip
        assert draws.recall_at_fpr[fpr] == pytest.approx([plain.recall] * 3)
    expected = average_precision_score(scam, found.scores, sample_weight=weights)
    assert draws.average_precision == pytest.approx([expected] * 3)
    assert draws.roc_auc == pytest.approx([roc_auc_score(scam, found.scores, sample_weight=weights)] * 3)
    assert draws.parts["all"] == pytest.approx([np.mean(found.scores >= 0.5)] * 3)
    assert draws.recall == pytest.approx([np.average(found.scores[scam] >= 0.5, weights=weights[scam])] * 3)


def test_alike_calls_of_few_groups_give_a_wider_interval():
    generator = np.random.default_rng(1)
    groups = np.repeat(np.arange(20), 20)
    scam = groups % 2 == 0
    scores = np.where(scam, 0.5, -9.0) + generator.normal(0, 2, 20)[groups]
    names, source = np.char.add("g", groups.astype(str)), np.full(400, "s")

    clustered = resample(Sample(scores, scam, source, names), threshold=0.0, fprs=(0.1,)).recall
    alone = resample(Sample(scores, scam, source, np.arange(400).astype(str)), threshold=0.0, fprs=(0.1,)).recall

    assert clustered.std() > 2 * alone.std()


def test_the_bootstrap_follows_from_its_seed():
    found = sample()

    first, again, other = (resample(found, threshold=0.0, fprs=(0.1,), resamples=50, seed=s).recall for s in (1, 1, 2))

    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_an_interval_needs_figures_in_most_resamples():
    assert interval_of(np.array([np.nan, np.nan, 0.5])) is None
    assert interval_of(np.array([0.2, 0.4, np.nan])) == pytest.approx((0.205, 0.395))


def test_the_wider_interval_is_shown():
    share = {"low": 0.1, "high": 0.2, "cluster_low": 0.05, "cluster_high": 0.3}

    assert widest_interval(share) == (0.05, 0.3)
    assert widest_interval({**share, "cluster_low": 0.14, "cluster_high": 0.16}) == (0.1, 0.2)
    assert widest_interval({**share, "cluster_low": None, "cluster_high": None}) == (0.1, 0.2)


def test_curve_points_are_few_and_keep_both_ends():
    found = sample(5000)

    points = curve_points(found.scores, found.positive, np.ones(5000))

    assert len(points["recall"]) == len(points["false_positive_rate"]) == len(points["threshold"]) <= MAX_POINTS
    assert points["false_positive_rate"][0] == 0.0
    assert (points["false_positive_rate"][-1], points["recall"][-1]) == (1.0, 1.0)
    assert points["recall"] == sorted(points["recall"])


def test_precision_can_be_drawn_from_the_curve_points():
    found = sample(30)
    weights = class_balanced_weights(found.positive, found.sources)

    points = curve_points(found.scores, found.positive, weights)

    precision, recall, _ = precision_recall_curve(found.positive, found.scores, sample_weight=weights)
    known = set(zip(precision.round(4), recall.round(4), strict=True))
    pairs = [(r / (r + f), r) for r, f in zip(points["recall"], points["false_positive_rate"], strict=True) if r]
    assert all((round(p, 4), round(r, 4)) in known for p, r in pairs)


def test_a_reliability_bin_holds_its_share():
    rows = reliability(np.array([0.1] * 10 + [0.9] * 10), np.array([False] * 10 + [True] * 10), np.ones(20))

    assert [row["n"] for row in rows] == [5, 5, 5, 5]
    assert [row["probability"] for row in rows] == pytest.approx([0.1, 0.1, 0.9, 0.9])
    assert [row["share"] for row in rows] == [0, 0, 1, 1]


def test_judged_figures_are_plain_json_and_pooled_by_source():
    scams = [call(f"s{i}", "other_scam", source=source) for i, source in enumerate("abbb")]
    calls = scams + [call(f"l{i}") for i in range(10)]
    scores = np.array([1.0, -1.0, -1.0, -1.0] + [-2.0] * 9 + [2.0])

    found = judge(scores, calls, threshold=0.0, resamples=20)

    json.dumps(found, allow_nan=False)
    assert found["pooled"]["recall"]["share"] == pytest.approx(0.5)
    assert found["pooled"]["false_positive_rate"]["share"] == pytest.approx(0.1)
    row = next(row for row in found["prevalence"] if row["prevalence"] == 0.001)
    assert row["alerts"] == pytest.approx(100 * 0.5 + 99_900 * 0.1)
    assert row["precision"] == pytest.approx(50 / (50 + 9990))
    assert row["alerts_low"] < row["alerts"] < row["alerts_high"]
    assert found["recall_at_fpr"]["0.01"]["indicative"]


def test_a_source_of_one_group_has_no_bootstrap_interval():
    calls = [call(f"x{i}", "other_scam", source="one", group="channel:x") for i in range(5)]
    calls += [call(f"l{i}", source="many") for i in range(5)]

    found = judge(np.arange(10.0), calls, threshold=0.0, resamples=20)["sources"]

    assert (found["one (scam)"]["groups"], found["one (scam)"]["cluster_low"]) == (1, None)
    assert found["many (legitimate)"]["cluster_low"] is not None


def test_draws_of_two_scorers_of_the_same_calls_are_pairs():
    calls = [call(f"s{i}", "other_scam") for i in range(20)] + [call(f"l{i}") for i in range(20)]
    scores = np.random.default_rng(0).normal(0, 1, 40) + np.repeat([1.0, 0.0], 20)

    (_, first), (_, second) = (judge_with_draws(s, calls, threshold=0.0, resamples=30) for s in (scores, 2 * scores))

    assert first.recall_at_fpr[0.01].tolist() == second.recall_at_fpr[0.01].tolist()


def test_the_style_probe_sees_style_and_no_words():
    shouted = [call(f"s{i}", "other_scam", text="PRESS ONE NOW!!! " * (3 + i % 3)) for i in range(12)]
    calm = [call(f"l{i}", text="hello i would like to book a table please " * (2 + i % 3)) for i in range(12)]

    model = train_style_probe([*shouted, *calm])

    assert style_scores(model, shouted).min() > style_scores(model, calm).max()
    words, others = call("a", text="We send you money today."), call("b", text="He eats old bread often.")
    swapped = call("b", text="We bake hot bread today.")
    assert style_scores(model, [words]) == pytest.approx(style_scores(model, [swapped]))
    assert style_scores(model, [others]).shape == (1,)


def test_calls_that_nobody_reads_are_sealed():
    sources = load_sources(resource(SOURCES_PATH))
    held = ["channel:morekitboga"]

    def sealed(call_id, source, group=None):
        return is_sealed(call(call_id, source=source, group=group), sources, held)

    assert sealed("bothbosu/youtube/00001", "bothbosu")
    assert sealed("bothbosu/youtube/00001", "bothbosu_youtube")
    assert not sealed("bothbosu/multi_agent_test/00005", "bothbosu")
    assert sealed("youtube_openings/3", "youtube_openings", "channel:morekitboga")
    assert sealed("youtube_openings/4", "youtube_openings", "channel:tonimosh")
    assert sealed("bt_oasis/le001", "bt_oasis")
    assert not sealed("bt_oasis/bt001", "bt_oasis")
    assert all(sealed(f"{name}/1", name) for name in ("ms_telecom", "dstc10", "persuasion_for_good", "hpr"))
    assert not sealed("inf2008/scam/1", "inf2008")
    assert not sealed("my-call", "my_calls")


def test_worst_mistakes_are_ids_without_text_worst_first():
    calls = [
        call("a", "other_scam", text="secret words"),
        call("b", "other_scam", text="secret words"),
        call("c", text="secret words"),
        call("dstc10/val/1", source="dstc10"),
        call("d", text="secret words"),
    ]

    found = worst_mistakes(np.array([-1.0, -3.0, 2.0, 9.0, -5.0]), calls, threshold=0.0)

    assert [row["call_id"] for row in found["misses"]] == ["b", "a"]
    assert [row["call_id"] for row in found["false_alarms"]] == ["c"]
    assert found["left_out"] == {"misses": 0, "false_alarms": 1}
    assert "secret" not in json.dumps(found)
    assert "dstc10" not in json.dumps(found)


def test_a_group_held_out_stands_apart_from_its_source():
    held = call("y/1", source="y", group="channel:x")

    assert named_by_part(held, ["channel:x"]).source == "y/x"
    assert named_by_part(held, []) is held


@pytest.fixture(scope="module")
def report(scorer, tiny_run):
    return evaluate_scorer(scorer, load_prepared(tiny_run / "data"))


def test_a_report_judges_model_and_rivals_alike_and_survives_json(report, tmp_path):
    again = json.loads(json.dumps(report, allow_nan=False))

    assert set(report["model"]) == set(report["baseline"]) == set(report["style_probe"])
    assert set(report["differences"]) == {"baseline", "style_probe"}
    write_html(report, tmp_path / "a.html")
    write_html(again, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_technical_support_is_judged_at_its_own_threshold_without_other_scams(report, scorer, tiny_run):
    test = load_prepared(tiny_run / "data").splits["test"]
    tech = report["tech_support"]

    assert tech["model"]["threshold"] == scorer.statistics.call.tech_support[scorer.operating_point].threshold
    assert tech["model"]["calls"]["scam"] == sum(call.label == "tech_support_scam" for call in test)
    assert tech["model"]["calls"]["legitimate"] == report["model"]["calls"]["legitimate"]
    assert tech["other_scams"]["n"] == sum(call.label == "other_scam" for call in test)


def test_without_technical_support_scams_the_rest_is_judged_all_the_same(scorer, tiny_run):
    prepared = load_prepared(tiny_run / "data")
    splits = {
        name: [call for call in calls if name != "test" or call.label != "tech_support_scam"]
        for name, calls in prepared.splits.items()
    }

    report = evaluate_scorer(scorer, Prepared(splits, {}))

    assert report["tech_support"] is None
    assert report["model"]["calls"]["scam"] > 0
