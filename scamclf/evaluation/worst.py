"""The worst mistakes, by id alone, and which calls are not to be looked up even by id."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scamclf.calls import LABELS, Call
from scamclf.corpora import SOURCES_PATH, Source, load_sources
from scamclf.render import render
from scamclf.resources import resource

__all__ = ["is_sealed", "named_by_part", "worst_mistakes"]

_TEST_PREFIXES = {"bothbosu": "bothbosu/youtube/", "bt_oasis": "bt_oasis/le"}
"""Beginnings of the ids of those rows of a mixed source that are test data for good."""


def is_sealed(call: Call, sources: dict[str, Source], hold_out: Sequence[str]) -> bool:
    """Whether a call must not be looked at one by one: it would no longer be unseen.

    Sealed are what a recipe holds out, every source for reporting, and of a source with test rows those rows;
    where the id does not tell which they are, all of it.

    Args:
        call: a test call.
        sources: the public corpora (`load_sources`); calls of no such source are yours.
        hold_out: sources and groups that the recipe holds out.
    """
    if call.source in hold_out or call.group in hold_out:
        return True
    # The id begins with the corpus, whatever part of it the source names.
    source = sources.get(call.call_id.partition("/")[0]) or sources.get(call.source or "")
    if source is None:
        return False
    if source.role == "report" or source.test_selector is None:
        return source.role == "report"
    prefix = _TEST_PREFIXES.get(source.name)
    return prefix is None or call.call_id.startswith(prefix)


def named_by_part(call: Call, hold_out: Sequence[str]) -> Call:
    """The call, its source naming the part that it is of: a group held out stands apart from the rest."""
    if call.group not in hold_out:
        return call
    return dataclasses.replace(call, source=f"{call.source}/{str(call.group).rpartition(':')[2]}")


def worst_mistakes(
    scores: npt.NDArray[np.float64],
    calls: Sequence[Call],
    *,
    threshold: float,
    hold_out: Sequence[str] = (),
    limit: int = 15,
) -> dict[str, Any]:
    """Scams farthest below the threshold, and legitimate calls farthest above it.

    Args:
        scores: (n,) log-odds.
        calls: (n,) test calls.
        threshold: the shipped one.
        hold_out: sources and groups that the recipe holds out.
        limit: of each list.

    Returns:
        "misses" and "false_alarms", the worst first: id, source, kind of call, words, log-odds, never text;
        "left_out", mistakes of sealed calls, by list.
    """
    sources = load_sources(resource(SOURCES_PATH))
    found: dict[str, Any] = {"misses": [], "false_alarms": [], "left_out": {"misses": 0, "false_alarms": 0}}
    for i in np.argsort(scores, kind="stable"):
        scam = calls[i].label != LABELS[0]
        if scam == (scores[i] >= threshold):
            continue
        kind = "misses" if scam else "false_alarms"
        if is_sealed(calls[i], sources, hold_out):
            found["left_out"][kind] += 1
        else:
            found[kind].append(_row(calls[i], float(scores[i])))
    found["false_alarms"].reverse()
    return {key: value[:limit] if isinstance(value, list) else value for key, value in found.items()}


def _row(call: Call, score: float) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "source": call.source,
        "kind": call.family or call.label,
        "words": len(render(call).split()),
        "log_odds": score,
    }
