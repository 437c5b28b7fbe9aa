"""The tables of a closer look at one bundle, in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["markdown"]


def markdown(result: Mapping[str, Any]) -> str:
    """Early warning, robustness and fairness, a section each."""
    demonstration = " It is a demonstration, not for use." if result["intended_use"] == "demonstration" else ""
    head = [f"{result['name']} on test calls that were never trained on, sources weighed equally.{demonstration}", ""]
    parts = [_early(result["early_warning"]), _robustness(result["robustness"]), _fairness(result["fairness"])]
    return "\n".join([*head, *("\n".join([*part, ""]) for part in parts)]).rstrip()


def _early(found: Mapping[str, Any]) -> list[str]:
    at = {"1 % of these legitimate calls alarm": found["ranking"], "shipped": found["shipped"]}
    ranked = found["ranking"]
    lines = [
        f"## Early warning{_mark(found)}",
        "",
        *_header(["scams that a live monitor has caught", *(f"threshold: {name} | 95 %" for name in at)], wide=len(at)),
    ]
    for limit in ranked["after_words"]:
        lines.append(_row(f"after {limit} words", [_share(one["after_words"][limit]) for one in at.values()]))
    for limit in ranked["after_seconds"] or ():
        n = ranked["after_seconds"][limit]["n"]
        cells = [_share(one["after_seconds"][limit]) for one in at.values()]
        lines.append(_row(f"after {limit} seconds ({n} scams with times)", cells))
    for name, figure in (("in the end", "recall"), ("legitimate calls that alarm", "false_positive_rate")):
        lines.append(_row(name, [_share(one[figure]) for one in at.values()]))
    for name, figure in (
        ("median words to the first alarm", "words_to_alert"),
        ("median words from the telling turn to the alarm", "words_from_onset"),
    ):
        lines.append(_row(name, [_median(one[figure]) for one in at.values()]))
    limits = list(ranked["after_words"])
    lines += ["", *_header(["scams of", "calls", *(f"after {limit} words" for limit in limits), "in the end"])]
    for source, one in ranked["sources"].items():
        shares = [one["after_words"][limit]["share"] for limit in limits] + [one["recall"]["share"]]
        lines.append(_row(source, [str(one["recall"]["n"]), *(_percent(share) for share in shares)]))
    return lines


def _robustness(found: Mapping[str, Any]) -> list[str]:
    unchanged = found["unchanged"]
    alarms = unchanged["false_positive_rate"]
    lines = [
        f"## Robustness{_mark(found)}",
        "",
        "At the threshold at which 1 % of the unchanged legitimate calls alarm. Paraphrases are not tried.",
        "",
        *_header(["change", "calls changed", "recall", "difference", "95 %", "false alarms", "difference", "95 %"]),
        _row("none", ["", _percent(unchanged["recall"]["share"]), "", "", _percent(alarms["share"]), "", ""]),
    ]
    for name, one in found["changes"].items():
        cells = [_percent(one["changed"])]
        for figure in ("recall", "false_positive_rate"):
            change = one[f"{figure}_change"]
            cells += [_percent(one[figure]["share"]), f"{100 * change['share']:+.1f}", _points(change)]
        lines.append(_row(name, cells))
    return lines


def _fairness(found: Mapping[str, Any]) -> list[str]:
    overall = found["false_positive_rate"]["share"]
    lines = [
        "## Fairness",
        "",
        f"False alarms at the shipped threshold; of all legitimate calls {_percent(overall)}. BPSN AUC: scams of the "
        "others against legitimate calls of the subgroup.",
        "",
        *_header(["legitimate calls", "calls", "false alarms", "95 %", "of the others", "BPSN AUC"]),
    ]
    for name, one in found["subgroups"].items():
        share, others = one["false_positive_rate"], one["background_false_positive_rate"]
        auc = "" if one["bpsn_auc"] is None else f"{one['bpsn_auc']:.3f}"
        lines.append(_row(name, [str(share["n"]), _share(share), _percent(others["share"]) if others else "", auc]))
    lines += [
        "",
        *_header(["change", "class", "calls changed", "log-odds, mean", "mean size", "95 % within", "now alarm",
                  "no longer alarm"]),
    ]  # fmt: skip
    for name, classes in found["counterfactuals"].items():
        for kind, one in classes.items():
            moved = [one["mean"], one["mean_absolute"], one["largest_of_95_pct"]]
            cells = ["" if value is None else f"{value:.2f}" for value in moved]
            lines.append(_row(name, [kind, str(one["n"]), *cells, str(one["now_alarm"]), str(one["no_longer_alarm"])]))
    return lines


def _mark(found: Mapping[str, Any]) -> str:
    return " (indicative: too few legitimate calls)" if found["indicative"] else ""


def _header(names: Sequence[str], *, wide: int = 0) -> list[str]:
    """Head of a table; `wide` names stand for two columns."""
    return [f"| {' | '.join(names)} |", f"|---|{'---:|' * (len(names) - 1 + wide)}"]


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _share(share: Mapping[str, float]) -> str:
    return f"{_percent(share['share'])} | {100 * share['low']:.1f}-{100 * share['high']:.1f}"


def _median(found: Mapping[str, float | None]) -> str:
    return f"{'none' if found['median'] is None else format(found['median'], '.0f')} | {found['n']} scams"


def _points(change: Mapping[str, float | None]) -> str:
    low, high = change["low"], change["high"]
    return "" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}"
