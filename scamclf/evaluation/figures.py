"""The figures of a report, each drawn from its JSON alone."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from scamclf.evaluation.judge import widest_interval
from scamclf.evaluation.svg import Axis, Bar, Line, Mark, Row, as_file, bar_plot, line_plot

__all__ = [
    "NO_BREAK",
    "SCORERS",
    "count",
    "curve_file",
    "length_bars",
    "length_name",
    "percent",
    "precision_recall",
    "recall_against_false_positives",
    "reliability_diagram",
    "scorers_of",
    "source_bars",
]

Judged = Mapping[str, Any]

SCORERS = {"model": "scamclf", "baseline": "TF-IDF", "style_probe": "style alone"}
"""Names of the scorers of a report; the keys are also the classes that the page's CSS colours."""

NO_BREAK = "\u00a0"
"""Space at which no line breaks: one that began with "%" would be hard to read."""

_TENTHS = [(0.0, "0"), (0.2, "20 %"), (0.4, "40 %"), (0.6, "60 %"), (0.8, "80 %"), (1.0, "100 %")]


def scorers_of(report: Mapping[str, Any]) -> dict[str, Judged]:
    """What a report, or its part on technical support, says of each scorer."""
    return {key: report[key] for key in SCORERS if key in report}


def percent(share: float) -> str:
    """A share as a person reads it; never 0 or 100 where it is not."""
    value = 100.0 * share
    if 0 < value < 0.001:
        number = "< 0.001"
    elif 99.95 <= value < 100:
        number = "> 99.9"
    else:
        number = f"{value:.2g}" if value < 1 else f"{value:.1f}" if value < 100 else "100"
    return f"{number}{NO_BREAK}%"


def count(value: float) -> str:
    """A number of calls, with a decimal only where it is small."""
    return f"{value:.1f}" if 0 < value < 10 and value != round(value) else f"{value:,.0f}"


def length_name(bucket: str, buckets: Sequence[str]) -> str:
    """ "100+" as "100 to 199 words"."""
    lows = [int(name.rstrip("+")) for name in buckets]
    low = int(bucket.rstrip("+"))
    above = [other for other in lows if other > low]
    if not above:
        return f"{low} words or more"
    return f"{low} to {min(above) - 1} words" if low else f"under {min(above)} words"


def recall_against_false_positives(key: str, scorers: Mapping[str, Judged]) -> str:
    """Recall at every false-positive rate, on a logarithmic axis; the shipped threshold marked."""
    legitimate = scorers["model"]["calls"]["legitimate"]
    low = 10.0 ** min(max(math.floor(math.log10(1 / legitimate)), -4), -2)
    decades = [low * 10**i for i in range(round(-math.log10(low)) + 1)]
    x = Axis("legitimate calls that alarm", low, 1.0, [(value, f"{100 * value:g} %") for value in decades], log=True)
    lines = []
    for name, judged in _drawn(scorers):
        points: list[tuple[float, float]] = []
        pairs = zip(judged["curve"]["false_positive_rate"], judged["curve"]["recall"], strict=True)
        for rate, recall in pairs:
            before = points[-1][1] if points else recall
            points += [(max(rate, low), before), (max(rate, low), recall)]
        lines.append(Line(name, [*points, (1.0, 1.0)]))
    marks = [_shipped(name, judged) for name, judged in _drawn(scorers)]
    y = Axis("scam calls that alarm", 0.0, 1.0, _TENTHS)
    title = "Recall of scam calls against the false-positive rate. " + " ".join(mark.text for mark in marks)
    return line_plot(key, title, x, y, lines=lines, marks=marks, shade_below=3 / legitimate)


def curve_file(report: Mapping[str, Any]) -> str:
    """`recall_against_false_positives` of a report, as an SVG file of its own."""
    drawn = recall_against_false_positives("curve", scorers_of(report))
    return as_file(drawn, {"model": "#0b5cad", "baseline": "#b8500c", "style_probe": "#6e7781"})


def precision_recall(key: str, scorers: Mapping[str, Judged]) -> str:
    """Precision against recall where half of all calls are scams."""
    lines, lowest = [], 1.0
    for name, judged in _drawn(scorers):
        points: list[tuple[float, float]] = []
        held = 0.0
        for rate, recall in zip(judged["curve"]["false_positive_rate"], judged["curve"]["recall"], strict=True):
            # One more false alarm first costs precision; the scams ranked below it then win some back.
            points += [(r, r / (r + rate)) for r in (held, recall) if r > 0]
            held = recall
        if points:
            lines.append(Line(name, [(0.0, points[0][1]), *points]))
            lowest = min([lowest, *(precision for recall, precision in points if recall > 0.05)])
    low = min(0.5, math.floor(10 * lowest) / 10)
    ticks = [(i / 10, f"{10 * i} %") for i in range(round(10 * low), 11)]
    ticks = ticks if len(ticks) <= 6 else ticks[len(ticks) % 2 == 0 :: 2]
    x, y = Axis("scam calls that alarm (recall)", 0.0, 1.0, _TENTHS), Axis("alarms that are scams", low, 1.0, ticks)
    areas = ", ".join(f"{SCORERS[name]} {judged['average_precision']:.3f}" for name, judged in scorers.items())
    return line_plot(key, f"Precision against recall. Average precision: {areas}.", x, y, lines=lines)


