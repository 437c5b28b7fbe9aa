"""From statistics to probabilities: one mapping for finished calls, one for live ones.

The mapping is fitted on both classes; on legitimate calls alone its slope would run to nothing.
"""

import dataclasses
import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from scamclf.bundle import Manifest, Precision, Statistic
from scamclf.calls import LABELS, Call
from scamclf.config import CalibrationConfig
from scamclf.encode import Encoder
from scamclf.errors import DataError
from scamclf.linear import LinearModel
from scamclf.metrics import class_balanced_weights
from scamclf.pooling import Pooled, calibrated
from scamclf.predict import Scorer
from scamclf.runtimes import Runtime
from scamclf.thresholds import monitor_statistic, operating_points

__all__ = ["calibrate", "platt", "uncalibrated_scorer"]

logger = logging.getLogger(__name__)


def uncalibrated_scorer(encoder: Encoder, runtime: Runtime, linear: LinearModel | None = None) -> Scorer:
    """A scorer of a model that has no mapping yet."""
    identity = Precision(file="", call=Statistic(), monitor=Statistic())
    return Scorer(
        Manifest(LABELS, dataclasses.asdict(encoder.spec), {"fp32": identity}), encoder, runtime, linear=linear
    )


def calibrate(scorer: Scorer, calls: Sequence[Call], config: CalibrationConfig) -> dict[str, Statistic]:
    """Fit the mapping and set the thresholds of both statistics.

    Args:
        scorer: of the model to calibrate; what its own manifest says of mappings is not used.
        calls: labelled, of both classes, from groups and sources that the model was not trained on.
        config: which operating points to try.

    Returns:
        The statistics "call" and "monitor".

    Raises:
        DataError: one of the two classes is missing.
    """
    scam = np.array([call.label != LABELS[0] for call in calls])
    if scam.all() or not scam.any():
        raise DataError(f"{int(scam.sum())} scams among {len(calls)} calibration calls; wanted both classes")
    encoded = scorer.encoder.encode(calls)
    finished, _ = scorer.pool(encoded)
    return {
        "call": _fit(finished, calls, scam, config),
        "monitor": _fit(monitor_statistic(scorer, encoded), calls, scam, config),
    }


def _fit(pooled: Pooled, calls: Sequence[Call], scam: npt.NDArray[np.bool_], config: CalibrationConfig) -> Statistic:
    slope, intercept = platt(pooled, calls)
    if slope <= 0:
        message = "the model ranks calibration scams below legitimate calls: it has learnt nothing"
        if not config.demonstration:
            raise DataError(f"{message}, so no mapping fits; train longer, or look at the data with more care")
        logger.warning("%s; its scores are kept as they are", message)
        slope, intercept = 1.0, 0.0
    log_scam, log_tech = calibrated(pooled, slope=slope, intercept=intercept)
    sources = [str(call.source) for call, is_scam in zip(calls, scam, strict=True) if not is_scam]
    scam_points, tech_points = (
        operating_points(scores[~scam], sources, config.target_fprs, demonstration=config.demonstration)
        for scores in (log_scam, log_tech)
    )
    return Statistic(slope, intercept, scam_points, tech_points)


def platt(pooled: Pooled, calls: Sequence[Call]) -> tuple[float, float]:
    """Slope and intercept (Platt 1999), both classes and within them all sources weighed equally.

    What a probability means at the true rate of scams, far below one half, is the user's to say.

    Args:
        pooled: statistics of the calls.
        calls: labelled, of both classes.
    """
    scam = np.array([call.label != LABELS[0] for call in calls])
    weights = class_balanced_weights(scam, [str(call.source) for call in calls])
    # A weak ridge keeps the slope finite where the classes separate perfectly.
    model = LogisticRegression(C=10.0).fit(pooled.scam[:, None], scam, sample_weight=weights * len(calls) / 2)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
