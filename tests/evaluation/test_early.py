"""The monitor's figures on calls of which every score is known."""

import dataclasses

import numpy as np
import pytest

from scamclf.calls import Call, Turn
from scamclf.errors import DataError
from scamclf.evaluation import early as module
from scamclf.evaluation.early import LiveCall, early_warning, follow
from scamclf.monitor import Monitor
from scamclf.pooling import calibrated
from scamclf.render import render
from scamclf.thresholds import monitor_statistic


def test_the_last_score_is_that_of_the_monitor_statistic(scorer, calls):
    live = follow(scorer, calls)
    statistic = scorer.statistics.monitor
    pooled = monitor_statistic(scorer, scorer.encoder.encode(calls))
    expected, _ = calibrated(pooled, slope=statistic.slope, intercept=statistic.intercept)
    assert [one.scores[-1] for one in live] == pytest.approx(list(expected), abs=1e-4)
    assert max(len(one.scores) for one in live) > 5
    assert all((np.diff(one.scores) >= 0).all() and (np.diff(one.words) > 0).all() for one in live)


def test_words_and_seconds_are_those_that_a_live_monitor_has_heard(scorer, calls):
    (one,) = follow(scorer, [calls[-1]])
    monitor, heard, due = Monitor(scorer), 0, []
    for number, turn in enumerate(calls[-1].turns):
        before = monitor.add(turn)
        heard += len(turn.text.split())
        n = 0 if before is None else before.n_scored
        # A turn starts 2.5 seconds after the one before: then that one has ended.
        due += [(heard, 2.5 * (number + 1), before)] * (n - len(due))
    assert len(due) > 3
    # The last score waits for the end of the call; all before are given at the end of a turn.
    assert list(one.words[: len(due)]) == [words for words, _, _ in due]
    assert list(one.seconds[: len(due)]) == [seconds for _, seconds, _ in due]
    assert list(one.scores[: len(due)]) == pytest.approx([reading.logit_scam for *_, reading in due], abs=1e-4)
    assert one.words[-1] == len(render(calls[-1]).split())
    assert one.seconds[-1] == np.inf  # the last turn has no end
    untimed = dataclasses.replace(calls[-1], turns=tuple(Turn(turn.text) for turn in calls[-1].turns))
    assert follow(scorer, [untimed])[0].seconds is None


def live(words, scores, *, seconds=None, onset=None):
    seconds = None if seconds is None else np.array(seconds, dtype=float)
    return LiveCall(np.array(words), seconds, np.array(scores, dtype=float), onset)


def call(label, source):
    return Call(f"{label}-{source}", (Turn("x"),), label=label, source=source)


FOLLOWED = [
    (call("tech_support_scam", "a"), live([50, 100, 200], [-1, 2, 3], seconds=[20, 40, 80], onset=60)),
    (call("tech_support_scam", "a"), live([70, 400], [2, 2], seconds=[30, 200], onset=80)),
    (call("other_scam", "b"), live([60, 310], [-2, 5])),
    (call("other_scam", "b"), live([60], [0])),
    (call("legitimate", "a"), live([500], [1])),
    (call("legitimate", "b"), live([500], [-3])),
]


def test_recall_rises_with_what_was_heard(scorer, monkeypatch):
    monkeypatch.setattr(module, "follow", lambda *_: [one for _, one in FOLLOWED])
    found = early_warning(scorer, [one for one, _ in FOLLOWED])
    at = found["ranking"]
    assert found["indicative"] is True
    assert 1 < at["threshold"] < 1.001
    assert at["false_positive_rate"]["share"] == 0
    assert at["recall"]["share"] == pytest.approx((1 + 0.5) / 2)
    assert {limit: share["share"] for limit, share in at["after_words"].items()} == pytest.approx(
        {"75": (0.5 + 0) / 2, "150": (1 + 0) / 2, "300": (1 + 0) / 2}
    )
    # Only source a has times: 40 and 30 seconds.
    assert {limit: (share["share"], share["n"]) for limit, share in at["after_seconds"].items()} == {
        "30": (0.5, 2), "60": (1.0, 2), "120": (1.0, 2)
    }  # fmt: skip
    assert at["words_to_alert"] == {"median": 100.0, "n": 3}
    assert at["words_from_onset"] == {"median": pytest.approx((40 - 10) / 2), "n": 2}
    assert at["sources"]["b"]["after_words"]["300"]["share"] == 0
    assert at["sources"]["b"]["recall"]["share"] == 0.5


def test_the_shipped_threshold_is_the_monitors_own(scorer, monkeypatch):
    monkeypatch.setattr(module, "follow", lambda *_: [one for _, one in FOLLOWED])
    found = early_warning(scorer, [one for one, _ in FOLLOWED])
    assert found["shipped"]["threshold"] == scorer.statistics.monitor.scam["fpr_1pct"].threshold


def test_one_class_alone_is_refused(scorer):
    with pytest.raises(DataError, match="1 scams among 1 test calls; wanted both classes"):
        early_warning(scorer, [call("other_scam", "a")])
