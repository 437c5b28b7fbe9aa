"""A model judged on calls that it has not seen, per source and pooled, beside the baseline."""

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from scamclf.calls import LABELS, Call
from scamclf.errors import DataError
from scamclf.evaluation.baseline import baseline_scores, train_baseline
from scamclf.metrics import (
    balanced_weights,
    calibration_error,
    calls_needed,
    recall_at_fpr,
    sigmoid,
    threshold_at_fpr,
    wilson_interval,
)
from scamclf.predict import Scorer
from scamclf.preparation.prepare import Prepared
from scamclf.render import render

__all__ = ["evaluate_scorer", "judge", "markdown"]

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

FPRS = (0.01, 0.001)
LENGTH_BUCKETS = (0, 100, 200, 400, 800)
"""Words from which a bucket begins: a maximum over windows alarms the more, the longer a call is."""


def evaluate_scorer(scorer: Scorer, prepared: Prepared) -> dict[str, Any]:
    """Judge a bundle and the baseline on the test split.

    Args:
        scorer: the bundle.
        prepared: the data set that it was trained on: the baseline learns from the same train split, and sets
            its threshold on the same calibration calls.

    Returns:
        Plain JSON: "model", "baseline" (see `judge`), and a "markdown" table of both.

    Raises:
        DataError: the test split lacks one of the two classes.
    """
    test, calibration = prepared.splits["test"], prepared.splits["calibration"]
    alert_at = scorer.alert_at
    if alert_at is None:
        logger.warning("the bundle ships no operating point; calls alarm at log-odds of 0 in this report")
    predictions = scorer.score(test)
    model = judge(
        np.array([prediction.logit_scam for prediction in predictions], dtype=np.float64),
        test,
        threshold=alert_at.threshold if alert_at else 0.0,
    )
    baseline_model = train_baseline(prepared.splits["train"])
    legitimate = [call for call in calibration if call.label == LABELS[0]]
    baseline = judge(
        baseline_scores(baseline_model, test),
        test,
        threshold=threshold_at_fpr(
            baseline_scores(baseline_model, legitimate),
            alert_at.target_fpr if alert_at else FPRS[0],
            weights=balanced_weights([str(call.source) for call in legitimate]),
        ),
    )
    report = {
        "operating_point": scorer.operating_point,
        "data_fingerprint": prepared.fingerprint,
        "model": model,
        "baseline": baseline,
    }
    return {**report, "markdown": markdown(report)}


def judge(scores: Floats, calls: Sequence[Call], *, threshold: float) -> dict[str, Any]:
    """Figures of one scorer.

    Args:
        scores: (n,) calibrated log-odds.
        calls: (n,) labelled calls of both classes.
        threshold: the shipped one, in log-odds.

    Returns:
        "sources": alarms at the threshold with a Wilson interval; "recall_at_fpr": by ranking, sources weighed
        equally, 0.1 % marked indicative where the legitimate calls do not support it; "lengths": false alarms
        by words; average precision, ROC AUC, calibration error.

    Raises:
        DataError: one of the two classes is missing.
    """
    scam = np.array([call.label != LABELS[0] for call in calls])
    if scam.all() or not scam.any():
        raise DataError(f"{int(scam.sum())} scams among {len(calls)} test calls; wanted both classes")
    sources = np.array([str(call.source) for call in calls])
    weights = balanced_weights([f"{a}:{b}" for a, b in zip(scam, sources, strict=True)])
    weights = weights / np.where(scam, weights[scam].sum(), weights[~scam].sum())
    alarms = scores >= threshold
    words = np.array([len(render(call).split()) for call in calls])
    at_fpr = {
        f"{fpr:g}": {
            **dataclasses.asdict(
                recall_at_fpr(
                    scores[scam], scores[~scam], fpr,
                    positive_weights=weights[scam], negative_weights=weights[~scam],
                )
            ),
            "indicative": int((~scam).sum()) < calls_needed(fpr),
        }
        for fpr in FPRS
    }  # fmt: skip
    return {
        "threshold": threshold,
        "sources": {
            f"{source} ({'scam' if is_scam else 'legitimate'})": _share(alarms[(sources == source) & (scam == is_scam)])
            for is_scam in (True, False)
            for source in sorted(set(sources[scam == is_scam]))
        },
        "lengths": {
            f"{low}+": _share(alarms[~scam & (words >= low) & (words < high)])
            for low, high in zip(LENGTH_BUCKETS, (*LENGTH_BUCKETS[1:], np.inf), strict=True)
        },
        "recall_at_fpr": at_fpr,
        "average_precision": float(average_precision_score(scam, scores, sample_weight=weights)),
        "roc_auc": float(roc_auc_score(scam, scores, sample_weight=weights)),
        "calibration_error": calibration_error(sigmoid(scores), scam, weights=weights),
    }


def markdown(report: dict[str, Any]) -> str:
    """The table of a report: alarms per source at the shipped threshold, then the pooled figures."""
    model, baseline = report["model"], report["baseline"]
    lines = [
        f"Alarms at the shipped threshold ({report['operating_point']}) on calls never trained on.",
        "",
        "| test source | calls | scamclf alarms | 95 % | TF-IDF + LR alarms | 95 % |",
        "|---|---:|---:|---|---:|---|",
    ]
    for source, ours in model["sources"].items():
        theirs = baseline["sources"][source]
        lines.append(f"| {source} | {ours['n']} | {_cell(ours)} | {_cell(theirs)} |")
    lines += ["", "| pooled, sources weighed equally | scamclf | TF-IDF + LR |", "|---|---:|---:|"]
    for fpr, ours in model["recall_at_fpr"].items():
        mark = " (indicative: too few legitimate calls)" if ours["indicative"] else ""
        theirs = baseline["recall_at_fpr"][fpr]
        name = f"recall at {100 * float(fpr):g} % false positives{mark}"
        lines.append(f"| {name} | {ours['recall']:.3f} | {theirs['recall']:.3f} |")
    for key in ("average_precision", "roc_auc", "calibration_error"):
        lines.append(f"| {key.replace('_', ' ')} | {model[key]:.3f} | {baseline[key]:.3f} |")
    return "\n".join(lines)


def _share(alarms: npt.NDArray[np.bool_]) -> dict[str, float]:
    low, high = wilson_interval(int(alarms.sum()), len(alarms))
    return {"n": len(alarms), "alarms": int(alarms.sum()), "low": low, "high": high}


def _cell(share: dict[str, float]) -> str:
    rate = share["alarms"] / share["n"] if share["n"] else float("nan")
    return f"{share['alarms']} ({100 * rate:.1f} %) | {100 * share['low']:.1f}-{100 * share['high']:.1f}"
