"""Fit the second opinion, and what it shall count."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from scamclf.calls import LABELS, Call
from scamclf.encode import Encoder
from scamclf.linear import LinearModel, tokens_and_pairs
from scamclf.metrics import class_balanced_weights
from scamclf.pooling import pool_calls
from scamclf.predict import Scorer
from scamclf.preparation.augment import AugmentConfig, augment

__all__ = ["fit_linear", "weigh"]

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

_VIEWS = 2
"""Ways in which each call is said; its own words are one of them."""

_MIN_CALLS = 2
"""Calls that a feature must be in: what is in one only is its names and numbers."""

_INVERSE_PENALTY = 10.0


def fit_linear(
    calls: Sequence[Call], encoder: Encoder, weights: Floats, *, augmented: AugmentConfig | None, seed: int
) -> LinearModel:
    """Fit the linear model on the windows of finished calls.

    Args:
        calls: labelled.
        encoder: tokenises and cuts.
        weights: (n,) how much each call counts.
        augmented: how calls are said otherwise, too; None: not.
        seed: of how.
    """
    ways = [list(calls)]
    if augmented is not None:
        ways += [[augment(call, augmented, seed=seed, view=view) for call in calls] for view in range(1, _VIEWS)]
    windows, labels, shares, owners = [], [], [], []
    for said in ways:
        for i, encoded in enumerate(encoder.encode(said)):
            cut = encoder.window_ids(encoded, encoder.call_spans(encoded))
            windows += cut
            labels += [LABELS.index(str(calls[i].label))] * len(cut)
            shares += [weights[i] / len(cut)] * len(cut)
            owners += [i] * len(cut)
    rows, found = tokens_and_pairs(windows)
    # A feature once for each of its calls: then those that are in several.
    kept, in_calls = np.unique(np.unique(np.stack([found, np.array(owners)[rows]]), axis=1)[0], return_counts=True)
    kept, in_calls = kept[in_calls >= _MIN_CALLS], in_calls[in_calls >= _MIN_CALLS]
    idf = (np.log((1 + len(calls)) / (1 + in_calls)) + 1).astype(np.float32)
    model = LinearModel(kept, idf, np.zeros((len(kept), len(LABELS)), np.float32), np.zeros(len(LABELS), np.float32))
    rows, at, values = model.values(windows)
    table = csr_array((values, (rows, at)), shape=(len(windows), len(kept)))
    counts = np.asarray(shares) * len(shares) / np.sum(shares)
    learnt = LogisticRegression(C=_INVERSE_PENALTY, max_iter=300).fit(table, labels, sample_weight=counts)
    logger.info("second opinion: %s features of %s windows", f"{len(kept):,}", f"{len(windows):,}")
    return replace(model, weights=learnt.coef_.T.astype(np.float32), bias=learnt.intercept_.astype(np.float32))


def weigh(linear: LinearModel, network: Scorer, calls: Sequence[Call]) -> LinearModel:
    """Scale the second opinion so that, added to the network's, it tells these calls apart best.

    Args:
        linear: as it was fitted.
        network: scores with the network alone.
        calls: labelled, of both classes, that neither was trained on.
    """
    encoded = network.encoder.encode(calls)
    cut = [network.encoder.window_ids(call, network.encoder.call_spans(call)) for call in encoded]
    windows, n_windows = [window for call in cut for window in call], [len(call) for call in cut]
    opinions = (network.window_logits(windows), linear.logits(windows))
    both = np.stack([pool_calls(logits, n_windows).scam for logits in opinions], axis=1)
    scam = np.array([call.label != LABELS[0] for call in calls])
    weights = class_balanced_weights(scam, [str(call.source) for call in calls])
    first, second = LogisticRegression(C=np.inf).fit(both, scam, sample_weight=weights * len(calls)).coef_[0]
    # A network that says nothing, or the contrary of what is true, is not worth a multiple of its second.
    share = float(np.clip(second / max(first, 1e-3), 0.0, 10.0))
    logger.info("second opinion counts %.2f times the network's", share)
    return replace(linear, weights=linear.weights * np.float32(share), bias=linear.bias * np.float32(share))
