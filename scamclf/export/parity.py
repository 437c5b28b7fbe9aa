"""Whether an exported network says what the trained one says."""

import logging
from collections.abc import Sequence

import numpy as np

from scamclf.calls import Call
from scamclf.errors import ExportError
from scamclf.pooling import scam_logit
from scamclf.predict import Scorer

__all__ = ["FP32_TOLERANCE", "check_parity"]

logger = logging.getLogger(__name__)

FP32_TOLERANCE = 1e-3
"""Largest difference in log-odds between torch and ONNX Runtime, and between a call alone and in a batch. Sums in
another order give some 1e-5; a wrong mask or a lost layer gives far more."""

_PARITY_CALLS = 200


def check_parity(reference: Scorer, exported: Scorer, calls: Sequence[Call]) -> dict[str, float]:
    """Compare an exported network with the one that it came from.

    Args:
        reference: runs the trained weights in torch.
        exported: runs the exported file.
        calls: real calls, short and long.

    Returns:
        Largest differences in log-odds: "windows" (lengths from one token to full, padded and not), "alone"
        (a window alone against in a batch), "calls", and "changed_decisions".

    Raises:
        ExportError: a difference is over the tolerance, or a decision changed.
    """
    encoded = exported.encoder.encode(calls)
    windows = [w for call in encoded for w in exported.encoder.window_ids(call, exported.encoder.call_spans(call))]
    windows = sorted(windows, key=len)[:: max(1, len(windows) // _PARITY_CALLS)]
    windows += [window[:n] for n, window in zip((2, 3, 5, 9), windows[-4:], strict=False)]
    ours = scam_logit(exported.window_logits(windows))
    alone = np.concatenate([scam_logit(exported.window_logits([window])) for window in windows])
    theirs = scam_logit(reference.window_logits(windows))
    pairs = list(zip(reference.score(calls), exported.score(calls), strict=True))
    differences = {
        "windows": float(np.abs(ours - theirs).max()),
        "alone": float(np.abs(ours - alone).max()),
        "calls": max(abs((a.logit_scam or 0.0) - (b.logit_scam or 0.0)) for a, b in pairs),
        "changed_decisions": float(sum(a.alert != b.alert or a.label != b.label for a, b in pairs)),
    }
    logger.info("parity over %d windows and %d calls: %s", len(windows), len(calls), differences)
    worst = max(differences["windows"], differences["alone"], differences["calls"])
    # Written so that NaN is refused too.
    if not worst <= FP32_TOLERANCE or differences["changed_decisions"]:
        raise ExportError(
            f"the exported network does not agree with the trained one: {differences}; wanted differences of at most "
            f"{FP32_TOLERANCE} in log-odds and no changed decision"
        )
    return differences
