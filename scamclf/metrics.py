"""Figures that a detector is judged by. Scores are log-odds throughout: near 1 a probability says nothing."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scamclf.errors import DataError

__all__ = [
    "Recall",
    "balanced_weights",
    "calibration_error",
    "calls_needed",
    "recall_at_fpr",
    "sigmoid",
    "threshold_at_fpr",
    "wilson_interval",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall at a false-positive rate.

    Args:
        recall: weighted share of the positives at or above the threshold, in [0, 1].
        low, high: 95 % Wilson interval from the counts.
        hits, positives: the counts.
        threshold: log-odds at and above which a call is an alarm.
        false_alarms, negatives: the counts on the negatives that set the threshold.
    """

    recall: float
    low: float
    high: float
    hits: int
    positives: int
    threshold: float
    false_alarms: int
    negatives: int


def sigmoid(logits: npt.ArrayLike) -> Floats:
    """Probability of log-odds, without overflow."""
    values = np.asarray(logits, dtype=np.float64)
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), dtype=np.float64)


def balanced_weights(sources: npt.ArrayLike) -> Floats:
    """Weights that make every source count the same: the rows of a source share 1 / number of sources.

    Args:
        sources: (n,) names.

    Returns:
        (n,) float64 that sum to 1.
    """
    _, index, counts = np.unique(np.asarray(sources), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (len(counts) * counts[index]), dtype=np.float64)


def threshold_at_fpr(negatives: npt.ArrayLike, fpr: float, *, weights: npt.ArrayLike | None = None) -> float:
    """Lowest threshold at which the weighted share of negatives that alarm is at most `fpr`.

    Args:
        negatives: (n,) log-odds of legitimate calls, n >= 1.
        fpr: wanted false-positive rate in [0, 1).
        weights: (n,) weights of the calls; equal where None.

    Returns:
        The threshold: just above the highest score that may not alarm. A call alarms at or above it.

    Raises:
        DataError: there are no negatives, or a score is NaN.
    """
    scores = np.asarray(negatives, dtype=np.float64)
    if scores.size == 0:
        raise DataError("no legitimate calls to set a threshold on; at least one is needed")
    if np.isnan(scores).any():
        raise DataError(f"{int(np.isnan(scores).sum())} scores are NaN; wanted finite log-odds")
    share = np.full(scores.size, 1.0) if weights is None else np.asarray(weights, dtype=np.float64)
    order = np.argsort(-scores, kind="stable")
    alarmed = np.cumsum(share[order]) / share.sum()
    # The first call, from the top, that would bring the rate over the wanted one may not alarm.
    allowed = int(np.searchsorted(alarmed, fpr + 1e-12, side="right"))
    if allowed == scores.size:
        return float(scores.min())
    return float(np.nextafter(scores[order[allowed]], math.inf))


def recall_at_fpr(
    positives: npt.ArrayLike,
    negatives: npt.ArrayLike,
    fpr: float,
    *,
    positive_weights: npt.ArrayLike | None = None,
    negative_weights: npt.ArrayLike | None = None,
) -> Recall:
    """Recall at the threshold that the negatives set for a false-positive rate.

    Args:
        positives, negatives: log-odds of scam and of legitimate calls.
        fpr: wanted false-positive rate in [0, 1).
        positive_weights, negative_weights: weights of the calls (`balanced_weights`); equal where None.

    Raises:
        DataError: one of the two classes is empty.
    """
    pos, neg = np.asarray(positives, dtype=np.float64), np.asarray(negatives, dtype=np.float64)
    if pos.size == 0:
        raise DataError("no scam calls to measure recall on; at least one is needed")
    threshold = threshold_at_fpr(neg, fpr, weights=negative_weights)
    hit = pos >= threshold
    low, high = wilson_interval(int(hit.sum()), pos.size)
    recall = float(np.average(hit, weights=None if positive_weights is None else np.asarray(positive_weights)))
    return Recall(recall, low, high, int(hit.sum()), pos.size, threshold, int((neg >= threshold).sum()), neg.size)


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) where nothing was counted."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def calls_needed(fpr: float) -> int:
    """Legitimate calls without one alarm that show a rate below `fpr` at 95 % (rule of three)."""
    return math.ceil(3.0 / fpr - 1e-9)


def calibration_error(
    probabilities: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    bins: int = 15,
) -> float:
    """Expected calibration error over bins of equal mass (Nixon et al. 2019, adaptive binning).

    Args:
        probabilities: (n,) in [0, 1].
        labels: (n,) truth values.
        weights: (n,) weights of the calls; equal where None.
        bins: number of bins.

    Returns:
        Weighted mean of |share of positives - mean probability|, in [0, 1]; 0 for no rows.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    w = np.ones_like(p) if weights is None else np.asarray(weights, dtype=np.float64)
    error = 0.0
    for chunk in np.array_split(np.argsort(p, kind="stable"), bins):
        if chunk.size and w[chunk].sum() > 0:
            gap = np.average(y[chunk], weights=w[chunk]) - np.average(p[chunk], weights=w[chunk])
            error += float(abs(gap) * w[chunk].sum() / w.sum())
    return error
