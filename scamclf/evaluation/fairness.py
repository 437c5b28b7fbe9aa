"""Whom false alarms fall on: people who talk in a certain way, calls that look like a scam and are none."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from scamclf.calls import LABELS, Call
from scamclf.corpora import pairs
from scamclf.errors import DataError
from scamclf.evaluation.changes import change_call
from scamclf.metrics import balanced_weights, class_balanced_weights, weighted_share
from scamclf.predict import Scorer
from scamclf.preparation.lexicon import BRANDS
from scamclf.render import render
from scamclf.resources import resource

__all__ = ["COUNTERFACTUALS", "Subgroup", "fairness", "subgroups"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

COUNTERFACTUALS = ("names swapped", "politeness removed", "politeness put in")
"""Changes that may not change a decision."""

_TOOLS = "|".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ?", tool).lower() for tool in BRANDS["remote_tools"])
_BY_WORDS = {
    "says sir or ma'am": re.compile(r"\b(?:sir|ma['’]?am|madam)\b"),
    "remote session": re.compile(
        rf"\b(?:{_TOOLS}|remote (?:access|control|session|support|desktop)|(?:share|sharing) (?:my|your|the) screen)\b"
    ),
    "says scam or fraud": re.compile(r"\b(?:scam|fraud)"),
}


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Some of the calls.

    Args:
        name: as the tables have it.
        known: (n,) calls of which it is known whether they belong: what the subgroup is compared within.
        member: (n,) calls that belong.
    """

    name: str
    known: Bools
    member: Bools


def subgroups(calls: Sequence[Call]) -> list[Subgroup]:
    """Find the subgroups that have legitimate calls.

    By their words, of all calls: those that say sir or ma'am, speak of a remote session, or of scams. By what the
    corpus says of them, of the authored pairs alone: the company's and the customer's variety of English, and the
    kind of legitimate call.
    """
    everything = np.ones(len(calls), dtype=bool)
    texts = [render(call).lower() for call in calls]
    found = [
        Subgroup(name, everything, np.array([bool(pattern.search(text)) for text in texts], dtype=bool))
        for name, pattern in _BY_WORDS.items()
    ]
    # A prepared data set keeps nothing of a corpus' own facts: they are looked up again.
    authored = {call.call_id: call for call in pairs.read(resource("data/pairs"))}
    twins = [authored.get(call.call_id) for call in calls]
    known = np.array([twin is not None for twin in twins], dtype=bool)
    facts: dict[str, Callable[[Call], str]] = {
        "company's English": lambda twin: str(twin.meta["variety"]).partition("/")[0],
        "customer's English": lambda twin: str(twin.meta["variety"]).partition("/")[2],
        "kind": lambda twin: str(twin.family),
    }
    for fact, read in facts.items():
        values = np.array(["" if twin is None else read(twin) for twin in twins])
        found += [Subgroup(f"{fact}: {value}", known, known & (values == value)) for value in np.unique(values[known])]
    legitimate = np.array([call.label == LABELS[0] for call in calls], dtype=bool)
    return [group for group in found if (group.member & legitimate).any()]


def fairness(
    scorer: Scorer, calls: Sequence[Call], *, tell: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Judge finished calls by subgroup, at the shipped threshold.

    Args:
        scorer: a bundle with an operating point.
        calls: labelled, of both classes.
        tell: takes a line of progress.

    Returns:
        "subgroups": for each the "false_positive_rate" of its legitimate calls and of the others that it is compared
        with ("background_false_positive_rate"), sources weighed equally, and "bpsn_auc": how well scams of the
        background rank above legitimate calls of the subgroup (Borkan et al. 2019, background positive, subgroup
        negative); None where a side is empty. "counterfactuals": for each change and class how far log-odds move
        and how many decisions turn, among the calls that it changes.

    Raises:
        DataError: one of the two classes is missing, or the bundle ships no threshold.
    """
    scam = np.array([call.label != LABELS[0] for call in calls], dtype=bool)
    if scam.all() or not scam.any():
        raise DataError(f"{int(scam.sum())} scams among {len(calls)} test calls; wanted both classes")
    if scorer.alert_at is None:
        raise DataError("the bundle ships no operating point; `scamclf calibrate` sets one on legitimate calls")
    threshold = scorer.alert_at.threshold
    sources = np.array([str(call.source) for call in calls])
    tell("fairness: subgroups")
    scores = _scores(scorer, calls)
    found = {group.name: _judge(group, scores, scam, sources, threshold) for group in subgroups(calls)}
    counterfactuals = {}
    for name in COUNTERFACTUALS:
        tell(f"fairness: {name}")
        counterfactuals[name] = _counterfactual(scorer, calls, name, scores, scam, threshold)
    return {
        "threshold": threshold,
        "subgroups": found,
        "false_positive_rate": _false_alarms(scores, sources, ~scam, threshold),
        "counterfactuals": counterfactuals,
    }


def _scores(scorer: Scorer, calls: Sequence[Call]) -> Floats:
    return np.array([prediction.logit_scam for prediction in scorer.score(calls)], dtype=np.float64)


def _judge(
    group: Subgroup, scores: Floats, scam: Bools, sources: npt.NDArray[np.str_], threshold: float
) -> dict[str, Any]:
    negatives, positives = group.member & ~scam, group.known & ~group.member & scam
    return {
        "false_positive_rate": _false_alarms(scores, sources, negatives, threshold),
        "background_false_positive_rate": _false_alarms(
            scores, sources, group.known & ~group.member & ~scam, threshold
        ),
        "bpsn_auc": _auc(scores, sources, positives, negatives),
        "background_scams": int(positives.sum()),
    }


def _false_alarms(
    scores: Floats, sources: npt.NDArray[np.str_], part: Bools, threshold: float
) -> dict[str, float] | None:
    if not part.any():
        return None
    alarms = scores[part] >= threshold
    share, low, high = weighted_share(alarms, weights=balanced_weights(sources[part]))
    return {"n": alarms.size, "alarms": int(alarms.sum()), "share": share, "low": low, "high": high}


def _auc(scores: Floats, sources: npt.NDArray[np.str_], positives: Bools, negatives: Bools) -> float | None:
    part = positives | negatives
    if not positives.any() or not negatives.any():
        return None
    weights = class_balanced_weights(positives[part], sources[part])
    return float(roc_auc_score(positives[part], scores[part], sample_weight=weights))


def _counterfactual(
    scorer: Scorer, calls: Sequence[Call], name: str, before: Floats, scam: Bools, threshold: float
) -> Mapping[str, Any]:
    changed = [change_call(call, name) for call in calls]
    other = np.array([render(was) != render(now) for was, now in zip(calls, changed, strict=True)], dtype=bool)
    after = _scores(scorer, changed)
    found: dict[str, Any] = {}
    for kind, of_class in (("scam", scam), ("legitimate", ~scam)):
        part = other & of_class
        moved, alarms, alarmed = after[part] - before[part], after[part] >= threshold, before[part] >= threshold
        found[kind] = {
            "n": int(part.sum()),
            "mean": float(moved.mean()) if moved.size else None,
            "mean_absolute": float(np.abs(moved).mean()) if moved.size else None,
            "largest_of_95_pct": float(np.percentile(np.abs(moved), 95)) if moved.size else None,
            "now_alarm": int((alarms & ~alarmed).sum()),
            "no_longer_alarm": int((alarmed & ~alarms).sum()),
        }
    return found
