"""A model judged on calls that it has not seen, per source and pooled, beside a baseline and a style probe."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from scamclf.bundle import OperatingPoint
from scamclf.calls import LABELS, Call
from scamclf.evaluation.baseline import baseline_scores, train_baseline
from scamclf.evaluation.bootstrap import interval_of
from scamclf.evaluation.judge import FPRS, judge, judge_with_draws
from scamclf.evaluation.style_probe import style_scores, train_style_probe
from scamclf.evaluation.tables import markdown
from scamclf.evaluation.worst import named_by_part, worst_mistakes
from scamclf.metrics import balanced_weights, logit, threshold_at_fpr
from scamclf.predict import Scorer
from scamclf.preparation.prepare import Prepared

__all__ = ["evaluate_scorer", "judge", "markdown"]

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

_LEGITIMATE, _TECH_SUPPORT = LABELS[0], LABELS[1]


@dataclass(frozen=True, slots=True)
class _Rival:
    """What the model is compared with: trained on the same train split."""

    train: Callable[[Sequence[Call]], Pipeline]
    score: Callable[[Pipeline, Sequence[Call]], Floats]


_RIVALS = {"baseline": _Rival(train_baseline, baseline_scores), "style_probe": _Rival(train_style_probe, style_scores)}


def evaluate_scorer(
    scorer: Scorer, prepared: Prepared, *, tell: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Judge a bundle, the baseline and the style probe on the test split.

    Args:
        scorer: the bundle.
        prepared: the data set that it was trained on: baseline and probe learn from the same train split, and
            set their thresholds on the same calibration calls.
        tell: takes a line of progress.

    Returns:
        Plain JSON: "model", "baseline", "style_probe" (see `judge`); "differences", how much more the model
        recalls at 1 % false positives than either, with a paired 95 % interval; "tech_support", the same for
        technical-support scams against legitimate calls, or None where there are none to train or to test on;
        "worst" (see `worst_mistakes`); what was judged; and a "markdown" table.

    Raises:
        DataError: the test split lacks one of the two classes.
    """
    recipe = scorer.manifest.provenance.get("recipe", {})
    hold_out = recipe.get("data", {}).get("hold_out", ())
    found = prepared.splits["test"]
    calls = [named_by_part(call, hold_out) for call in found]
    tell(f"scoring {len(found)} calls")
    predictions = scorer.score(found)
    tell("training and scoring the baselines beside it")
    scores = np.array([prediction.logit_scam for prediction in predictions], dtype=np.float64)
    tech_scores = logit(np.array([prediction.p_tech_support for prediction in predictions], dtype=np.float64))
    alert_at = scorer.alert_at
    if alert_at is None:
        logger.warning("the bundle ships no operating point; calls alarm at log-odds of 0 in this report")
    tech_alert_at = scorer.statistics.call.tech_support.get(scorer.operating_point or "")
    report = {
        "name": recipe.get("name", "scamclf"),
        "intended_use": scorer.manifest.intended_use,
        "operating_point": scorer.operating_point,
        "target_fpr": alert_at.target_fpr if alert_at else None,
        "data_fingerprint": prepared.fingerprint,
        "counts": prepared.counts(),
        "hold_out": list(hold_out),
        **_beside_rivals(scores, calls, prepared, alert_at),
        "tech_support": _tech_support(tech_scores, calls, prepared, tech_alert_at),
        "worst": worst_mistakes(scores, found, threshold=alert_at.threshold if alert_at else 0.0, hold_out=hold_out),
    }
    return {**report, "markdown": markdown(report)}


def _beside_rivals(
    scores: Floats, calls: Sequence[Call], prepared: Prepared, alert_at: OperatingPoint | None
) -> dict[str, Any]:
    """The model and its rivals, each at a threshold for the same false-positive rate on the same calls."""
    legitimate = [call for call in prepared.splits["calibration"] if call.label == _LEGITIMATE]
    weights = balanced_weights([str(call.source) for call in legitimate])
    judged, draws = judge_with_draws(scores, calls, threshold=alert_at.threshold if alert_at else 0.0)
    found: dict[str, Any] = {"model": judged, "differences": {}}
    for name, rival in _RIVALS.items():
        trained = rival.train(prepared.splits["train"])
        threshold = threshold_at_fpr(
            rival.score(trained, legitimate), alert_at.target_fpr if alert_at else FPRS[0], weights=weights
        )
        theirs, their_draws = judge_with_draws(rival.score(trained, calls), calls, threshold=threshold)
        ends = interval_of(draws.recall_at_fpr[FPRS[0]] - their_draws.recall_at_fpr[FPRS[0]]) or (None, None)
        at = f"{FPRS[0]:g}"
        found[name] = theirs
        found["differences"][name] = {
            "difference": judged["recall_at_fpr"][at]["recall"] - theirs["recall_at_fpr"][at]["recall"],
            "low": ends[0],
            "high": ends[1],
        }
    return found


def _tech_support(
    scores: Floats, calls: Sequence[Call], prepared: Prepared, alert_at: OperatingPoint | None
) -> dict[str, Any] | None:
    """Technical-support scams against legitimate calls; other scams are counted apart, being neither."""
    narrowed = Prepared({split: _without_other(found) for split, found in prepared.splits.items()}, prepared.dropped)
    kept = np.array([call.label in (_LEGITIMATE, _TECH_SUPPORT) for call in calls], dtype=bool)
    for found in (_without_other(calls), narrowed.splits["train"]):
        if {call.label for call in found} != {_LEGITIMATE, _TECH_SUPPORT}:
            logger.warning("technical-support scams are not judged apart: train or test split lacks one of the classes")
            return None
    threshold = alert_at.threshold if alert_at else 0.0
    return {
        "target_fpr": alert_at.target_fpr if alert_at else None,
        **_beside_rivals(scores[kept], _without_other(calls), narrowed, alert_at),
        "other_scams": {"n": int((~kept).sum()), "alarms": int((scores[~kept] >= threshold).sum())},
    }


def _without_other(calls: Sequence[Call]) -> list[Call]:
    return [call for call in calls if call.label in (_LEGITIMATE, _TECH_SUPPORT)]
