"""From window logits to one statistic a call, and from that to calibrated log-odds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["TEMPERATURE", "Pooled", "calibrated", "pool_calls", "pool_prefixes", "scam_logit"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Statistics of m calls.

    Args:
        scam: (m,) float64, uncalibrated log-odds of a scam.
        tech: (m,) float64, log-odds of technical-support scam against other scam.
        peak: (m,) int64, the call's most suspicious window.
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


TEMPERATURE = 2.0
"""By which log-odds are divided before the odds of windows are averaged, and multiplied again: 1 is the mean of the
odds, infinity the mean of the log-odds. Chosen on validation calls."""


def pool_calls(logits: npt.ArrayLike, n_windows: npt.ArrayLike) -> Pooled:
    """Average the odds of a finished call's windows, at a temperature.

    That lies between the mean and the maximum of the log-odds. A maximum alone grows with every window that a call has,
    so that long honest calls alarm; a mean alone drowns the one telling minute.

    Args:
        logits: (n, 3) window logits, the windows of a call next to each other.
        n_windows: (m,) windows of each call, each >= 1; they sum to n.

    Returns:
        `scam`: log-odds of a scam; `tech`: of the same odds, technical support against other scams.
    """
    values = np.asarray(logits, dtype=np.float64)
    firsts, peaks = _peaks(scam_logit(values), n_windows)
    if not len(firsts):
        return Pooled(np.zeros(0), np.zeros(0), firsts)
    counts = np.asarray(n_windows, dtype=np.int64)
    odds = [(values[:, label] - values[:, 0]) / TEMPERATURE for label in (1, 2)]
    tech, other = (TEMPERATURE * (np.logaddexp.reduceat(kind, firsts) - np.log(counts)) for kind in odds)
    return Pooled(np.logaddexp(tech, other), tech - other, peaks - firsts)


def pool_prefixes(logits: npt.ArrayLike, n_prefixes: npt.ArrayLike) -> Pooled:
    """Take the highest score that a live call has reached: an alarm once given is not taken back.

    Args:
        logits: (n, 3) logits of the windows that a monitor scored, those of a call next to each other.
        n_prefixes: (m,) how many of each call, each >= 1; they sum to n.
    """
    values = np.asarray(logits, dtype=np.float64)
    scores = scam_logit(values)
    firsts, peaks = _peaks(scores, n_prefixes)
    return Pooled(scores[peaks], values[peaks, 1] - values[peaks, 2], peaks - firsts)


def _peaks(scores: Floats, counts: npt.ArrayLike) -> tuple[Ints, Ints]:
    """First row and highest row of each call."""
    sizes = np.asarray(counts, dtype=np.int64)
    firsts = np.cumsum(sizes) - sizes
    peaks = [first + int(np.argmax(scores[first : first + n])) for first, n in zip(firsts, sizes, strict=True)]
    return firsts, np.array(peaks, dtype=np.int64)


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
