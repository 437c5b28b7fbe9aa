import math

import pytest
from counting import counting_scorer, points
from hypothesis import given, settings
from hypothesis import strategies as st

from scamclf.bundle import Statistic
from scamclf.calls import Call, Turn
from scamclf.monitor import Monitor, Reading
from scamclf.thresholds import monitor_statistic

WORDS = [
    "hello",
    "this",
    "is",
    "windows",
    "support",
    "your",
    "computer",
    "has",
    "a",
    "virus",
    "please",
    "go",
    "to",
    "the",
    "bank",
    "[music]",
    "okay",
]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=60), min_size=1, max_size=8))
def test_the_last_reading_is_the_maximum_that_the_thresholds_are_set_on(scorer, turns):
    call = Call("1", tuple(Turn(" ".join(words)) for words in turns))
    encoded = scorer.encoder.encode([call])
    monitor = Monitor(scorer)

    readings = [monitor.add(turn) for turn in call.turns]
    last = monitor.finish()

    statistic = scorer.statistics.monitor
    (maximum,) = monitor_statistic(scorer, encoded).scam
    assert last.logit_scam == pytest.approx(statistic.slope * maximum + statistic.intercept, abs=1e-4)
    assert last.n_scored == len(scorer.encoder.monitor_spans(encoded[0]))
    scores = [reading.logit_scam for reading in [*readings, last] if reading is not None]
    assert scores == sorted(scores)


def test_a_reading_comes_with_the_turn_that_brings_enough_new_words():
    monitor = Monitor(counting_scorer())

    assert monitor.add(Turn("hello hello hello")) is None
    assert monitor.add(Turn("virus")).n_scored == 1
    assert monitor.add(Turn("hello")).n_scored == 1
    assert monitor.add(Turn("hello hello hello hello")).n_scored == 2
    assert monitor.finish().n_scored == 2


def test_the_exact_values_of_a_reading():
    statistic = Statistic(slope=2.0, intercept=-1.0, scam=points(p=3.0))
    monitor = Monitor(counting_scorer(Statistic(scam=points(p=99.0)), statistic, operating_point="p"))

    first = monitor.add(Turn("hello virus hello hello"))
    later = monitor.add(Turn("virus virus virus virus"))

    # The threshold is the monitor's own, not that of finished calls.
    low, high = 2 * math.log(math.e + 1) - 1, 2 * math.log(math.e**5 + 1) - 1
    assert first == Reading(pytest.approx(1 / (1 + math.exp(-low))), pytest.approx(low), False, 1)
    assert later == Reading(pytest.approx(1 / (1 + math.exp(-high))), pytest.approx(high), True, 2)


def test_a_reading_never_falls():
    monitor = Monitor(counting_scorer())
    high = monitor.add(Turn("virus virus virus virus"))

    assert monitor.add(Turn("hello " * 40)).logit_scam == high.logit_scam


def test_without_an_operating_point_nothing_is_said_of_an_alert():
    assert Monitor(counting_scorer()).add(Turn("virus " * 4)).alert is None


def test_a_call_in_which_nothing_was_said_has_no_reading():
    assert Monitor(counting_scorer()).finish() is None


def test_a_short_call_is_read_when_it_ends():
    monitor = Monitor(counting_scorer())

    assert monitor.add(Turn("virus")) is None
    assert monitor.finish().logit_scam == pytest.approx(math.log(math.e + 1))
    assert monitor.finish().n_scored == 1
