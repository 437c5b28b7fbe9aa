"""Twins, a scam and the honest call that only its content tells from it: drawn together, so that they are compared."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scamclf.calls import LABELS, Call

__all__ = ["as_units", "beside_twins", "find_twins", "follow_twins"]


def find_twins(calls: Sequence[Call]) -> dict[int, int]:
    """The twin of every call that has one: the other of a group of two, a scam and a legitimate call."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, call in enumerate(calls):
        groups[str(call.source), call.group or call.call_id].append(i)
    pairs = [pair for pair in groups.values() if len(pair) == 2]
    pairs = [pair for pair in pairs if sum(calls[i].label == LABELS[0] for i in pair) == 1]
    return {i: j for pair in pairs for i, j in (pair, pair[::-1])}


def beside_twins(
    drawn: Sequence[int], calls: Sequence[Call], twins: Mapping[int, int], rng: np.random.Generator
) -> list[int]:
    """Let honest calls that have a twin give way to the twins of the scams that were drawn, each next to its own.

    Args:
        drawn: indices of calls, in any order.
        calls: those that they are drawn from.
        twins: of `find_twins`.
        rng: of the new order.

    Returns:
        As many indices, as many of them of honest calls.
    """
    honest = [i for i in drawn if i in twins and calls[i].label == LABELS[0]]
    units = [[i] for i in drawn if i not in twins]
    for scam in (i for i in drawn if i in twins and calls[i].label != LABELS[0]):
        units.append([scam, twins[scam]] if honest else [scam])
        honest = honest[:-1]
    units += [[i] for i in honest]
    return [i for at in rng.permutation(len(units)) for i in units[at]]


def follow_twins(drawn: Sequence[int], twins: Mapping[int, int]) -> list[bool]:
    """Whether each call comes right after its own twin, which has no other."""
    follows: list[bool] = []
    for at, i in enumerate(drawn):
        follows.append(at > 0 and not follows[-1] and twins.get(i) == drawn[at - 1])
    return follows


def as_units(windows: Sequence[dict[str, Any]], follows: Sequence[bool]) -> list[list[dict[str, Any]]]:
    """Each window, or two that are twins: those get a number, "twin", that no others have, and all others -1."""
    units: list[list[dict[str, Any]]] = []
    for window, follows_its_twin in zip(windows, follows, strict=True):
        if follows_its_twin:
            units[-1][0]["twin"] = len(units)
            units[-1].append({**window, "twin": len(units)})
        else:
            units.append([{**window, "twin": -1}])
    return units
