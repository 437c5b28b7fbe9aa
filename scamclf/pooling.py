"""From window logits to one statistic a call, and from that to calibrated log-odds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Pooled", "calibrated", "pool_calls", "scam_logit"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Statistics of m calls.

    Args:
        scam: (m,) float64, uncalibrated log-odds of a scam: the most suspicious window's.
        tech: (m,) float64, log-odds of technical-support scam against other scam in that window.
        peak: (m,) int64, which of the call's windows that was.
    """

    scam: Floats
    tech: Floats
    peak: Ints


def scam_logit(logits: npt.ArrayLike) -> Floats:
    """Log-odds of a scam of either kind against a legitimate call.

    Args:
        logits: (n, 3), columns as `LABELS`.

    Returns:
        (n,) float64.
    """
    values = np.asarray(logits, dtype=np.float64)
    return np.asarray(np.logaddexp(values[:, 1], values[:, 2]) - values[:, 0], dtype=np.float64)


def pool_calls(logits: npt.ArrayLike, n_windows: npt.ArrayLike) -> Pooled:
    """Take every call's most suspicious window.

    Args:
        logits: (n, 3) window logits, the windows of a call next to each other.
        n_windows: (m,) windows of each call, each >= 1; they sum to n.
    """
    values, counts = np.asarray(logits, dtype=np.float64), np.asarray(n_windows, dtype=np.int64)
    scores = scam_logit(values)
    firsts = np.cumsum(counts) - counts
    peaks = np.array(
        [first + int(np.argmax(scores[first : first + n])) for first, n in zip(firsts, counts, strict=True)],
        dtype=np.int64,
    )
    return Pooled(scores[peaks], values[peaks, 1] - values[peaks, 2], peaks - firsts)


def calibrated(pooled: Pooled, *, slope: float, intercept: float) -> tuple[Floats, Floats]:
    """Map statistics to calibrated log-odds.

    Args:
        pooled: statistics of m calls.
        slope, intercept: the call mapping (Platt 1999): log-odds = slope * statistic + intercept.

    Returns:
        Log-odds of a scam and of a technical-support scam, each (m,) float64; the second is never higher,
        since P(tech) = P(scam) * P(tech | scam).
    """
    scam = slope * pooled.scam + intercept
    # log p_tech = -softplus(-scam) - softplus(-tech); the complement is taken in logs too, to stay exact near 1.
    log_scam, log_share = -np.logaddexp(0.0, -scam), -np.logaddexp(0.0, -pooled.tech)
    log_tech = log_scam + log_share
    log_rest = np.logaddexp(-np.logaddexp(0.0, scam), log_scam - np.logaddexp(0.0, pooled.tech))
    return scam, np.asarray(log_tech - log_rest, dtype=np.float64)
