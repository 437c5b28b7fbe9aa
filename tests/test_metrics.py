import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scamclf.errors import DataError
from scamclf.metrics import (
    balanced_weights,
    calibration_error,
    calls_needed,
    class_balanced_weights,
    logit,
    operating_curve,
    precision_at_prevalence,
    recall_at_fpr,
    sigmoid,
    threshold_at_fpr,
    weighted_share,
    wilson_interval,
)

scores = st.lists(st.floats(-50, 50) | st.integers(-3, 3).map(float), min_size=1, max_size=40)


@given(scores, st.floats(0, 0.99))
def test_the_rate_at_the_threshold_never_exceeds_the_wanted_one(negatives, fpr):
    threshold = threshold_at_fpr(negatives, fpr)

    assert np.mean(np.array(negatives) >= threshold) <= fpr + 1e-9


@given(scores, st.floats(0, 0.99))
def test_every_lower_threshold_that_alarms_more_exceeds_the_wanted_rate(negatives, fpr):
    array = np.array(negatives)
    threshold = threshold_at_fpr(array, fpr)
    assume((array < threshold).any())

    # Lowering the threshold changes nothing until it reaches the next score, which is the largest below it.
    assert np.mean(array >= array[array < threshold].max()) > fpr
    assert threshold == np.nextafter(array[array < threshold].max(), math.inf)


@given(st.lists(st.tuples(st.floats(-9, 9), st.sampled_from("abc")), min_size=1, max_size=40), st.floats(0, 0.99))
def test_the_weighted_rate_never_exceeds_the_wanted_one(rows, fpr):
    negatives = np.array([score for score, _ in rows])
    weights = balanced_weights([source for _, source in rows])

    assert weights[negatives >= threshold_at_fpr(negatives, fpr, weights=weights)].sum() <= fpr + 1e-9


def test_a_call_at_the_threshold_alarms_and_ties_do_not():
    assert threshold_at_fpr([1.0, 2.0, 3.0, 4.0], 0.25) == np.nextafter(3.0, math.inf)
    assert threshold_at_fpr([4.0, 4.0, 1.0, 1.0], 0.25) == np.nextafter(4.0, math.inf)
    assert threshold_at_fpr([5.0, 3.0, 3.0, 1.0], 0.5) == np.nextafter(3.0, math.inf)


def test_a_rate_of_zero_lies_just_above_every_negative():
    assert threshold_at_fpr([-1.0, 2.0], 0.0) == np.nextafter(2.0, math.inf)


def test_no_negatives_set_no_threshold():
    with pytest.raises(DataError, match="no legitimate calls to set a threshold on; at least one is needed"):
        threshold_at_fpr([], 0.01)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_set_no_threshold(value):
    with pytest.raises(DataError, match="1 scores are not finite; wanted finite log-odds"):
        threshold_at_fpr([0.0, value], 0.01)


def test_recall_counts_the_positives_at_or_above_the_threshold():
    found = recall_at_fpr([3.5, 3.0, 9.0, -2.0], [1.0, 2.0, 3.0, 4.0], 0.25)

    assert (found.recall, found.hits, found.positives) == (0.5, 2, 4)
    assert (found.false_alarms, found.negatives) == (1, 4)
    assert (found.low, found.high) == wilson_interval(2, 4)


def test_weights_change_recall_and_not_the_counts():
    found = recall_at_fpr([5.0, 0.0], [1.0], 0.0, positive_weights=[3.0, 1.0])

    assert (found.recall, found.hits, found.positives) == (0.75, 1, 2)


def test_recall_of_no_positives_is_refused():
    with pytest.raises(DataError, match="no scam calls to measure recall on"):
        recall_at_fpr([], [1.0], 0.1)


def test_every_source_weighs_the_same():
    assert balanced_weights(["a", "a", "a", "b"]).tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])


