"""Figures that a detector is judged by. Scores are log-odds throughout: near 1 a probability says nothing."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scamclf.errors import DataError

__all__ = [
    "Curve",
    "Recall",
    "balanced_weights",
    "calibration_error",
    "calls_needed",
    "class_balanced_weights",
    "logit",
    "operating_curve",
    "precision_at_prevalence",
    "recall_at_fpr",
    "sigmoid",
    "threshold_at_fpr",
    "weighted_share",
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
        low, high: 95 % Wilson interval (`weighted_share`).
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


@dataclass(frozen=True, slots=True)
class Curve:
    """What every threshold gives, from the highest score down; calls of one score alarm together.

    Args:
        thresholds: (k,) float64, falling log-odds: a call alarms at or above.
        recall: (k,) float64 in [0, 1], rising: share of the positives that alarm.
        false_positive_rate: (k,) float64 in [0, 1], rising: share of the negatives that alarm.
    """

    thresholds: Floats
    recall: Floats
    false_positive_rate: Floats


def sigmoid(logits: npt.ArrayLike) -> Floats:
    """Probability of log-odds, without overflow."""
    values = np.asarray(logits, dtype=np.float64)
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), dtype=np.float64)


def logit(probabilities: npt.ArrayLike) -> Floats:
    """Log-odds of probabilities in [0, 1]: the inverse of `sigmoid`, finite (within 37) at 0 and at 1."""
    p = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-16, 1.0 - 2.0**-53)
    return np.asarray(np.log(p) - np.log1p(-p), dtype=np.float64)


def balanced_weights(sources: npt.ArrayLike) -> Floats:
    """Weights that make every source count the same: the rows of a source share 1 / number of sources.

    Args:
        sources: (n,) names.

    Returns:
        (n,) float64 that sum to 1.
    """
    _, index, counts = np.unique(np.asarray(sources), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (len(counts) * counts[index]), dtype=np.float64)


def class_balanced_weights(positive: npt.ArrayLike, sources: npt.ArrayLike) -> Floats:
    """Weights that make the classes count the same and, within each, every source.

    Args:
        positive: (n,) truth values.
        sources: (n,) names.

    Returns:
        (n,) float64 that sum to 1 within each class that is there.
    """
    is_positive, names = np.asarray(positive, dtype=bool), np.asarray(sources)
    weights = np.zeros(is_positive.shape, dtype=np.float64)
    for part in (is_positive, ~is_positive):
        if part.any():
            weights[part] = balanced_weights(names[part])
    return weights


def threshold_at_fpr(negatives: npt.ArrayLike, fpr: float, *, weights: npt.ArrayLike | None = None) -> float:
    """Lowest threshold at which the weighted share of negatives that alarm is at most `fpr`.

    Args:
        negatives: (n,) log-odds of legitimate calls, n >= 1.
        fpr: wanted false-positive rate in [0, 1).
        weights: (n,) weights of the calls; equal where None.

    Returns:
        The threshold: just above the highest score that may not alarm. A call alarms at or above it.

    Raises:
        DataError: there are no negatives, or a score is not finite.
    """
    scores = np.asarray(negatives, dtype=np.float64)
    if scores.size == 0:
        raise DataError("no legitimate calls to set a threshold on; at least one is needed")
    if not np.isfinite(scores).all():
        raise DataError(f"{int((~np.isfinite(scores)).sum())} scores are not finite; wanted finite log-odds")
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
    recall, low, high = weighted_share(hit, weights=positive_weights)
    return Recall(recall, low, high, int(hit.sum()), pos.size, threshold, int((neg >= threshold).sum()), neg.size)


def operating_curve(scores: npt.ArrayLike, positive: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> Curve:
    """Recall and false-positive rate at every threshold.

    Args:
        scores: (n,) log-odds.
        positive: (n,) truth values, both present.
        weights: (n,) weights of the calls; equal where None.

    Raises:
        DataError: one of the two classes is missing.
    """
    values, is_positive = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    if is_positive.all() or not is_positive.any():
        raise DataError(f"{int(is_positive.sum())} scams among {values.size} calls; wanted both classes")
    share = np.ones(values.size) if weights is None else np.asarray(weights, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), values.size - 1)
    hits, alarms = (np.cumsum(np.where(part, share, 0.0)[order])[ends] for part in (is_positive, ~is_positive))
    return Curve(values[order][ends], hits / hits[-1], alarms / alarms[-1])


def precision_at_prevalence(recall: float, false_positive_rate: float, prevalence: float) -> float:
    """Share of the alarms that are scams where `prevalence` of all calls are; 0 where nothing alarms."""
    hits, false_alarms = prevalence * recall, (1.0 - prevalence) * false_positive_rate
    return hits / (hits + false_alarms) if hits > 0 else 0.0


def weighted_share(hit: npt.NDArray[np.bool_], *, weights: npt.ArrayLike | None = None) -> tuple[float, float, float]:
    """Share of hits and its 95 % Wilson interval.

    With unequal weights the interval is that of as many calls as the weights are worth (Kish 1965): it always
    contains the share, which one from the bare counts need not.

    Args:
        hit: (n,) truth values, n >= 1.
        weights: (n,) weights of the calls; equal where None.

    Returns:
        Share, low, high, each in [0, 1].
    """
    if weights is None:
        return (float(hit.mean()), *wilson_interval(int(hit.sum()), hit.size))
    w = np.asarray(weights, dtype=np.float64)
    share, worth = float(np.average(hit, weights=w)), float(w.sum() ** 2 / (w**2).sum())
    return (share, *wilson_interval(share * worth, worth))


def wilson_interval(hits: float, n: float) -> tuple[float, float]:
    """95 % interval of a share of `hits` in `n` (Wilson 1927); (0, 1) where nothing was counted."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # Exact at the ends, where rounding would leave 1e-17.
    return 0.0 if hits <= 0 else max(0.0, middle - half), 1.0 if hits >= n else min(1.0, middle + half)


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
