"""The tables of a report's page, each from its JSON alone. Every name and id is escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from scamclf.calls import LABELS
from scamclf.evaluation.figures import NO_BREAK, SCORERS, Judged, count, length_name, percent
from scamclf.evaluation.judge import widest_interval

__all__ = [
    "alerts_table",
    "counts_table",
    "details_table",
    "interval",
    "lengths_table",
    "pooled_table",
    "table",
    "worst_table",
]


def table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table; cells are HTML already, the first of each row its head."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    return (
        f'<p class="caption">{caption}</p><div class="scroll" tabindex="0"><table aria-label="{caption}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def interval(ends: Sequence[float] | None) -> str:
    """A 95 % interval in words."""
    if ends is None:
        return "no interval"
    low, high = map(percent, ends)
    return f"{low.split(NO_BREAK)[0]}–{high}" if low[0].isdigit() else f"{low}–{high}"


def pooled_table(scorers: Mapping[str, Judged]) -> str:
    """The pooled figures side by side."""
    rows = [
        ["Scams caught, shipped threshold", *(_pooled(j, "recall") for j in scorers.values())],
        ["False alarms, shipped threshold", *(_pooled(j, "false_positive_rate") for j in scorers.values())],
    ]
    for fpr, ours in scorers["model"]["recall_at_fpr"].items():
        mark = "<small>indicative: few calls</small>" if ours["indicative"] else ""
        cells = []
        for judged in scorers.values():
            found = judged["recall_at_fpr"][fpr]
            cells.append(_with_interval(percent(found["recall"]), interval(widest_interval(found))))
        rows.append([f"Scams caught at {100 * float(fpr):g} % false alarms{mark}", *cells])
    for name, figure in (("Average precision <small>(PR-AUC)</small>", "average_precision"), ("ROC AUC", "roc_auc")):
        rows.append([name, *(_area(judged, figure) for judged in scorers.values())])
    rows.append(["Calibration error", *(f"{judged['calibration_error']:.3f}" for judged in scorers.values())])
    caption = "All sources pooled and weighed equally, with 95 % intervals: the wider of Wilson's and the bootstrap's."
    return table(caption, ["", *(SCORERS[name] for name in scorers)], rows)


def alerts_table(scorers: Mapping[str, Judged]) -> str:
    """Alerts in 100,000 calls, and how many of them are scams, where scams are rare."""
    rows = []
    for i, ours in enumerate(scorers["model"]["prevalence"]):
        share = f"{percent(ours['prevalence'])}<small>{count(ours['scams'])} in 100,000</small>"
        rows.append([share, *(_alerts(judged["prevalence"][i]) for judged in scorers.values())])
    caption = (
        "Alerts in each 100,000 calls at the shipped threshold, and the share of them that are scams. The ranges "
        "take recall and false alarms at the ends of their intervals."
    )
    return table(caption, ["Scams among calls", *(SCORERS[name] for name in scorers)], rows)


def details_table(scorers: Mapping[str, Judged], *, scam: bool) -> str:
    """Alarms of every scam or legitimate source with both intervals, and of scams the recall at 1 % false positives."""
    kind = "scam" if scam else "legitimate"
    rows = []
    for name, ours in scorers["model"]["sources"].items():
        source = name.removesuffix(f" ({kind})")
        if source == name:
            continue
        cells = [escape(source), str(ours["n"]), str(ours["groups"])]
        for judged in scorers.values():
            cells.append(_both(judged["sources"][name]))
            if scam:
                cells.append(_both(judged["recall_at_fpr"]["0.01"]["sources"][source]))
        rows.append(cells)
    header = [[SCORERS[name], "at 1 %"] if scam else [SCORERS[name]] for name in scorers]
    caption = (
        f"{kind.capitalize()} calls that alarm at the shipped threshold"
        f"{', and (at 1 %) where 1 % of the legitimate calls of all sources do' if scam else ''}."
    )
    return table(caption, ["Source", "calls", "groups", *(cell for cells in header for cell in cells)], rows)


def lengths_table(model: Judged) -> str:
    """False alarms of the model by source and length."""
    buckets = list(model["lengths"])
    rows = [
        [escape(source), *(_fraction(shares.get(bucket)) for bucket in buckets)]
        for source, shares in model["source_lengths"].items()
    ]
    caption = "False alarms of scamclf at the shipped threshold, of calls of that source and length."
    return table(caption, ["Legitimate source", *(length_name(bucket, buckets) for bucket in buckets)], rows)


def worst_table(caption: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Mistakes by id."""
    return table(
        caption,
        ["Call", "kind", "words", "log-odds"],
        [
            [
                f"<code>{escape(row['call_id'])}</code>",
                escape(str(row["kind"]).replace("_", " ")),
                str(row["words"]),
                f"{row['log_odds']:+.2f}",
            ]
            for row in rows
        ],
    )


def counts_table(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    """Calls of every source by split: legitimate + scam."""
    splits = ("train", "validation", "calibration", "test")
    rows = []
    for source, found in counts.items():
        cells = []
        for split in splits:
            labels = found.get(split, {})
            scams = sum(n for label, n in labels.items() if label != LABELS[0])
            cells.append(f"{labels.get(LABELS[0], 0):,} + {scams:,}" if labels else "")
        rows.append([escape(source), *cells])
    return table("Calls, legitimate + scam.", ["Source", *splits], rows)


def _alerts(found: Mapping[str, float]) -> str:
    ends = f"{count(found['alerts_low'])}–{count(found['alerts_high'])}"
    right = interval((found["precision_low"], found["precision_high"]))
    head = f"{percent(found['precision'])} scams" if found["alerts"] else "no alarm in the test"
    return f"{count(found['alerts'])} alerts<small>{ends}</small>{head}<small>{right}</small>"


def _with_interval(value: str, ends: str) -> str:
    return f"{value}<small>{ends}</small>"


def _pooled(judged: Judged, figure: str) -> str:
    found = judged["pooled"][figure]
    return _with_interval(percent(found["share"]), interval(widest_interval(found)))


def _area(judged: Judged, figure: str) -> str:
    ends = judged["intervals"][figure]
    return _with_interval(f"{judged[figure]:.3f}", f"{ends[0]:.3f}–{ends[1]:.3f}" if ends else "no interval")


def _both(share: Mapping[str, Any]) -> str:
    """A share with its Wilson and its bootstrap interval."""
    cluster = None if share["cluster_low"] is None else (share["cluster_low"], share["cluster_high"])
    head = f"{share['alarms']} ({percent(share['alarms'] / share['n'])})"
    return f"{head}<small>W {interval((share['low'], share['high']))}</small><small>B {interval(cluster)}</small>"


def _fraction(share: Mapping[str, Any] | None) -> str:
    if share is None:
        return ""
    return _with_interval(f"{share['alarms']} of {share['n']}", interval(widest_interval(share)))
