"""What `bench_scoring.py` found: rates and ratios, as a table and as a plot."""

from statistics import median
from typing import Any

import numpy as np

from scamclf.evaluation.svg import Axis, Bar, Row, as_file, bar_plot

__all__ = ["finish", "is_slow", "plot", "table"]


def is_slow(name: str) -> bool:
    """Whether a way is given the sample alone."""
    return not name.startswith(("scamclf", "student")) or "fp32" in name


def finish(result: dict[str, Any]) -> None:
    """Rates and ratios from the seconds: medians of the rounds."""
    found, few = result["ways"], result.pop("sample")
    exact = next(
        (way["rounds"][0]["alerts"] for name, way in found.items() if name == "scamclf-onnxruntime-fp32"), None
    )
    for name, way in found.items():
        rounds = way["rounds"]
        seconds = way["seconds"] = median(one["seconds"] for one in rounds)
        way["tokens_per_s"] = way["tokens"] / seconds
        for unit in ("calls", "windows"):
            way[f"{unit}_per_s"] = way["tokens_per_s"] * result[unit] / result["tokens"]
        # int8 is compared with the peak of bf16, the next faster that was measured.
        peak = result["matrix_peak_flops"]["bf16" if "bf16" in name or "int8" in name else "fp32"]
        if "network_s" in rounds[0]:
            way["padded_share"] = rounds[0]["padded_share"]
            way["sent_on"] = 1 - rounds[0]["gated"] / way["calls"] if name.endswith("gate") else None
            network = median(one["network_s"] for one in rounds)
            way["network_share_of_time"] = network / seconds
            # Of the network's own time; a gate's few and short batches are no measure of it.
            way["share_of_peak"] = None if name.endswith("gate") else way["flop"] / network / peak
            alerts, *_ = [one.pop("alerts") for one in rounds]
            if exact is not None:
                same = alerts if is_slow(name) else [alerts[i] for i in few]
                way["decides_as_fp32"] = sum(a == b for a, b in zip(same, exact, strict=True)) / len(exact)
        else:
            way["share_of_peak"] = way["flop"] / seconds / peak
    slow = found.get("pipeline-fp32")
    bf16 = found.get("pipeline-bf16")
    for way in found.values():
        way["times_pipeline_fp32"] = way["calls_per_s"] / slow["calls_per_s"] if slow else None
        way["times_pipeline_bf16"] = way["calls_per_s"] / bf16["calls_per_s"] if bf16 else None


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    peak = ", ".join(f"{name} {value / 1e9:,.0f}" for name, value in result["matrix_peak_flops"].items())
    head = f"{result['calls']:,} calls, {result['windows']:,} windows, {result['tokens']:,} tokens"
    lines = [f"{head}; matrix peak in GFLOP/s: {peak}", ""]
    columns = [
        "way", "calls/s", "windows/s", "tokens/s", "times fp32 pipeline", "network, of matrix peak", "padded",
        "sent on", "start-up s", "MiB", "measured on",
    ]  # fmt: skip
    if result["ways"]:
        lines += [f"| {' | '.join(columns)} |", f"|---|{'---:|' * (len(columns) - 1)}"]
    for name, way in result["ways"].items():
        named = f"{name}, batch {way['batch']}" if "batch" in way else name
        cells = [
            named, f"{way['calls_per_s']:,.1f}", f"{way['windows_per_s']:,.1f}", f"{way['tokens_per_s']:,.0f}",
            _shown(way["times_pipeline_fp32"], ".2f"), _shown(way["share_of_peak"], ".0%"),
            _shown(way.get("padded_share"), ".1%"), _shown(way.get("sent_on"), ".1%"), f"{way['startup_s']:.1f}",
            f"{way['peak_mib']:,.0f}", f"{way['calls']:,}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    for title, rows in (("`scamclf score`", result["files"]), ("short calls", result["short_calls"])):
        if rows:
            lines += ["", f"| {title} | calls/s | seconds | peak MiB | sent on | rows written |", "|---|" + "---:|" * 5]
        for row in rows:
            how = f"{row['calls']:,} calls, {row['precision']}{', gate' if row['gate'] else ''}"
            lines.append(
                f"| {how} | {row['calls_per_s']:,.1f} | {row['seconds']:,.1f} | {row['peak_mib']:,.0f} "
                f"| {row['sent_on']:.1%} | {row['rows']:,} |"
            )
    return "\n".join(lines)


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def plot(result: dict[str, Any]) -> str:
    """Bars of calls a second on a logarithmic axis, as an SVG file of its own."""
    rates = {name: way["calls_per_s"] for name, way in result["ways"].items()}
    low, high = 10.0 ** np.floor(np.log10(min(rates.values()))), 10.0 ** np.ceil(np.log10(max(rates.values())))
    ticks = [(low * 10**i, f"{low * 10**i:g}") for i in range(round(np.log10(high / low)) + 1)]
    rows = []
    for name, rate in rates.items():
        style = "gate" if name.endswith("gate") else "ours" if name.startswith(("scamclf", "student")) else "theirs"
        of_rounds = [rate * result["ways"][name]["seconds"] / one["seconds"] for one in result["ways"][name]["rounds"]]
        rows.append(Row(name, "", [Bar(style, rate, min(of_rounds), max(of_rounds), f"{rate:,.1f}")]))
    drawn = bar_plot("speed", "Calls a second", Axis("calls a second", low, high, ticks, log=True), rows)
    return as_file(drawn, {"theirs": "#999", "ours": "#06c", "gate": "#093"})
