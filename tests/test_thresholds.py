import shutil

import numpy as np
import pytest

from scamclf.bundle import OperatingPoint, Precision, Statistic, verify_bundle
from scamclf.calls import Call, Turn
from scamclf.errors import BundleError, DataError
from scamclf.pooling import Pooled
from scamclf.predict import load
from scamclf.thresholds import (
    monitor_statistic,
    moved_points,
    operating_point_name,
    operating_points,
    reset_thresholds,
)

WORDS = [
    "hello",
    "bank",
    "computer",
    "thursday",
    "refund",
    "garden",
    "number",
    "please",
    "virus",
    "window",
    "lunch",
    "card",
]


@pytest.fixture(scope="module")
def legitimate():
    """Calls of 3 to 90 words, no two alike."""
    rng = np.random.default_rng(0)
    return [
        Call(f"own-{i}", tuple(Turn(" ".join(rng.choice(WORDS, size=3))) for _ in range(rng.integers(1, 30))))
        for i in range(300)
    ]


@pytest.mark.parametrize(("fpr", "name"), [(0.01, "fpr_1pct"), (0.001, "fpr_0.1pct"), (0.05, "fpr_5pct")])
def test_a_point_is_named_after_its_rate(fpr, name):
    assert operating_point_name(fpr) == name


def test_a_point_is_set_only_where_the_calls_support_it(caplog):
    points = operating_points(np.arange(300.0), ["own"] * 300, (0.01, 0.001))

    assert list(points) == ["fpr_1pct"]
    assert points["fpr_1pct"].threshold == np.nextafter(296.0, np.inf)
    assert (points["fpr_1pct"].n_legitimate, points["fpr_1pct"].n_false_alarms) == (300, 3)
    assert "rate of 0.001: it needs 3000 legitimate calls, there are 300" in caplog.text


def test_a_demonstration_sets_every_point():
    points = operating_points(np.arange(10.0), ["own"] * 10, (0.1, 0.001), demonstration=True)

    assert {name: point.n_false_alarms for name, point in points.items()} == {"fpr_10pct": 1, "fpr_0.1pct": 0}


def test_sources_weigh_equally_whatever_their_size():
    # The small source scores higher: equal rows would let half of it alarm at 5 %.
    scores = np.concatenate([np.zeros(90), np.arange(1.0, 11.0)])

    points = operating_points(scores, ["large"] * 90 + ["small"] * 10, (0.05,))

    assert points["fpr_5pct"].n_false_alarms == 1


def test_a_threshold_moves_as_far_as_the_scores_near_it_and_not_with_the_one_beside_it():
    scores = np.linspace(-10, 10, 2001)
    moved = scores + 0.5 + np.random.default_rng(0).uniform(-0.004, 0.004, len(scores))
    beside = int(np.searchsorted(scores, 4.0))
    moved[beside] += 0.3
    moved[: beside - 200] -= 9.0
    statistic = Statistic(1.0, 0.0, scam={"fpr_1pct": OperatingPoint(4.005, 0.01, 2001, 600)}, tech_support={})
    other, mine = (Precision(file, statistic, statistic) for file in ("other", "mine"))

    found = moved_points(mine, (said(moved), said(moved)), other=other, theirs=(said(scores), said(scores)))

    assert found.file == "mine"
    for point in (found.call.scam["fpr_1pct"], found.monitor.scam["fpr_1pct"]):
        assert point.threshold == pytest.approx(4.505, abs=0.002)
        changed = (moved >= point.threshold) != (scores >= 4.005)
        assert changed.nonzero()[0].tolist() == [beside]
        assert point.n_false_alarms == 601


def said(scores):
    return Pooled(scores, np.zeros_like(scores), np.zeros(len(scores), dtype=np.int64))


def test_the_monitor_statistic_of_no_calls_is_empty(scorer):
    assert monitor_statistic(scorer, []).scam.shape == (0,)


def test_new_thresholds_hold_their_rate_on_the_calls_they_were_set_on(tiny_bundle, legitimate, tmp_path):
    points = reset_thresholds(tiny_bundle, legitimate, tmp_path / "own")

    verify_bundle(tmp_path / "own")
    before, after = load(tiny_bundle), load(tmp_path / "own")
    predictions = after.score(legitimate)
    assert list(points) == ["fpr_1pct"]
    assert after.operating_point == "fpr_1pct"
    assert after.alert_at == points["fpr_1pct"]
    assert sum(bool(p.alert) for p in predictions) == points["fpr_1pct"].n_false_alarms == 3
    assert after.statistics.call.slope == before.statistics.call.slope
    assert after.statistics.monitor.scam["fpr_1pct"].n_legitimate == 300
    assert "fpr_1pct" in (tmp_path / "own" / "README.md").read_text()


def test_too_few_calls_are_refused_with_how_many_more_are_needed(tiny_bundle, legitimate, tmp_path):
    with pytest.raises(DataError, match=r"299 legitimate calls; a rate of 0.01 needs 300, so 1 more"):
        reset_thresholds(tiny_bundle, legitimate[:299], tmp_path / "own")

    assert not (tmp_path / "own").exists()


def test_labelled_scams_are_refused(tiny_bundle, legitimate, tmp_path):
    scam = Call("bad", (Turn("hi"),), label="other_scam")

    with pytest.raises(DataError, match="1 calls are labelled scams, 'bad' first; wanted legitimate calls alone"):
        reset_thresholds(tiny_bundle, [*legitimate, scam], tmp_path / "own")


def test_a_folder_that_is_there_is_not_overwritten(tiny_bundle, legitimate, tmp_path):
    shutil.copytree(tiny_bundle, tmp_path / "own")

    with pytest.raises(BundleError, match="own is there already: give another name"):
        reset_thresholds(tiny_bundle, legitimate, tmp_path / "own")
