"""What a change of the transcript that leaves the call the same does to its score."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scamclf.calls import LABELS, Call
from scamclf.errors import DataError
from scamclf.evaluation.bootstrap import Draws, Sample, interval_of, resample
from scamclf.evaluation.changes import CHANGES, change_call
from scamclf.evaluation.judge import TARGET_FPR
from scamclf.metrics import balanced_weights, calls_needed, threshold_at_fpr, weighted_share
from scamclf.predict import Scorer
from scamclf.render import render

__all__ = ["robustness"]

Floats = npt.NDArray[np.float64]


def robustness(
    scorer: Scorer,
    calls: Sequence[Call],
    *,
    changes: Sequence[str] = tuple(CHANGES),
    resamples: int = 1000,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Judge finished calls as they are and changed, at one threshold.

    Args:
        scorer: a bundle.
        calls: labelled, of both classes; sources are weighed equally.
        changes: names from `scamclf.evaluation.changes.CHANGES`.
        resamples: of the bootstrap over groups that gives the intervals of the differences.
        tell: takes a line of progress.

    Returns:
        "threshold", at which 1 % of the unchanged legitimate calls alarm; "unchanged" and for each of "changes" the
        "recall" and "false_positive_rate" there; for the changes also how much more each is ("recall_change",
        "false_positive_rate_change", each with a paired 95 % interval) and "changed", the share of the calls whose
        words became others. "indicative": there are too few legitimate calls for the rate.

    Raises:
        DataError: one of the two classes is missing.
    """
    scam = np.array([call.label != LABELS[0] for call in calls], dtype=bool)
    if scam.all() or not scam.any():
        raise DataError(f"{int(scam.sum())} scams among {len(calls)} test calls; wanted both classes")
    sources = np.array([str(call.source) for call in calls])
    groups = np.array([call.group or call.call_id for call in calls])
    before = _scores(scorer, calls)
    threshold = threshold_at_fpr(before[~scam], TARGET_FPR, weights=balanced_weights(sources[~scam]))

    def draws(scores: Floats) -> Draws:
        # One seed: the same groups are drawn whatever the scores, so differences are pairs.
        return resample(Sample(scores, scam, sources, groups), threshold=threshold, fprs=(), resamples=resamples)

    unchanged, found = draws(before), {}
    for name in changes:
        tell(f"robustness: {name}")
        changed = [change_call(call, name) for call in calls]
        scores = _scores(scorer, changed)
        drawn = draws(scores)
        others = [render(was) != render(now) for was, now in zip(calls, changed, strict=True)]
        found[name] = {
            **_shares(scores >= threshold, scam, sources),
            "recall_change": _difference(before, scores, scam, sources, threshold, drawn.recall - unchanged.recall),
            "false_positive_rate_change": _difference(
                before, scores, ~scam, sources, threshold, drawn.false_positive_rate - unchanged.false_positive_rate
            ),
            "changed": float(np.mean(others)),
        }
    return {
        "threshold": threshold,
        "calls": {"scam": int(scam.sum()), "legitimate": int((~scam).sum())},
        "indicative": int((~scam).sum()) < calls_needed(TARGET_FPR),
        "unchanged": _shares(before >= threshold, scam, sources),
        "changes": found,
    }


def _scores(scorer: Scorer, calls: Sequence[Call]) -> Floats:
    return np.array([prediction.logit_scam for prediction in scorer.score(calls)], dtype=np.float64)


def _shares(
    alarms: npt.NDArray[np.bool_], scam: npt.NDArray[np.bool_], sources: npt.NDArray[np.str_]
) -> dict[str, dict[str, float]]:
    found = {}
    for figure, part in (("recall", scam), ("false_positive_rate", ~scam)):
        share, low, high = weighted_share(alarms[part], weights=balanced_weights(sources[part]))
        found[figure] = {"share": share, "low": low, "high": high}
    return found


def _difference(
    before: Floats,
    after: Floats,
    part: npt.NDArray[np.bool_],
    sources: npt.NDArray[np.str_],
    threshold: float,
    drawn: Floats,
) -> dict[str, float | None]:
    more = (after[part] >= threshold).astype(np.float64) - (before[part] >= threshold)
    low, high = interval_of(drawn) or (None, None)
    return {"share": float(np.average(more, weights=balanced_weights(sources[part]))), "low": low, "high": high}
