"""How early a live call alarms: the monitor's statistic after so many words, or seconds, of a call."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scamclf.calls import LABELS, Call
from scamclf.encode import EncodedCall
from scamclf.errors import DataError
from scamclf.evaluation.judge import TARGET_FPR
from scamclf.metrics import balanced_weights, calls_needed, threshold_at_fpr, weighted_share
from scamclf.pooling import scam_logit
from scamclf.predict import Scorer
from scamclf.render import render
from scamclf.thresholds import operating_point_name

__all__ = ["SECONDS", "WORDS", "LiveCall", "early_warning", "follow"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WORDS = (75, 150, 300)
SECONDS = (30.0, 60.0, 120.0)
"""About as long as those words take at 150 words a minute."""

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class LiveCall:
    """What a monitor said of one call as it unfolded.

    Args:
        words: (p,) words heard when each score was given, rising.
        seconds: (p,) seconds into the call by then, infinite where only the end of the last turn is not known; None
            where the turns have no times.
        scores: (p,) calibrated log-odds: the highest so far.
        onset: words before the turn that first gives the scam away; None where nobody marked one.
    """

    words: Ints
    seconds: Floats | None
    scores: Floats
    onset: int | None


def follow(scorer: Scorer, calls: Sequence[Call]) -> list[LiveCall]:
    """Score calls as a monitor would, turn by turn, to their ends."""
    encoder, statistic = scorer.encoder, scorer.statistics.monitor
    encoded = encoder.encode(calls)
    spans = [encoder.monitor_spans(one) for one in encoded]
    windows = [window for one, span in zip(encoded, spans, strict=True) for window in encoder.window_ids(one, span)]
    scores = statistic.slope * scam_logit(scorer.window_logits(windows)) + statistic.intercept
    found, first = [], 0
    for call, one, span in zip(calls, encoded, spans, strict=True):
        ends = span[:, 1]
        onset = call.meta.get("onset_turn")
        found.append(
            LiveCall(
                words=_words_heard(scorer, call, ends),
                seconds=_seconds_passed(call, one, ends),
                scores=np.maximum.accumulate(scores[first : first + len(span)]),
                onset=None if onset is None else sum(len(turn.text.split()) for turn in call.turns[:onset]),
            )
        )
        first += len(span)
    return found


def _words_heard(scorer: Scorer, call: Call, ends: Ints) -> Ints:
    """Words that have begun by the end of each of so many tokens."""
    text = render(call)
    offsets = scorer.encoder.tokenizer.encode(text, add_special_tokens=False).offsets
    upto = np.array([offsets[end - 1][1] if end else 0 for end in ends], dtype=np.int64)
    starts = np.array([word.start() for word in _WORD.finditer(text)], dtype=np.int64)
    return np.searchsorted(starts, upto, side="left").astype(np.int64)


def _seconds_passed(call: Call, encoded: EncodedCall, ends: Ints) -> Floats | None:
    """When the turn of each of so many tokens had ended."""
    turns = np.searchsorted(encoded.boundaries, np.maximum(ends - 1, 0), side="right") - 1
    after = [*(turn.start_s for turn in call.turns[1:]), None if call.turns[-1].start_s is None else np.inf]
    times = [after[turn] if call.turns[turn].end_s is None else call.turns[turn].end_s for turn in map(int, turns)]
    return None if any(time is None for time in times) else np.array(times, dtype=np.float64)


def early_warning(scorer: Scorer, calls: Sequence[Call]) -> dict[str, Any]:
    """Judge the monitor on finished calls, as they were heard.

    Args:
        scorer: a bundle with an operating point at 1 %.
        calls: labelled, of both classes; sources are weighed equally.

    Returns:
        "ranking": at the threshold at which 1 % of these legitimate calls alarm before they end; "shipped": at the
        bundle's own. Each has "threshold", "false_positive_rate", "recall" (of whole calls),
        "after_words" and "after_seconds" (recall by then; the latter of the scams whose turns have times),
        "words_to_alert" and "words_from_onset" (medians over the scams that alarm; below 0: before the onset), and the
        recall by "sources". "indicative": there are too few legitimate calls for the rate.

    Raises:
        DataError: one of the two classes is missing.
    """
    scam = np.array([call.label != LABELS[0] for call in calls], dtype=bool)
    if scam.all() or not scam.any():
        raise DataError(f"{int(scam.sum())} scams among {len(calls)} test calls; wanted both classes")
    live = follow(scorer, calls)
    sources = np.array([str(call.source) for call in calls])
    highest = np.array([one.scores[-1] for one in live], dtype=np.float64)
    ranked = threshold_at_fpr(highest[~scam], TARGET_FPR, weights=balanced_weights(sources[~scam]))
    shipped = scorer.statistics.monitor.scam[operating_point_name(TARGET_FPR)].threshold
    return {
        "calls": {"scam": int(scam.sum()), "legitimate": int((~scam).sum())},
        "indicative": int((~scam).sum()) < calls_needed(TARGET_FPR),
        "ranking": _at(live, scam, sources, ranked),
        "shipped": _at(live, scam, sources, shipped),
    }


def _at(live: Sequence[LiveCall], scam: Bools, sources: npt.NDArray[np.str_], threshold: float) -> dict[str, Any]:
    alarmed = np.array([one.scores[-1] >= threshold for one in live], dtype=bool)
    scams = [one for one, is_scam in zip(live, scam, strict=True) if is_scam]
    of_scams = sources[scam]
    alerts = [_first(one, threshold) for one in scams]
    words = _passed([one.words for one in scams], alerts)
    from_onset = [
        heard - one.onset for one, heard in zip(scams, words, strict=True) if one.onset is not None and heard < np.inf
    ]
    return {
        "threshold": threshold,
        "false_positive_rate": _share(alarmed[~scam], sources[~scam]),
        "recall": _share(alarmed[scam], of_scams),
        "after_words": {str(limit): _share(words <= limit, of_scams) for limit in WORDS},
        "after_seconds": _after_seconds(scams, alerts, of_scams),
        "words_to_alert": _median(words[np.isfinite(words)]),
        "words_from_onset": _median(np.array(from_onset, dtype=np.float64)),
        "sources": {
            str(source): {
                "recall": _share(alarmed[scam][of_scams == source]),
                "after_words": {str(limit): _share((words <= limit)[of_scams == source]) for limit in WORDS},
            }
            for source in np.unique(of_scams)
        },
    }


def _first(one: LiveCall, threshold: float) -> int | None:
    """The score at which a call first alarms."""
    index = int(np.searchsorted(one.scores, threshold, side="left"))
    return index if index < len(one.scores) else None


def _passed(measures: Sequence[Ints | Floats], alerts: Sequence[int | None]) -> Floats:
    """Words or seconds of each call when it alarmed; infinite where it never did."""
    passed = [np.inf if at is None else float(measure[at]) for measure, at in zip(measures, alerts, strict=True)]
    return np.array(passed, dtype=np.float64)


def _after_seconds(
    scams: Sequence[LiveCall], alerts: Sequence[int | None], sources: npt.NDArray[np.str_]
) -> dict[str, Any] | None:
    timed = [i for i, one in enumerate(scams) if one.seconds is not None]
    if not timed:
        return None
    passed = _passed([one.seconds for one in scams if one.seconds is not None], [alerts[i] for i in timed])
    return {f"{limit:g}": _share(passed <= limit, sources[timed]) for limit in SECONDS}


def _share(hit: Bools, sources: npt.NDArray[np.str_] | None = None) -> dict[str, float]:
    share, low, high = weighted_share(hit, weights=None if sources is None else balanced_weights(sources))
    return {"share": share, "low": low, "high": high, "n": hit.size}


def _median(values: Floats) -> dict[str, float | None]:
    return {"median": float(np.median(values)) if values.size else None, "n": values.size}
