"""The gate: how far the second opinion alone may be trusted that a call would not alarm."""

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scamclf.bundle import Gate
from scamclf.calibration import platt
from scamclf.calls import Call
from scamclf.pooling import calibrated, pool_calls
from scamclf.predict import Scorer

__all__ = ["set_gate"]

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

_SUPPORT = 200
"""Fewest calls that set a step. The lowest of n calls is not lower than the next call of their kind more than once in
n + 1 (exchangeability; Vovk et al. 2005): so that one alarm in 200 is missed at most."""


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
    gate = Gate(slope, intercept, _steps(exact[suspicious], alone[suspicious]), int(suspicious.sum()))
    logger.info("%s", gate)
    return gate


def _steps(exact: Floats, alone: Floats) -> tuple[tuple[float, float], ...]:
    """How low the second opinion fell among the most suspicious calls, as ever less suspicious ones join them."""
    order = np.argsort(-exact, kind="stable")
    thresholds, lowest = exact[order], np.minimum.accumulate(alone[order])
    first = min(_SUPPORT, len(order)) - 1
    steps = [first, *(i for i in range(first + 1, len(order)) if lowest[i] < lowest[i - 1])]
    return tuple((float(thresholds[i]), float(lowest[i])) for i in steps)
