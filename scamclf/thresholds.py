"""Thresholds for each operating point, set on legitimate calls: those of the project or, better, your own."""

import dataclasses
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scamclf.bundle import OperatingPoint, Precision, Statistic, verify_bundle, write_checksums, write_manifest
from scamclf.calls import Call
from scamclf.card import write_card
from scamclf.encode import EncodedCall
from scamclf.errors import BundleError, DataError
from scamclf.metrics import balanced_weights, calls_needed, threshold_at_fpr
from scamclf.pooling import Pooled, calibrated, pool_prefixes
from scamclf.predict import Scorer, load

__all__ = [
    "Both",
    "both_statistics",
    "monitor_statistic",
    "moved_points",
    "operating_point_name",
    "operating_points",
    "reset_thresholds",
]

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Both = tuple[Pooled, Pooled]
"""Of finished calls, and of live ones."""

_NEAREST = 100
"""Calls next to a threshold that say how far another precision is from it there."""


def operating_point_name(fpr: float) -> str:
    """Name of a point: "fpr_1pct" for 0.01, "fpr_0.1pct" for 0.001."""
    return f"fpr_{100 * fpr:g}pct"


def operating_points(
    scores: Floats, sources: Sequence[str], target_fprs: Sequence[float], *, demonstration: bool = False
) -> dict[str, OperatingPoint]:
    """Set thresholds on legitimate calls.

    Args:
        scores: (n,) calibrated log-odds of legitimate calls.
        sources: (n,) where each is from. Sources are weighed equally: the largest must not set the threshold.
        target_fprs: false-positive rates to try.
        demonstration: set a threshold whatever the number of calls.

    Returns:
        The points that n calls support: one for a rate of 1 % needs 300 calls (rule of three).
    """
    points = {}
    for fpr in target_fprs:
        if len(scores) < calls_needed(fpr) and not demonstration:
            logger.warning(
                "no operating point at a false-positive rate of %g: it needs %d legitimate calls, there are %d",
                fpr, calls_needed(fpr), len(scores),
            )  # fmt: skip
            continue
        threshold = threshold_at_fpr(scores, fpr, weights=balanced_weights(sources))
        alarms = int((scores >= threshold).sum())
        points[operating_point_name(fpr)] = OperatingPoint(threshold, fpr, len(scores), alarms)
    return points


def monitor_statistic(scorer: Scorer, encoded: Sequence[EncodedCall]) -> Pooled:
    """Statistics of calls as a live monitor would have seen them: the maximum over every prefix it scores."""
    spans = [scorer.encoder.monitor_spans(call) for call in encoded]
    windows = [
        window for call, span in zip(encoded, spans, strict=True) for window in scorer.encoder.window_ids(call, span)
    ]
    return pool_prefixes(scorer.window_logits(windows), [len(span) for span in spans])


def both_statistics(scorer: Scorer, calls: Sequence[Call]) -> Both:
    """Statistics of calls, finished and as a live monitor would have seen them."""
    encoded = scorer.encoder.encode(calls)
    finished, _ = scorer.pool(encoded)
    return finished, monitor_statistic(scorer, encoded)


def _with_points(before: Precision, found: Both, sources: Sequence[str], *, target_fprs: Sequence[float]) -> Precision:
    """Set the thresholds of one precision.

    Args:
        before: its mappings are kept.
        found: what it says of legitimate calls.
        sources: (n,) where each is from.
        target_fprs: false-positive rates to try.
    """

    def set_on(statistic: Statistic, pooled: Pooled) -> Statistic:
        scores = calibrated(pooled, slope=statistic.slope, intercept=statistic.intercept)
        scam, tech = (operating_points(one, sources, target_fprs) for one in scores)
        return dataclasses.replace(statistic, scam=scam, tech_support=tech)

    call, monitor = map(set_on, (before.call, before.monitor), found)
    return dataclasses.replace(before, call=call, monitor=monitor)


