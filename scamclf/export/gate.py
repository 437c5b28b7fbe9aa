"""The gate: how far the second opinion alone may be trusted that a call would not alarm."""

import logging
from collections.abc import Sequence

from scamclf.bundle import Gate
from scamclf.calibration import platt
from scamclf.calls import Call
from scamclf.pooling import calibrated, pool_calls
from scamclf.predict import Scorer

__all__ = ["set_gate"]

logger = logging.getLogger(__name__)


def set_gate(scorer: Scorer, calls: Sequence[Call]) -> Gate | None:
    """Compare the second opinion alone with the whole model.

    Args:
        scorer: the whole model, calibrated.
        calls: labelled, of both classes, that it was not trained on: those that it was calibrated on.

    Returns:
        The gate; None where there is no second opinion, or one that does not know scams from legitimate calls.
    """
    if scorer.linear is None:
        return None
    encoder, call = scorer.encoder, scorer.statistics.call
    cut = [encoder.window_ids(encoded, encoder.call_spans(encoded)) for encoded in encoder.encode(calls)]
    windows, n_windows = [window for of_call in cut for window in of_call], [len(of_call) for of_call in cut]
    opinion = scorer.linear.logits(windows)
    pooled = pool_calls(opinion, n_windows)
    slope, intercept = platt(pooled, calls)
    alone, _ = calibrated(pooled, slope=slope, intercept=intercept)
    whole = pool_calls(scorer.network_logits(windows) + opinion, n_windows)
    exact, _ = calibrated(whole, slope=call.slope, intercept=call.intercept)
    suspicious = exact >= 0
    if slope <= 0 or not suspicious.any():
        logger.warning("no gate: the second opinion ranks scams below legitimate calls, or nothing is suspicious")
        return None
    gate = Gate(slope, intercept, float((exact - alone)[suspicious].max()), int(suspicious.sum()))
    logger.info("%s", gate)
    return gate
