import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scamclf.metrics import sigmoid
from scamclf.pooling import TEMPERATURE, Pooled, calibrated, pool_calls, pool_prefixes, scam_logit


def test_the_scam_logit_adds_the_probabilities_of_both_kinds():
    assert scam_logit([[math.log(2), math.log(1), math.log(5)]]).tolist() == pytest.approx([math.log(3)])


def test_a_call_scores_as_the_mean_of_its_windows_odds_at_a_temperature():
    # Roots of the odds of technical support and of other scams: 2 and 1, then 4 and 5.
    logits = TEMPERATURE * np.log([[1, 2, 1], [1, 4, 5], [2, 1, 1]])

    pooled = pool_calls(logits, [2, 1])

    assert np.exp(pooled.scam / TEMPERATURE).tolist() == pytest.approx(
        [3 * 2 ** (1 / TEMPERATURE), 2 ** (1 / TEMPERATURE - 1)]
    )
    assert pooled.tech.tolist() == pytest.approx([0.0, 0.0])
    assert pooled.peak.tolist() == [1, 0]


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=9))
def test_the_mean_of_the_odds_lies_between_mean_and_maximum(scores):
    logits = [[0.0, score, -100.0] for score in scores]

    (pooled,) = pool_calls(logits, [len(scores)]).scam

    assert np.mean(scores) - 1e-9 <= pooled <= max(scores) + 1e-9


def test_a_live_call_scores_as_its_most_suspicious_prefix():
    logits = [[0, 1, 0], [0, 0, 4], [0, -5, -5], [3, 2, 0]]

    pooled = pool_prefixes(logits, [2, 1, 1])

    assert pooled.peak.tolist() == [1, 0, 0]
    assert pooled.scam.tolist() == scam_logit(logits)[[1, 2, 3]].tolist()
    assert pooled.tech.tolist() == [-4.0, 0.0, 2.0]


def test_no_calls_have_no_statistics():
    for pool in (pool_calls, pool_prefixes):
        pooled = pool(np.zeros((0, 3)), [])
        assert pooled.scam.shape == pooled.tech.shape == pooled.peak.shape == (0,)


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(0.1, 3), st.floats(-5, 5))
def test_calibration_is_a_line_and_tech_support_is_a_share_of_it(scam, tech, slope, intercept):
    pooled = Pooled(np.array([scam]), np.array([tech]), np.array([0]))

    (log_scam,), (log_tech,) = calibrated(pooled, slope=slope, intercept=intercept)

    assert log_scam == slope * scam + intercept
    assert log_tech <= log_scam + 1e-9
    assert sigmoid(log_tech) == pytest.approx(float(sigmoid(log_scam) * sigmoid(tech)), abs=1e-12)


def test_log_odds_stay_exact_where_a_probability_rounds_to_one():
    pooled = Pooled(np.array([60.0]), np.array([60.0]), np.array([0]))

    _, (log_tech,) = calibrated(pooled, slope=1.0, intercept=0.0)

    # 1 - p_tech is twice exp(-60).
    assert log_tech == pytest.approx(60 - math.log(2), abs=1e-9)