def test_wilson_gives_the_published_interval():
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for hits, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        assert wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_nothing_counted_says_nothing():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("fpr", "calls"), [(0.01, 300), (0.001, 3000), (0.05, 60), (0.3, 10), (0.7, 5)])
def test_the_rule_of_three_says_how_many_calls_a_rate_needs(fpr, calls):
    assert calls_needed(fpr) == calls


def test_sigmoid_does_not_overflow():
    assert sigmoid([-1e4, 0.0, 1e4]).tolist() == [0.0, 0.5, 1.0]
    assert float(sigmoid(math.log(3))) == pytest.approx(0.75)


def test_calibration_error_is_the_gap_between_probability_and_share():
    assert calibration_error([0.2, 0.2, 0.2, 0.2], [1, 0, 0, 0], bins=1) == pytest.approx(0.05)
    assert calibration_error([0.0, 1.0], [1, 0], bins=2) == 1.0
    assert calibration_error([0.0, 1.0], [0, 1], bins=2) == 0.0


def test_calibration_error_weighs_the_calls():
    assert calibration_error([0.0, 0.0], [1, 0], weights=[3.0, 1.0], bins=2) == pytest.approx(0.75)


def test_calibration_error_of_nothing_is_zero():
    assert calibration_error([], []) == 0.0


def test_logit_undoes_sigmoid_and_is_finite_at_the_ends():
    assert logit(sigmoid([-20.0, -1.0, 0.0, 3.0])).tolist() == pytest.approx([-20.0, -1.0, 0.0, 3.0])
    assert np.isfinite(logit([0.0, 1.0])).all()


def test_classes_weigh_the_same_and_within_them_every_source():
    weights = class_balanced_weights([True, True, True, False], ["a", "a", "b", "a"])

    assert weights.tolist() == [0.25, 0.25, 0.5, 1.0]


def test_a_curve_has_a_point_for_every_score_and_ties_alarm_together():
    curve = operating_curve([3.0, 2.0, 2.0, 1.0], [True, True, False, False])

    assert curve.thresholds.tolist() == [3.0, 2.0, 1.0]
    assert curve.recall.tolist() == [0.5, 1.0, 1.0]
    assert curve.false_positive_rate.tolist() == [0.0, 0.5, 1.0]


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=30), st.floats(0, 0.99))
def test_recall_at_a_rate_is_the_highest_of_the_curve_at_that_rate(rows, fpr):
    values, positive = np.array([float(value) for value, _ in rows]), np.array([truth for _, truth in rows])
    assume(positive.any() and not positive.all())
    curve = operating_curve(values, positive)

    allowed = curve.recall[curve.false_positive_rate <= fpr + 1e-9]
    found = recall_at_fpr(values[positive], values[~positive], fpr)

    assert found.recall == pytest.approx(allowed.max() if allowed.size else 0.0)


@pytest.mark.parametrize("positive", [[True, True], [False, False]])
def test_a_curve_of_one_class_is_refused(positive):
    with pytest.raises(DataError, match="scams among 2 calls; wanted both classes"):
        operating_curve([1.0, 2.0], positive)


def test_precision_falls_with_prevalence():
    assert precision_at_prevalence(0.8, 0.1, 0.5) == pytest.approx(8 / 9)
    assert precision_at_prevalence(0.8, 0.1, 0.001) == pytest.approx(0.0008 / (0.0008 + 0.0999))
    assert precision_at_prevalence(0.0, 0.0, 0.5) == 0.0


def test_a_weighted_share_has_the_interval_of_as_many_calls_as_the_weights_are_worth():
    equal = weighted_share(np.array([True, False, False, True]), weights=[2.0, 2.0, 2.0, 2.0])
    uneven = weighted_share(np.array([True, False, False]), weights=[2.0, 1.0, 1.0])

    assert equal == (0.5, *wilson_interval(2, 4))
    assert uneven == pytest.approx((0.5, *wilson_interval(4 / 3, 8 / 3)))
