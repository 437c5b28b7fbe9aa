"""The figures of one scorer: per source and pooled, each with two intervals."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from scamclf.calls import LABELS, Call
from scamclf.errors import DataError
from scamclf.evaluation.bootstrap import Draws, Sample, interval_of, resample
from scamclf.evaluation.curves import curve_points, reliability
from scamclf.metrics import (
    calibration_error,
    calls_needed,
    class_balanced_weights,
    precision_at_prevalence,
    recall_at_fpr,
    sigmoid,
    weighted_share,
)
from scamclf.render import render

__all__ = ["FPRS", "LENGTH_BUCKETS", "PREVALENCES", "TARGET_FPR", "judge", "judge_with_draws", "widest_interval"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FPRS = (0.01, 0.001)
TARGET_FPR = FPRS[0]
"""The rate of the operating point that models are compared at."""
LENGTH_BUCKETS = (0, 100, 200, 400, 800)
"""Words from which a bucket begins: a maximum over windows alarms the more, the longer a call is."""
PREVALENCES = (0.0001, 0.0005, 0.001, 0.002, 0.005)
"""Shares of scams among calls that a network may have."""
CALLS = 100_000
"""Calls that alerts are counted in."""


def judge(
    scores: Floats, calls: Sequence[Call], *, threshold: float, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Figures of one scorer: those of `judge_with_draws`, without the resamples."""
    return judge_with_draws(scores, calls, threshold=threshold, resamples=resamples, seed=seed)[0]


def judge_with_draws(
    scores: Floats, calls: Sequence[Call], *, threshold: float, resamples: int = 1000, seed: int = 0
) -> tuple[dict[str, Any], Draws]:
    """Figures of one scorer, and the resamples behind their intervals.

    Every share has "low" and "high", the 95 % Wilson interval, and "cluster_low" and "cluster_high", the 95 %
    interval of a bootstrap over groups: None where there are fewer than two groups to draw from.

    Args:
        scores: (n,) calibrated log-odds.
        calls: (n,) labelled calls of both classes; those that are not legitimate are the scams.
        threshold: the shipped one, in log-odds.
        resamples, seed: of the bootstrap.

    Returns:
        At the threshold: "sources", "lengths" (false alarms by words) and "source_lengths" (both), "pooled"
        ("recall" and "false_positive_rate", sources weighed equally), "prevalence" (alerts where scams are
        rare). By ranking, classes and sources weighed equally: "recall_at_fpr", pooled and by source, marked
        "indicative" where the legitimate calls do not support the rate; "average_precision", "roc_auc", their
        "intervals", "curve". "calibration_error" and "reliability". The draws of two scorers of the same calls
        and seed are pairs: their differences have an interval.

    Raises:
        DataError: one of the two classes is missing.
    """
    scam = np.array([call.label != LABELS[0] for call in calls], dtype=bool)
    if scam.all() or not scam.any():
        raise DataError(f"{int(scam.sum())} scams among {len(calls)} test calls; wanted both classes")
    sample = Sample(
        scores,
        scam,
        np.array([str(call.source) for call in calls]),
        np.array([call.group or call.call_id for call in calls]),
    )
    parts = _parts(sample, np.array([len(render(call).split()) for call in calls]))
    draws = resample(sample, threshold=threshold, fprs=FPRS, parts=_flat(parts), resamples=resamples, seed=seed)
    weights = class_balanced_weights(scam, sample.sources)
    figures = {
        "calls": {"scam": int(scam.sum()), "legitimate": int((~scam).sum())},
        **_at_threshold(sample, weights, draws, parts, threshold),
        **_by_ranking(sample, weights, draws),
        "calibration_error": calibration_error(sigmoid(scores), scam, weights=weights),
        "reliability": reliability(sigmoid(scores), scam, weights),
        "bootstrap": {"resamples": resamples, "seed": seed, "groups": len(set(sample.groups))},
    }
    return figures, draws


def widest_interval(share: Mapping[str, Any]) -> tuple[float, float]:
    """The interval to show of a share: the wider of its two."""
    low, high = share.get("cluster_low"), share.get("cluster_high")
    if low is None or high is None or high - low <= share["high"] - share["low"]:
        return share["low"], share["high"]
    return low, high


def _parts(sample: Sample, words: npt.NDArray[np.int64]) -> dict[str, dict[str, Bools]]:
    """Masks of the parts of the calls that alarms are counted in."""
    scam, sources = sample.positive, sample.sources
    by_source = {
        (str(source), is_scam): (sources == source) & (scam == is_scam)
        for is_scam in (True, False)
        for source in np.unique(sources[scam == is_scam])
    }
    lengths = {
        f"{low}+": ~scam & (words >= low) & (words < high)
        for low, high in zip(LENGTH_BUCKETS, (*LENGTH_BUCKETS[1:], np.inf), strict=True)
    }
    return {
        "sources": {f"{name} ({'scam' if is_scam else 'legitimate'})": m for (name, is_scam), m in by_source.items()},
        "lengths": lengths,
        "source_lengths": {
            f"{name}/{bucket}": mask & of_length
            for (name, is_scam), mask in by_source.items()
            if not is_scam
            for bucket, of_length in lengths.items()
            if (mask & of_length).any()
        },
    }


