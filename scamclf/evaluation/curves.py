"""Curves thinned to what a plot can show, so that a page can be drawn from the JSON alone."""

from typing import Any

import numpy as np
import numpy.typing as npt

from scamclf.metrics import operating_curve, weighted_share

__all__ = ["MAX_POINTS", "curve_points", "reliability"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MAX_POINTS = 300
_DIGITS = 6


def curve_points(scores: Floats, scam: Bools, weights: Floats) -> dict[str, list[float]]:
    """Recall at every false-positive rate that there is.

    Args:
        scores: (n,) log-odds.
        scam: (n,) truth values, both present.
        weights: (n,) weights of the calls.

    Returns:
        "false_positive_rate", rising from 0, "recall" and "threshold": at most `MAX_POINTS` each.
    """
    curve = operating_curve(scores, scam, weights=weights)
    top = float(scores.max()) + 1.0
    rates = np.append(0.0, curve.false_positive_rate)
    recall, thresholds = np.append(0.0, curve.recall), np.append(top, curve.thresholds)
    # Of the thresholds with one false-positive rate the lowest has the best recall: the corners of the steps.
    corners = np.append(np.flatnonzero(np.diff(rates) > 0), len(rates) - 1)
    kept = corners[_spread(rates[corners], recall[corners])]
    return {
        "false_positive_rate": _rounded(rates[kept]),
        "recall": _rounded(recall[kept]),
        "threshold": _rounded(thresholds[kept]),
    }


def reliability(probabilities: Floats, scam: Bools, weights: Floats) -> list[dict[str, Any]]:
    """Mean probability against the share of scams, in bins of equally many calls.

    Args:
        probabilities: (n,) in [0, 1].
        scam: (n,) truth values.
        weights: (n,) weights of the calls.

    Returns:
        For each of four to ten bins, the more the calls: "n", "probability", "share" and the share's 95 % Wilson
        interval, "low" and "high".
    """
    rows, bins = [], min(max(scam.size // 20, 4), 10)
    for chunk in np.array_split(np.argsort(probabilities, kind="stable"), bins):
        if chunk.size:
            share, low, high = weighted_share(scam[chunk], weights=weights[chunk])
            mean = float(np.average(probabilities[chunk], weights=weights[chunk]))
            rows.append({"n": int(chunk.size), "probability": mean, "share": share, "low": low, "high": high})
    return rows


def _spread(rates: Floats, recall: Floats) -> npt.NDArray[np.int64]:
    """At most `MAX_POINTS` of the corners, evenly along the curve as a plot with a logarithmic axis shows it."""
    if len(rates) <= MAX_POINTS:
        return np.arange(len(rates))
    across = np.log10(np.maximum(rates, 1e-5))
    path = np.append(0.0, np.cumsum(np.abs(np.diff(across)) / 5 + np.abs(np.diff(recall))))
    wanted = np.linspace(0.0, path[-1], MAX_POINTS)
    return np.unique(np.searchsorted(path, wanted).clip(0, len(rates) - 1)).astype(np.int64)


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]
