"""Thresholds for each operating point, set on legitimate calls: those of the project or, better, your own."""

import dataclasses
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scamclf.bundle import OperatingPoint, Statistic, verify_bundle, write_checksums, write_manifest
from scamclf.calls import Call
from scamclf.card import write_card
from scamclf.encode import EncodedCall
from scamclf.errors import BundleError, DataError
from scamclf.metrics import balanced_weights, calls_needed, threshold_at_fpr
from scamclf.pooling import Pooled, calibrated, pool_prefixes
from scamclf.predict import Scorer, load

__all__ = ["monitor_statistic", "operating_point_name", "operating_points", "reset_thresholds"]

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]


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


def reset_thresholds(
    bundle: Path, calls: Sequence[Call], out: Path, *, target_fprs: Sequence[float] = (0.01, 0.001)
) -> dict[str, OperatingPoint]:
    """Copy a bundle with thresholds set on your own legitimate calls.

    Args:
        bundle: a bundle.
        calls: legitimate calls of the network that it will score; calls with another label are refused.
        out: folder to write.
        target_fprs: false-positive rates to try.

    Returns:
        The operating points of finished calls.

    Raises:
        DataError: there are too few calls for any of the rates, or one is labelled a scam.
        BundleError: `out` is there already.
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
    scorer = load(bundle)
    encoded = scorer.encoder.encode(calls)
    sources = [str(call.source) for call in calls]
    finished, _ = scorer.pool(encoded)
    fp32 = scorer.statistics
    call = _with_points(fp32.call, finished, sources, target_fprs)
    monitor = _with_points(fp32.monitor, monitor_statistic(scorer, encoded), sources, target_fprs)
    manifest = dataclasses.replace(
        scorer.manifest,
        precisions={"fp32": dataclasses.replace(fp32, call=call, monitor=monitor)},
        operating_point=next(iter(call.scam), None),
    )
    shutil.copytree(bundle, out)
    write_manifest(out, manifest)
    write_card(out, manifest)
    write_checksums(out)
    verify_bundle(out)
    return dict(call.scam)


def _with_points(
    statistic: Statistic, pooled: Pooled, sources: Sequence[str], target_fprs: Sequence[float]
) -> Statistic:
    scam, tech = calibrated(pooled, slope=statistic.slope, intercept=statistic.intercept)
    return dataclasses.replace(
        statistic,
        scam=operating_points(scam, sources, target_fprs),
        tech_support=operating_points(tech, sources, target_fprs),
    )
