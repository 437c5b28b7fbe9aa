"""`judge` on four scams and four legitimate calls of two sources, where every figure can be worked out by hand."""

import numpy as np
import pytest

from scamclf.calls import Call, Turn
from scamclf.evaluation.judge import judge
from scamclf.evaluation.tables import markdown
from scamclf.metrics import wilson_interval


def call(i: int, source: str, label: str, words: int) -> Call:
    return Call(str(i), (Turn("word " * words),), source=source, label=label, group=f"g{i}")


CALLS = [
    call(0, "a", "tech_support_scam", 10),
    call(1, "a", "other_scam", 10),
    call(2, "a", "other_scam", 10),
    call(3, "b", "tech_support_scam", 10),
    call(4, "a", "legitimate", 99),
    call(5, "a", "legitimate", 100),
    call(6, "a", "legitimate", 450),
    call(7, "b", "legitimate", 900),
]
SCORES = np.array([4.0, 2.0, -1.0, 3.0, 1.0, -2.0, -3.0, 2.5])


@pytest.fixture(scope="module")
def figures():
    return judge(SCORES, CALLS, threshold=1.5, resamples=50)


def test_alarms_are_counted_by_source_and_class(figures):
    assert {name: (share["n"], share["alarms"]) for name, share in figures["sources"].items()} == {
        "a (scam)": (3, 2),
        "b (scam)": (1, 1),
        "a (legitimate)": (3, 0),
        "b (legitimate)": (1, 1),
    }
    share = figures["sources"]["a (scam)"]
    assert (share["low"], share["high"]) == pytest.approx(wilson_interval(2, 3))


def test_false_alarms_are_counted_by_length(figures):
    assert {bucket: (share["n"], share["alarms"]) for bucket, share in figures["lengths"].items()} == {
        "0+": (1, 0),
        "100+": (1, 0),
        "200+": (0, 0),
        "400+": (1, 0),
        "800+": (1, 1),
    }


def test_sources_weigh_equally_whatever_their_size(figures):
    assert figures["pooled"]["recall"]["share"] == pytest.approx((2 / 3 + 1) / 2)
    assert figures["pooled"]["false_positive_rate"]["share"] == pytest.approx((0 + 1) / 2)


def test_ranking_weighs_classes_and_sources_equally(figures):
    # Each scam against each legitimate call, by weight: a's thirds of one half, b's half.
    scams = [(4.0, 1 / 6), (2.0, 1 / 6), (-1.0, 1 / 6), (3.0, 1 / 2)]
    legitimate = [(1.0, 1 / 6), (-2.0, 1 / 6), (-3.0, 1 / 6), (2.5, 1 / 2)]
    auc = sum(w * v for s, w in scams for t, v in legitimate if s > t)
    assert figures["roc_auc"] == pytest.approx(auc)
    # At no false alarm the threshold lies above 2.5: 4.0 and 3.0 are caught.
    assert figures["recall_at_fpr"]["0.01"]["recall"] == pytest.approx(1 / 6 + 1 / 2)
    assert figures["recall_at_fpr"]["0.01"]["false_alarms"] == 0
    assert figures["recall_at_fpr"]["0.01"]["indicative"] is True


def test_the_table_holds_the_numbers(figures):
    rows = markdown({"operating_point": "fpr_1pct", "model": figures, "baseline": figures}).splitlines()
    assert rows[0].startswith("Alarms at the shipped threshold (fpr_1pct)")
    for source, n, alarms in (("a (scam)", 3, "2 (66.7 %)"), ("b (legitimate)", 1, "1 (100.0 %)")):
        (row,) = (row for row in rows if row.startswith(f"| {source} |"))
        assert row.startswith(f"| {source} | {n} | {alarms} |")
        assert row.count(alarms) == 2
    assert "| recall at 1 % false positives (indicative: too few legitimate calls) | 0.667 | 0.667 |" in rows
    assert f"| roc auc | {figures['roc_auc']:.3f} | {figures['roc_auc']:.3f} |" in rows
