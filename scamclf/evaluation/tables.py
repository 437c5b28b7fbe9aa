"""The table of a report, in Markdown: for the model card and the README."""

from collections.abc import Mapping
from typing import Any

from scamclf.evaluation.judge import widest_interval

__all__ = ["markdown"]

_SCORERS = {"model": "scamclf", "baseline": "TF-IDF + LR", "style_probe": "style alone + LR"}


def markdown(report: Mapping[str, Any]) -> str:
    """Alarms per source at the shipped threshold, then the pooled figures."""
    scorers = {key: name for key, name in _SCORERS.items() if key in report}
    lines = [
        f"Alarms at the shipped threshold ({report['operating_point']}) on calls never trained on.",
        "",
        f"| test source | calls | {' | '.join(f'{name} alarms | 95 %' for name in scorers.values())} |",
        f"|---|---:|{'---:|---|' * len(scorers)}",
    ]
    for source, ours in report["model"]["sources"].items():
        cells = [_cell(report[key]["sources"][source]) for key in scorers]
        lines.append(f"| {source} | {ours['n']} | {' | '.join(cells)} |")
    lines += [
        "",
        f"| pooled, sources weighed equally | {' | '.join(scorers.values())} |",
        f"|---|{'---:|' * len(scorers)}",
    ]
    for fpr, ours in report["model"]["recall_at_fpr"].items():
        mark = " (indicative: too few legitimate calls)" if ours["indicative"] else ""
        cells = [f"{report[key]['recall_at_fpr'][fpr]['recall']:.3f}" for key in scorers]
        lines.append(f"| recall at {100 * float(fpr):g} % false positives{mark} | {' | '.join(cells)} |")
    for figure in ("average_precision", "roc_auc", "calibration_error"):
        cells = [f"{report[key][figure]:.3f}" for key in scorers]
        lines.append(f"| {figure.replace('_', ' ')} | {' | '.join(cells)} |")
    tech = report.get("tech_support")
    if tech:
        cells = [f"{tech[key]['recall_at_fpr']['0.01']['recall']:.3f}" for key in scorers]
        lines.append(f"| technical support alone: recall at 1 % false positives | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(share: Mapping[str, Any]) -> str:
    rate = share["alarms"] / share["n"] if share["n"] else float("nan")
    low, high = widest_interval(share)
    return f"{share['alarms']} ({100 * rate:.1f} %) | {100 * low:.1f}-{100 * high:.1f}"
