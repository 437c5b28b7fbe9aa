"""Twins, a scam and the honest call that only its content tells from it: drawn together, so that they are compared."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scamclf.calls import LABELS, Call

__all__ = ["beside_twins", "find_twins", "with_twins"]


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


def with_twins(windows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Each window, with its twin where that comes next."""
    units: list[list[dict[str, Any]]] = []
    for window in windows:
        if units and len(units[-1]) == 1 and units[-1][0]["twin"] == window["twin"] >= 0:
            units[-1].append(window)
        else:
            units.append([window])
    return units
