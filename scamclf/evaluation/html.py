"""One page for a report: to be read by a person, made from the report's JSON alone, and whole in one file."""

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from scamclf.evaluation import figures, page_tables
from scamclf.evaluation.figures import SCORERS, Judged, percent, scorers_of
from scamclf.evaluation.judge import widest_interval
from scamclf.evaluation.page_tables import interval

__all__ = ["write_html"]

_STYLE = Path(__file__).with_name("page.css")

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""

_LEGEND = '<li><svg viewBox="0 0 30 10" aria-hidden="true">{sample}</svg>{name}</li>'
_LINE = '<line class="line {key}" x1="0" x2="30" y1="5" y2="5"/>'
_SWATCH = '<g class="bar {key}"><rect x="8" width="14" height="10"/></g>'
_LINES = ("roc", "pr", "reliability")
_RIVALS = """<p class="soft">Beside it stand two plain rivals that learnt from the same calls: <b>TF-IDF</b>, a logistic
regression on words and pairs of words, and <b>style alone</b>, one that sees casing, punctuation, digits, fillers and
lengths but never the words. A model that is hardly better than the second has learnt how the transcripts were
written down, not what a scam is.</p>"""

_DEMONSTRATION = """<p class="warning"><b>A demonstration, not for use.</b> It was trained on a small authored corpus,
and its thresholds were set on fewer legitimate calls than would support them.</p>"""

_READ = {
    "roc": "Further left is fewer false alarms, further up more scams caught; each step to the left is ten times "
    "fewer. Dots: the shipped thresholds. Left of the shading's edge there are too few legitimate calls to tell "
    "one rate from another.",
    "pr": "Going right, the threshold is lowered until more scams are caught; the curve falls as alarms go wrong. "
    "Here half of all calls are scams. On a real network they are rare: the table of alerts says what that does.",
    "reliability": "On the dotted line a probability means what it says: of the calls given 80 %, 80 % are scams. "
    "Above it scams are more frequent than said, below it rarer. Again half of all calls are scams.",
    "scams": "A long bar is good: the share of that source's scam calls that alarm. The thin line is the 95 % "
    "interval. Where one source stands far below the others, calls like it are missed.",
    "legitimate": "A short bar is good: the share of that source's legitimate calls that alarm. Where the thin line "
    "is long there are few calls: if none of 30 alarms, one in nine still may. A tip at the right "
    "edge: it goes on beyond the axis.",
    "lengths": "A long call has more windows, and so more chances to alarm. Bars that grow downwards show it.",
}