def _at_threshold(
    sample: Sample, weights: Floats, draws: Draws, parts: Mapping[str, Mapping[str, Bools]], threshold: float
) -> dict[str, Any]:
    scam, alarms = sample.positive, sample.scores >= threshold
    shares = {
        kind: {name: _share(alarms, sample, mask, draws.parts[f"{kind}/{name}"]) for name, mask in masks.items()}
        for kind, masks in parts.items()
    }
    pooled = {
        "recall": _pooled(alarms, scam, weights, draws.recall),
        "false_positive_rate": _pooled(alarms, ~scam, weights, draws.false_positive_rate),
    }
    return {
        "threshold": threshold,
        "sources": shares["sources"],
        "lengths": shares["lengths"],
        "source_lengths": _nested(shares["source_lengths"]),
        "pooled": pooled,
        "prevalence": [_alerts(pooled, prevalence) for prevalence in PREVALENCES],
    }


def _by_ranking(sample: Sample, weights: Floats, draws: Draws) -> dict[str, Any]:
    scam, scores = sample.positive, sample.scores
    return {
        "recall_at_fpr": {f"{fpr:g}": _at_fpr(sample, weights, draws, fpr) for fpr in FPRS},
        "average_precision": float(average_precision_score(scam, scores, sample_weight=weights)),
        "roc_auc": float(roc_auc_score(scam, scores, sample_weight=weights)),
        "intervals": {
            "average_precision": interval_of(draws.average_precision),
            "roc_auc": interval_of(draws.roc_auc),
        },
        "curve": curve_points(scores, scam, weights),
    }


def _flat(parts: Mapping[str, Mapping[str, Bools]]) -> dict[str, Bools]:
    return {f"{kind}/{name}": mask for kind, masks in parts.items() for name, mask in masks.items()}


def _nested(shares: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = {}
    for name, share in shares.items():
        source, _, bucket = name.rpartition("/")
        table.setdefault(source, {})[bucket] = share
    return table


def _share(alarms: Bools, sample: Sample, mask: Bools, draws: Floats) -> dict[str, Any]:
    n, hits, groups = int(mask.sum()), int(alarms[mask].sum()), len(set(sample.groups[mask]))
    low, high = weighted_share(alarms[mask])[1:] if n else (0.0, 1.0)
    return {"n": n, "alarms": hits, "low": low, "high": high, "groups": groups, **_cluster(draws, groups)}


def _cluster(draws: Floats, groups: int) -> dict[str, float | None]:
    low, high = (interval_of(draws) if groups > 1 else None) or (None, None)
    return {"cluster_low": low, "cluster_high": high}


def _pooled(alarms: Bools, part: Bools, weights: Floats, draws: Floats) -> dict[str, Any]:
    share, low, high = weighted_share(alarms[part], weights=weights[part])
    return {"share": share, "low": low, "high": high, **_cluster(draws, groups=2)}


def _at_fpr(sample: Sample, weights: Floats, draws: Draws, fpr: float) -> dict[str, Any]:
    scam = sample.positive
    found = recall_at_fpr(
        sample.scores[scam], sample.scores[~scam], fpr,
        positive_weights=weights[scam], negative_weights=weights[~scam],
    )  # fmt: skip
    return {
        **dataclasses.asdict(found),
        **_cluster(draws.recall_at_fpr[fpr], groups=2),
        "indicative": int((~scam).sum()) < calls_needed(fpr),
        "calls_needed": calls_needed(fpr),
        "sources": {
            source: _share(sample.scores >= found.threshold, sample, scam & (sample.sources == source), drawn)
            for source, drawn in draws.source_recall_at_fpr[fpr].items()
        },
    }


def _alerts(pooled: Mapping[str, Mapping[str, Any]], prevalence: float) -> dict[str, float]:
    """Alerts in 100,000 calls, `prevalence` of them scams; the ends take recall and false alarms at theirs."""
    recall, false_alarms = pooled["recall"], pooled["false_positive_rate"]
    recall_ends, false_ends = widest_interval(recall), widest_interval(false_alarms)
    scams, legitimate = CALLS * prevalence, CALLS * (1 - prevalence)
    return {
        "prevalence": prevalence,
        "scams": scams,
        "caught": scams * recall["share"],
        "false_alarms": legitimate * false_alarms["share"],
        "alerts": scams * recall["share"] + legitimate * false_alarms["share"],
        "alerts_low": scams * recall_ends[0] + legitimate * false_ends[0],
        "alerts_high": scams * recall_ends[1] + legitimate * false_ends[1],
        "precision": precision_at_prevalence(recall["share"], false_alarms["share"], prevalence),
        "precision_low": precision_at_prevalence(recall_ends[0], false_ends[1], prevalence),
        "precision_high": precision_at_prevalence(recall_ends[1], false_ends[0], prevalence),
    }