def reliability_diagram(key: str, scorers: Mapping[str, Judged]) -> str:
    """Share of scams against the probability that was given."""
    x, y = Axis("probability given", 0.0, 1.0, _TENTHS), Axis("share that were scams", 0.0, 1.0, _TENTHS)
    lines = [Line("even", [(0.0, 0.0), (1.0, 1.0)])]
    for name, judged in _drawn(scorers):
        lines.append(Line(name, [(row["probability"], row["share"]) for row in judged["reliability"]]))
    marks = [
        Mark(
            "model", row["probability"], row["share"],
            f"probability {row['probability']:.2f}: {percent(row['share'])} of {row['n']} calls were scams",
            low=row["low"], high=row["high"],
        )
        for row in scorers["model"]["reliability"]
    ]  # fmt: skip
    return line_plot(key, "Share of scams against the probability given.", x, y, lines=lines, marks=marks)


def source_bars(key: str, scorers: Mapping[str, Judged], *, scam: bool) -> str:
    """Alarms of every scam or every legitimate source at the shipped threshold."""
    kind = "scam" if scam else "legitimate"
    names = [name for name in scorers["model"]["sources"] if name.endswith(f"({kind})")]
    rows = [
        Row(
            _shortened(name.removesuffix(f" ({kind})")),
            _size(scorers["model"]["sources"][name]),
            [_bar(style, judged["sources"][name]) for style, judged in scorers.items()],
        )
        for name in names
    ]
    label = "scam calls that alarm" if scam else "legitimate calls that alarm"
    return bar_plot(key, f"{label.capitalize()}, by source.", _bar_axis(label, rows, whole=scam), rows)


def length_bars(key: str, scorers: Mapping[str, Judged]) -> str:
    """False alarms by the length of the call; lengths without a call are left out."""
    lengths = scorers["model"]["lengths"]
    rows = [
        Row(
            length_name(bucket, list(lengths)),
            _size(share),
            [_bar(style, judged["lengths"][bucket]) for style, judged in scorers.items()],
        )
        for bucket, share in lengths.items()
        if share["n"]
    ]
    label = "legitimate calls that alarm"
    return bar_plot(key, "False alarms by length of the call.", _bar_axis(label, rows, whole=False), rows)


def _drawn(scorers: Mapping[str, Judged]) -> list[tuple[str, Judged]]:
    """The scorers in the order of drawing: the model last, on top."""
    return list(scorers.items())[::-1]


def _shipped(name: str, judged: Judged) -> Mark:
    recall, rate = judged["pooled"]["recall"]["share"], judged["pooled"]["false_positive_rate"]["share"]
    text = f"{SCORERS[name]} at its threshold: {percent(recall)} of scams, {percent(rate)} of legitimate calls."
    return Mark(name, rate, recall, text, label=SCORERS[name])


def _shortened(name: str, limit: int = 32) -> str:
    return name if len(name) <= limit else f"{name[: limit - 1]}…"


def _size(share: Mapping[str, Any]) -> str:
    groups = "" if share["groups"] == share["n"] else f" in {share['groups']} group{'s' * (share['groups'] != 1)}"
    return f"{share['n']} call{'s' * (share['n'] != 1)}{groups}"


def _bar(style: str, share: Mapping[str, Any]) -> Bar:
    low, high = widest_interval(share)
    rate = share["alarms"] / share["n"]
    return Bar(style, rate, low, high, percent(rate))


def _bar_axis(label: str, rows: Sequence[Row], *, whole: bool) -> Axis:
    """From 0 to 100 % for recall; for false alarms to where the whiskers end, but no rival's hides the model's."""
    ours = max((bar.high for row in rows for bar in row.bars if bar.style == "model"), default=1.0)
    all_of_them = max((bar.high for row in rows for bar in row.bars), default=1.0)
    top = 1.0 if whole else min(all_of_them, 2 * ours)
    steps = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
    step = next((step for step in steps if top / step <= 5), 0.25)
    ticks = [(i * step, f"{100 * i * step:g} %") for i in range(math.ceil(top / step - 1e-9) + 1)]
    return Axis(label, 0.0, ticks[-1][0], ticks)
