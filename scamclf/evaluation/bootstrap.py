"""How far figures would move with other calls: a bootstrap over groups, not calls.

Calls of one video, channel, campaign or pair are alike, so that an interval which takes them for independent
is too narrow. Here whole groups are drawn again with replacement (cluster bootstrap, Davison and Hinkley 1997,
section 3.8), within each source, since the sources are given and not drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Draws", "Sample", "interval_of", "resample"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_CELLS_AT_A_TIME = 2_000_000
"""Resamples times calls held at once: 16 MB an array."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Judged calls.

    Args:
        scores: (n,) log-odds.
        positive: (n,) truth values.
        sources: (n,) names.
        groups: (n,) names of what is drawn together.
    """

    scores: Floats
    positive: Bools
    sources: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Draws:
    """Figures of r resamples; NaN where a resample has no call to take one from.

    Args:
        parts: for each part of the calls (r,) its share of alarms at the threshold.
        recall_at_fpr: for each rate (r,) the recall, sources weighed equally, the threshold set anew each time.
        source_recall_at_fpr: for each rate and source (r,) the recall at that threshold.
        recall, false_positive_rate: (r,) at the threshold, sources weighed equally.
        average_precision, roc_auc: (r,), classes and sources weighed equally.
    """

    parts: dict[str, Floats]
    recall_at_fpr: dict[float, Floats]
    source_recall_at_fpr: dict[float, dict[str, Floats]]
    recall: Floats
    false_positive_rate: Floats
    average_precision: Floats
    roc_auc: Floats


def resample(
    sample: Sample,
    *,
    threshold: float,
    fprs: Sequence[float],
    parts: Mapping[str, Bools] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Draws:
    """Draw groups again and take every figure anew.

    Args:
        sample: n judged calls of both classes.
        threshold: log-odds at and above which a call alarms.
        fprs: false-positive rates to take the recall at.
        parts: (n,) masks by name, to take the share of alarms in.
        resamples: number of resamples, r.
        seed: another seed gives other resamples.
    """
    masks = dict(parts or {})
    chunks = [
        _figures(sample, times, threshold, fprs, masks) for times in _multiplicities(sample, resamples, seed=seed)
    ]
    joined = {key: np.concatenate([chunk[key] for chunk in chunks]) for key in chunks[0]}
    scam_sources = np.unique(sample.sources[sample.positive])
    return Draws(
        parts=dict(zip(masks, joined["parts"].T, strict=True)),
        recall_at_fpr={fpr: joined[f"at {fpr}"] for fpr in fprs},
        source_recall_at_fpr={
            fpr: dict(zip(map(str, scam_sources), joined[f"sources at {fpr}"].T, strict=True)) for fpr in fprs
        },
        **{key: joined[key] for key in ("recall", "false_positive_rate", "average_precision", "roc_auc")},
    )


def interval_of(draws: Floats) -> tuple[float, float] | None:
    """The middle 95 % of resamples; None where hardly any has a figure."""
    found = draws[~np.isnan(draws)]
    if found.size < 0.5 * draws.size:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def _multiplicities(sample: Sample, resamples: int, *, seed: int) -> Iterator[Floats]:
    """How often each call is in each resample: pieces of (r, n)."""
    generator, n = np.random.default_rng(seed), sample.scores.size
    members = []
    for source in np.unique(sample.sources):
        rows = np.flatnonzero(sample.sources == source)
        members.append((rows, np.unique(sample.groups[rows], return_inverse=True)[1]))
    step = max(1, _CELLS_AT_A_TIME // n)
    for begin in range(0, resamples, step):
        size = min(step, resamples - begin)
        times = np.zeros((size, n), dtype=np.float64)
        for rows, group in members:
            times[:, rows] = _draw(generator, int(group.max()) + 1, size)[:, group]
        yield times


def _draw(generator: np.random.Generator, groups: int, size: int) -> Ints:
    """As many draws as there are groups, counted by group: (size, groups)."""
    drawn = generator.integers(groups, size=(size, groups)) + groups * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * groups).reshape(size, groups)


def _figures(
    sample: Sample, times: Floats, threshold: float, fprs: Sequence[float], masks: Mapping[str, Bools]
) -> dict[str, Floats]:
    scam, scores, n = sample.positive, sample.scores, sample.scores.size
    alarms = times * (scores >= threshold)
    found = {"parts": _shares(alarms, times, np.array(list(masks.values()), dtype=np.float64).reshape(-1, n))}
    by_class = {is_scam: _by_source(sample, is_scam) for is_scam in (True, False)}
    found["recall"] = _mean(_shares(alarms, times, by_class[True]))
    found["false_positive_rate"] = _mean(_shares(alarms, times, by_class[False]))
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), n - 1)
    # Recall and false-positive rate at each distinct score, from the highest down: (r, k).
    tpr, fpr = (np.cumsum(_weights(times, by_class[is_scam])[:, order], axis=1)[:, ends] for is_scam in (True, False))
    steps = np.diff(tpr, prepend=0.0)
    with np.errstate(invalid="ignore"):
        found["average_precision"] = np.nansum(steps * (tpr / (tpr + fpr)), axis=1)
    found["roc_auc"] = (np.diff(fpr, prepend=0.0) * (tpr - steps / 2)).sum(axis=1)
    lacking = (tpr[:, -1] < 0.5) | (fpr[:, -1] < 0.5)
    for key in ("average_precision", "roc_auc"):
        found[key][lacking] = np.nan
    for rate in fprs:
        # Every call scored at or above the last score at which the rate is not yet exceeded.
        last = (fpr <= rate + 1e-9).sum(axis=1)
        lowest = np.append(np.inf, scores[order][ends])[last]
        hits = times * (scores[None, :] >= lowest[:, None]) * scam
        found[f"sources at {rate}"] = _shares(hits, times, by_class[True])
        found[f"at {rate}"] = np.where(lacking, np.nan, _mean(found[f"sources at {rate}"]))
    return found


def _by_source(sample: Sample, is_scam: bool) -> Floats:
    """Masks of the sources of one class, (sources, n)."""
    of_class = sample.positive == is_scam
    names = np.unique(sample.sources[of_class])
    return np.asarray((sample.sources[None, :] == names[:, None]) & of_class, dtype=np.float64)


def _weights(times: Floats, masks: Floats) -> Floats:
    """Weights of the calls in each resample, (r, n): they sum to 1, sources that are there weighed equally."""
    counts = times @ masks.T
    there = counts > 0
    each = there / np.maximum(counts, 1.0) / np.maximum(there.sum(axis=1, keepdims=True), 1)
    return np.asarray(times * (each @ masks), dtype=np.float64)


def _shares(hits: Floats, times: Floats, masks: Floats) -> Floats:
    counts = times @ masks.T
    return np.where(counts > 0, (hits @ masks.T) / np.maximum(counts, 1.0), np.nan)


def _mean(shares: Floats) -> Floats:
    """Mean over the sources that are there, (r,)."""
    there = ~np.isnan(shares)
    return np.where(there.any(axis=1), np.nansum(shares, axis=1) / np.maximum(there.sum(axis=1), 1), np.nan)
