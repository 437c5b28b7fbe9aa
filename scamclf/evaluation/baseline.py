"""The baseline beside every number: TF-IDF and logistic regression on the words of the same calls."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from scamclf.calls import LABELS, Call
from scamclf.metrics import class_balanced_weights
from scamclf.render import render

__all__ = ["baseline_scores", "train_baseline"]

_NUMBER = re.compile(r"\d+(?:[\s.,:/-]{0,3}\d+)*")


def train_baseline(calls: Sequence[Call]) -> Pipeline:
    """Fit on whole calls, words and pairs of words, classes and sources weighed equally."""
    scam = np.array([call.label != LABELS[0] for call in calls])
    weights = class_balanced_weights(scam, [str(call.source) for call in calls]) * len(calls) / 2
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=200_000),
        LogisticRegression(C=10.0, max_iter=1000),
    )
    model.fit([_text(call) for call in calls], scam, logisticregression__sample_weight=weights)
    return model


def baseline_scores(model: Pipeline, calls: Sequence[Call]) -> npt.NDArray[np.float64]:
    """Log-odds of a scam, (n,) float64."""
    return np.asarray(model.decision_function([_text(call) for call in calls]), dtype=np.float64)


def _text(call: Call) -> str:
    """As the transformer sees it: case, punctuation and figures say nothing (TF-IDF drops the first two)."""
    return _NUMBER.sub(" 0 ", render(call))
