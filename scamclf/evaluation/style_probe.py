"""The probe beside every number: style and length alone, never the words.

A model that is hardly better than this has learnt how the corpora were written down, not what a scam is.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from scamclf.calls import LABELS, Call
from scamclf.metrics import class_balanced_weights
from scamclf.preparation.features import length_table, style_table

__all__ = ["style_scores", "train_style_probe"]


def train_style_probe(calls: Sequence[Call]) -> Pipeline:
    """Fit on casing, punctuation, digits, fillers and lengths; classes and sources weighed equally.

    Args:
        calls: labelled, of both classes.
    """
    scam = np.array([call.label != LABELS[0] for call in calls])
    weights = class_balanced_weights(scam, [str(call.source) for call in calls]) * len(calls) / 2
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000))
    model.fit(_features(calls), scam, logisticregression__sample_weight=weights)
    return model


def style_scores(model: Pipeline, calls: Sequence[Call]) -> npt.NDArray[np.float64]:
    """Log-odds of a scam, (n,) float64."""
    return np.asarray(model.decision_function(_features(calls)), dtype=np.float64)


def _features(calls: Sequence[Call]) -> npt.NDArray[np.float64]:
    return np.hstack([style_table(calls, normalise=False)[0], length_table(calls)[0]])