def write_html(report: Mapping[str, Any], path: Path) -> None:
    """Write the page of a report: one file, no scripts, nothing from the network.

    Args:
        report: of `evaluate_scorer` or `record_evaluation`, or read back from its JSON.
        path: file to write; its folder is made.
    """
    title = f"{report['name']}: recognising scam calls"
    body = "\n".join(
        [
            _header(report),
            _judgement("scam", "How well it tells scams from legitimate calls", scorers_of(report)),
            _tech_support(report.get("tech_support")),
            _worst(report["worst"]),
            _data(report),
            _limits(report),
            _environment(report),
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    style = _STYLE.read_text(encoding="utf-8")
    path.write_text(_PAGE.format(title=escape(title), style=style, body=body), encoding="utf-8")


def _header(report: Mapping[str, Any]) -> str:
    model = report["model"]
    recall, false_alarms = (_headline(model["pooled"][key]) for key in ("recall", "false_positive_rate"))
    point = report["operating_point"]
    where = (
        f"At the threshold it ships with (<code>{escape(point)}</code>, set for "
        f"{100 * report['target_fpr']:g} % false alarms)"
        if point
        else "It ships no threshold; here a call alarms at log-odds of 0, and"
    )
    demonstration = _DEMONSTRATION if report["intended_use"] == "demonstration" else ""
    date = escape(report.get("environment", {}).get("date", ""))
    calls = model["calls"]
    return (
        f'<header><p class="what">scamclf, model <b>{escape(report["name"])}</b>{f", {date}" if date else ""}</p>'
        f"<h1>It alarms on <b>{recall}</b> of the scam calls it had never seen, and on <b>{false_alarms}</b> of the "
        f"legitimate ones.</h1></header>{demonstration}"
        f"<p>{where} it was judged on {calls['scam']:,} scam calls and {calls['legitimate']:,} legitimate calls that "
        f"it was not trained on; every source counts the same. {_comparison(report)}</p>"
        f"{_RIVALS}"
    )


def _headline(found: Mapping[str, Any]) -> str:
    return f"{percent(found['share'])}</b> <small>(95 %: {interval(widest_interval(found))})</small><b>"


def _comparison(report: Mapping[str, Any]) -> str:
    """Whether it beats its rivals at 1 % false alarms, in words."""
    ours = report["model"]["recall_at_fpr"]["0.01"]
    first = (
        f"Where 1 % of legitimate calls alarm it catches {percent(ours['recall'])} of the scams "
        f"(95 %: {interval(widest_interval(ours))})"
    )
    parts = []
    for name, found in report.get("differences", {}).items():
        side = "above" if found["difference"] >= 0 else "below"
        ends = (
            f"95 %: {100 * found['low']:+.1f} to {100 * found['high']:+.1f}"
            if found["low"] is not None
            else "no interval"
        )
        unclear = found["low"] is None or found["low"] <= 0 <= found["high"]
        verdict = ", so no clear difference" if unclear else ""
        parts.append(f"{abs(100 * found['difference']):.1f} points {side} {SCORERS[name]} ({ends}{verdict})")
    note = (
        f" Only {ours['negatives']:,} legitimate calls stand behind this rate; it takes at least "
        f"{ours['calls_needed']:,}, so this figure is indicative."
        if ours["indicative"]
        else ""
    )
    return f"{first}{', '.join(['', *parts])}.{note}"


def _judgement(key: str, heading: str, scorers: Mapping[str, Judged], *, about: str = "") -> str:
    bootstrap = scorers["model"]["bootstrap"]
    return (
        f'<section><h2>{heading}</h2>{about}<div class="pair"><div><h3>At a glance</h3>'
        f"{page_tables.pooled_table(scorers)}</div><div><h3>Alerts on a real network</h3>"
        f"{page_tables.alerts_table(scorers)}"
        '<p class="soft">Read the line whose share of scams is nearest to your own traffic. Alerts are what somebody '
        "has to look at or be warned of; those that are no scams are false alarms.</p></div></div>"
        f'<div class="figures">{_panels(key, scorers)}</div>'
        "<details><summary>Every source in numbers, with both intervals</summary>"
        f"{page_tables.details_table(scorers, scam=True)}{page_tables.details_table(scorers, scam=False)}"
        f"{page_tables.lengths_table(scorers['model'])}"
        f'<p class="soft">W is Wilson\'s interval and takes calls for independent. B draws whole groups (a video, a '
        f"channel, a campaign, a pair) again, {bootstrap['resamples']:,} times with seed {bootstrap['seed']}, from "
        f"{bootstrap['groups']:,} groups; with one group there is nothing to draw from.</p></details></section>"
    )


def _panels(key: str, scorers: Mapping[str, Judged]) -> str:
    drawn: list[tuple[str, str, Callable[[str, Mapping[str, Judged]], str]]] = [
        ("roc", "Scams caught against false alarms", figures.recall_against_false_positives),
        ("pr", "How many alarms are right", figures.precision_recall),
        ("scams", "Scams caught, by source", partial(figures.source_bars, scam=True)),
        ("legitimate", "False alarms, by source", partial(figures.source_bars, scam=False)),
        ("lengths", "False alarms, by length of the call", figures.length_bars),
        ("reliability", "What a probability is worth", figures.reliability_diagram),
    ]
    parts = []
    for name, title, draw in drawn:
        sample = _LINE if name in _LINES else _SWATCH
        legend = "".join(_LEGEND.format(sample=sample.format(key=scorer), name=SCORERS[scorer]) for scorer in scorers)
        parts.append(
            f'<figure><h3>{title}</h3><ul class="legend">{legend}</ul>{draw(f"{key}-{name}", scorers)}'
            f"<figcaption>{_READ[name]}</figcaption></figure>"
        )
    return "".join(parts)


def _tech_support(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    other = found["other_scams"]
    about = (
        "<p>The score <code>p_tech_support</code> at its own threshold, judged on technical-support scams against "
        "legitimate calls. Other scams are neither: "
        + (f"{other['alarms']} of {other['n']} of them alarm here too.</p>" if other["n"] else "the test has none.</p>")
    )
    return _judgement("tech", "Technical-support scams alone", scorers_of(found), about=about)


def _worst(worst: Mapping[str, Any]) -> str:
    left_out = worst["left_out"]
    tables = [
        page_tables.worst_table(caption, worst[key]) if worst[key] else f"<p>No {name} to list.</p>"
        for key, name, caption in (
            ("misses", "missed scam", "Scams missed, the least suspicious to the model first."),
            ("false_alarms", "false alarm", "Legitimate calls that alarm, the most suspicious first."),
        )
    ]
    return (
        "<section><h2>Its worst mistakes</h2><p>By id alone: look the calls up where you have them. Not listed are "
        f"{left_out['misses']} misses and {left_out['false_alarms']} false alarms among calls that nobody reads, so "
        f'that they stay unseen.</p><div class="pair"><div>{tables[0]}</div><div>{tables[1]}</div></div></section>'
    )


def _data(report: Mapping[str, Any]) -> str:
    held = ", ".join(f"<code>{escape(name)}</code>" for name in report.get("hold_out", ()))
    return (
        f"<section><h2>The calls</h2>{page_tables.counts_table(report['counts'])}"
        f'<p class="soft">Groups (a video, a channel, a campaign, a pair) are whole in one split'
        f"{f'; held out of training entirely: {held}' if held else ''}. Fingerprint "
        f"<code>{escape(report['data_fingerprint'])}</code>.</p></section>"
    )


def _limits(report: Mapping[str, Any]) -> str:
    model = report["model"]
    single = [name for name, share in model["sources"].items() if share["groups"] == 1 and share["n"] > 1]
    small = [name for name, share in model["sources"].items() if share["n"] < 30]
    points = [
        "<b>Thresholds do not transfer between networks.</b> Set them on legitimate calls of your own "
        "(<code>scamclf calibrate --legitimate MY_CALLS</code>) and count the alarms before anybody is warned.",
        "The test calls are public recordings and written dialogues. Your callers, your recogniser and next year's "
        "scams differ.",
        "An interval says what other calls of the same sources might have given, nothing about other sources.",
    ]
    for fpr, found in model["recall_at_fpr"].items():
        if found["indicative"]:
            points.append(
                f"Recall at {percent(float(fpr))} false alarms is indicative: {found['negatives']:,} legitimate calls, "
                f"{found['calls_needed']:,} would support it."
            )
    if single:
        points.append(f"One group only, so its interval is too narrow: {escape(', '.join(single))}.")
    if small:
        points.append(f"Fewer than 30 calls: {escape(', '.join(small))}.")
    points.append("English only. An alarm is a reason to look or to warn; it is no proof.")
    return f"<section><h2>Limits</h2><ul>{''.join(f'<li>{point}</li>' for point in points)}</ul></section>"


def _environment(report: Mapping[str, Any]) -> str:
    environment = report.get("environment")
    if not environment:
        return ""
    versions = ", ".join(f"{name} {number}" for name, number in environment.get("versions", {}).items())
    rows = {**{key: value for key, value in environment.items() if key != "versions"}, "packages": versions}
    pairs = "".join(f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in rows.items() if value)
    return f"<section><h2>How it was made</h2><dl>{pairs}</dl></section>"