def moved_points(before: Precision, found: Both, *, other: Precision, theirs: Both) -> Precision:
    """Give a precision the thresholds of another, moved to where it decides as the other does.

    Set on its own scores, a threshold would follow how the score of a single call happens to be rounded.

    Args:
        before: the precision.
        found: what it says of legitimate calls; of those that the other set its thresholds on the most suspicious do.
        other: with thresholds; the mappings of both are the same, so that log-odds mean the same.
        theirs: what the other says of the same calls.
    """

    def move(statistic: Statistic, their: Pooled, our: Pooled) -> Statistic:
        mapping = {"slope": statistic.slope, "intercept": statistic.intercept}
        (scam, tech), (our_scam, our_tech) = calibrated(their, **mapping), calibrated(our, **mapping)
        return dataclasses.replace(
            statistic,
            scam={name: _moved(point, scam, our_scam) for name, point in statistic.scam.items()},
            tech_support={name: _moved(point, tech, our_tech) for name, point in statistic.tech_support.items()},
        )

    call, monitor = map(move, (other.call, other.monitor), theirs, found)
    return dataclasses.replace(before, call=call, monitor=monitor)


def _moved(point: OperatingPoint, theirs: Floats, ours: Floats) -> OperatingPoint:
    nearest = np.argsort(np.abs(theirs - point.threshold), kind="stable")[:_NEAREST]
    threshold = point.threshold + float(np.median((ours - theirs)[nearest]))
    more = int((ours >= threshold).sum()) - int((theirs >= point.threshold).sum())
    return dataclasses.replace(point, threshold=threshold, n_false_alarms=point.n_false_alarms + more)


def reset_thresholds(
    bundle: Path,
    calls: Sequence[Call],
    out: Path,
    *,
    target_fprs: Sequence[float] = (0.01, 0.001),
    precisions: Sequence[str] | None = None,
) -> dict[str, OperatingPoint]:
    """Copy a bundle with thresholds set on your own legitimate calls: each precision decides as the first.

    Args:
        bundle: a bundle.
        calls: legitimate calls of the network that it will score; calls with another label are refused.
        out: folder to write; it appears whole or not at all.
        target_fprs: false-positive rates to try.
        precisions: those that the new bundle names; None: all. One that cannot run here must be left out, since its
            thresholds would be another network's.

    Returns:
        The operating points of finished calls, of the first precision.

    Raises:
        DataError: there are too few calls for any of the rates, or one is labelled a scam.
        BundleError: `out` is there already, or the bundle is not whole.
        ConfigError: the bundle has no such precision, or it cannot run here.
        MissingExtraError: what runs a precision is not installed.
    """
    if out.exists():
        raise BundleError(f"{out} is there already: give another name")
    scams = [call.call_id for call in calls if call.label not in (None, "legitimate")]
    if scams:
        raise DataError(f"{len(scams)} calls are labelled scams, {scams[0]!r} first; wanted legitimate calls alone")
    if len(calls) < calls_needed(max(target_fprs)):
        needed = calls_needed(max(target_fprs))
        raise DataError(
            f"{len(calls)} legitimate calls; a rate of {max(target_fprs):g} needs {needed}, so {needed - len(calls)} "
            "more"
        )
    manifest = load(bundle).manifest
    first, *others = precisions or manifest.precisions
    said = {name: both_statistics(load(bundle, precision=name, verify=False), calls) for name in (first, *others)}
    set_on = _with_points(
        manifest.precisions[first], said[first], [str(call.source) for call in calls], target_fprs=target_fprs
    )
    found = {first: set_on}
    for name in others:
        found[name] = moved_points(manifest.precisions[name], said[name], other=set_on, theirs=said[first])
    points = set_on.call.scam
    manifest = dataclasses.replace(manifest, precisions=found, operating_point=next(iter(points), None))
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        shutil.copytree(bundle, partial)
        write_manifest(partial, manifest)
        write_card(partial, manifest, name=out.name)
        write_checksums(partial)
        verify_bundle(partial)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return dict(points)
