"""Probes: how much of the label is told by what should not tell it.

A probe learns to tell scams from legitimate calls from one aspect alone, five folds by group, and is judged by the
area under the curve of the pooled scores that no fold's own calls had a part in: 0.5 is what an aspect without a
hint gives, and so is |AUC - 0.5| the size of the shortcut.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from scamclf.calls import Call
from scamclf.errors import DataError
from scamclf.preparation.features import Table, function_word_table, length_table, normalised, style_table
from scamclf.render import render

__all__ = ["PROBES", "Z95", "Probe", "ProbeName", "SourceProbe", "probe", "probe_source", "strongest"]

ProbeName = Literal["style", "style_normalised", "length_and_turns", "function_words", "first_words", "tfidf"]
PROBES: tuple[ProbeName, ...] = get_args(ProbeName)

FIRST_WORDS = 15
Z95 = 1.96
"""Standard errors on either side of a figure that hold it at 95 %."""
_FOLDS = 5

_DENSE: dict[str, Callable[[Sequence[Call]], Table]] = {
    "style": lambda calls: style_table(calls, normalise=False),
    "style_normalised": lambda calls: style_table(calls, normalise=True),
    "length_and_turns": length_table,
    "function_words": function_word_table,
}


@dataclass(frozen=True, slots=True)
class Probe:
    """What a probe found.

    Args:
        name: one of `PROBES`.
        auc: of the pooled out-of-fold scores, in [0, 1]; below 0.5 as it is.
        standard_error: of the area, from the counts (Hanley and McNeil 1982).
        scams, legitimate: calls of the two classes.
        scores: (n,) float64 out-of-fold probabilities of a scam, in the order of the calls.
    """

    name: ProbeName
    auc: float
    standard_error: float
    scams: int
    legitimate: int
    scores: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SourceProbe:
    """How well style alone tells the source of a call whose class is known.

    Args:
        sources: number of sources told apart.
        accuracy: of the out-of-fold guesses, in [0, 1].
        majority: accuracy of always guessing the most frequent source.
        calls: number of calls.
    """

    sources: int
    accuracy: float
    majority: float
    calls: int


def probe(name: ProbeName, calls: Sequence[Call], groups: Sequence[str] | None = None, *, seed: int = 0) -> Probe:
    """Ask one aspect for the label.

    Args:
        name: "style" (casing, punctuation, digits, fillers, word lengths), "style_normalised" (what is left of
            that behind the normaliser), "length_and_turns", "function_words", "first_words" (the first fifteen)
            or "tfidf" (words and pairs of words of the whole call).
        calls: labelled, of both classes.
        groups: what must stay in one fold, one a call; None takes `call.group`, else the call's id.
        seed: of the folds and the trees.

    Returns:
        The area and the scores.

    Raises:
        DataError: a call has no label, or one class is in fewer than two groups.
    """
    truth, kept = _truth(calls), _groups(calls, groups)
    folds = _folds(truth.astype(np.str_), kept, seed)
    scores = cross_val_predict(_model(name, seed), _inputs(name, calls), truth, groups=kept, cv=folds,
                               method="predict_proba")[:, 1]  # fmt: skip
    auc, scams = float(roc_auc_score(truth, scores)), int(truth.sum())
    legitimate = len(truth) - scams
    error = _standard_error(auc, scams, legitimate)
    return Probe(name, auc, error, scams, legitimate, np.asarray(scores, dtype=np.float64))


def probe_source(
    calls: Sequence[Call], groups: Sequence[str] | None = None, *, normalise: bool = False, seed: int = 0
) -> SourceProbe | None:
    """Ask style for the source.

    Args:
        calls: legitimate ones or scams; sources with fewer than ten calls or two groups are left out.
        groups: as for `probe`.
        normalise: True shows only what the normaliser leaves.
        seed: of the folds and the trees.

    Returns:
        The accuracy, or None where fewer than two sources are left.

    Raises:
        DataError: there are both legitimate calls and scams.
    """
    classes = {call.label == "legitimate" for call in calls}
    if len(classes) > 1:
        raise DataError("the source is asked for within one class; found legitimate calls and scams")
    every = _groups(calls, groups)
    in_source = Counter(str(call.source) for call in calls)
    groups_of = Counter(source for source, _ in {(str(c.source), g) for c, g in zip(calls, every, strict=True)})
    rows = [i for i, c in enumerate(calls) if in_source[str(c.source)] >= 10 and groups_of[str(c.source)] >= 2]
    sources = np.array([str(calls[i].source) for i in rows], dtype=np.str_)
    if len(set(sources)) < 2:
        return None
    table = style_table([calls[i] for i in rows], normalise=normalise)[0]
    kept = [every[i] for i in rows]
    guesses = cross_val_predict(_dense_model(seed), table, sources, groups=kept, cv=_folds(sources, kept, seed))
    counts = Counter(sources)
    majority = max(counts.values()) / len(rows)
    return SourceProbe(len(counts), float(accuracy_score(sources, guesses)), majority, len(rows))


def strongest(name: ProbeName, calls: Sequence[Call], n: int = 40) -> dict[str, list[tuple[str, float, int, int]]]:
    """What a probe goes by: columns of a linear model fitted to all calls.

    Returns:
        Under "scam" and "legitimate" at most n entries, strongest first: word or column, its part in the mean
        difference of the two classes in log-odds, and in how many scams and legitimate calls it occurs.
    """
    truth, inputs = _truth(calls), _inputs(name, calls)
    encoder, linear = (StandardScaler(), _linear()) if name in _DENSE else (_tfidf(), _sparse_linear())
    columns = encoder.fit_transform(inputs)
    weights = linear.fit(columns, truth).coef_[0]
    names = _DENSE[name](calls)[1] if name in _DENSE else tuple(encoder.get_feature_names_out())
    present = np.asarray(inputs != 0) if name in _DENSE else columns > 0
    in_scams = np.asarray(present[truth].sum(axis=0)).ravel()
    in_legitimate = np.asarray(present[~truth].sum(axis=0)).ravel()
    gap = np.asarray(columns[truth].mean(axis=0) - columns[~truth].mean(axis=0)).ravel()
    part = weights * np.abs(gap)
    order = np.argsort(-np.abs(part), kind="stable")
    return {
        side: [
            (str(names[i]), float(part[i]), int(in_scams[i]), int(in_legitimate[i]))
            for i in order[sign * part[order] > 0][:n]
        ]
        for side, sign in (("scam", 1), ("legitimate", -1))
    }


def _inputs(name: ProbeName, calls: Sequence[Call]) -> Any:
    if name in _DENSE:
        return _DENSE[name](calls)[0]
    texts = [normalised(render(call)) for call in calls]
    if name == "first_words":
        texts = [" ".join(text.split()[:FIRST_WORDS]) for text in texts]
    return np.array(texts, dtype=object)


def _model(name: ProbeName, seed: int) -> Any:
    return _dense_model(seed) if name in _DENSE else make_pipeline(_tfidf(), _sparse_linear())


def _dense_model(seed: int) -> VotingClassifier:
    # Together never much worse than the better of the two; boosted trees were below both on the authored pairs.
    trees = ExtraTreesClassifier(100, min_samples_leaf=5, class_weight="balanced", random_state=seed)
    linear: Pipeline = make_pipeline(StandardScaler(), _linear())
    return VotingClassifier([("linear", linear), ("trees", trees)], voting="soft")


def _linear() -> LogisticRegression:
    return LogisticRegression(C=0.3, class_weight="balanced", max_iter=2000)


def _sparse_linear() -> LogisticRegression:
    return LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear")


def _tfidf() -> TfidfVectorizer:
    # The texts are normalised: what stands between two spaces is a word, one letter too.
    return TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"\S+")


def _truth(calls: Sequence[Call]) -> npt.NDArray[np.bool_]:
    unlabelled = [call.call_id for call in calls if call.label is None]
    if unlabelled:
        raise DataError(f"{len(unlabelled)} calls have no label, {unlabelled[0]!r} first; a probe needs every label")
    return np.array([call.label != "legitimate" for call in calls], dtype=np.bool_)


def _groups(calls: Sequence[Call], groups: Sequence[str] | None) -> list[str]:
    if groups is None:
        return [call.group or call.call_id for call in calls]
    if isinstance(groups, str):
        raise TypeError("groups is one text; wanted a sequence of names, one a call")
    if len(groups) != len(calls):
        raise DataError(f"{len(groups)} groups for {len(calls)} calls; wanted one a call")
    return list(groups)


def _folds(classes: npt.NDArray[np.str_], groups: Sequence[str], seed: int) -> StratifiedGroupKFold:
    in_groups = Counter(name for name, _ in set(zip(classes.tolist(), groups, strict=True)))
    fewest = min(in_groups.values(), default=0)
    if len(in_groups) < 2 or fewest < 2:
        raise DataError(f"groups by class: {dict(in_groups)}; a probe wants two classes with two groups each or more")
    return StratifiedGroupKFold(min(_FOLDS, fewest), shuffle=True, random_state=seed)


def _standard_error(auc: float, positives: int, negatives: int) -> float:
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return math.sqrt(max(spread, 0.0) / (positives * negatives))
