"""The figures of all folds side by side, and the table made of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from scamclf.evaluation.judge import TARGET_FPR, widest_interval
from scamclf.metrics import wilson_interval

__all__ = ["markdown", "summary"]

_SCORERS = {"model": "scamclf", "baseline": "TF-IDF + LR"}
_AT = f"{TARGET_FPR:g}"


def summary(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Put folds together.

    Args:
        records: of each fold and seed "fold", "seed" and "report" (`scamclf.evaluation.report.evaluate_scorer`).

    Returns:
        "sources": one row for each class of each left-out source (groups that the recipe holds out apart), with "n"
        and for "model" and "baseline" the share of "alarms" at the shipped threshold and, for scams, "at_1pct": the
        recall where 1 % of the legitimate test calls alarm, sources weighed equally. "folds": "roc_auc" and
        "average_precision" of the scams of each source against the same legitimate calls. "pooled": recall and
        false-positive rate over the left-out sources, each weighed the same.
        Every share is the mean over seeds; "low" and "high" span the 95 % intervals of all seeds.
    """
    folds: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        folds.setdefault(record["fold"], []).append(record["report"])
    rows = [row for fold, reports in folds.items() for row in _rows(fold, reports)]
    return {
        "sources": rows,
        "folds": {
            fold: {scorer: _ranking([report[scorer] for report in reports]) for scorer in _SCORERS}
            for fold, reports in folds.items()
            if any(row["fold"] == fold and row["class"] == "scam" for row in rows)
        },
        "pooled": {scorer: _pooled(rows, scorer) for scorer in _SCORERS},
    }


def _rows(fold: str, reports: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for key, share in reports[0]["model"]["sources"].items():
        source, _, kind = key.removesuffix(")").rpartition(" (")
        if source != fold and not source.startswith(f"{fold}/"):
            continue
        row: dict[str, Any] = {"fold": fold, "source": source, "class": kind, "n": share["n"]}
        for scorer in _SCORERS:
            judged = [report[scorer] for report in reports]
            row[scorer] = {"alarms": _mean([one["sources"][key] for one in judged])}
            if kind == "scam":
                row[scorer]["at_1pct"] = _mean([one["recall_at_fpr"][_AT]["sources"][source] for one in judged])
        yield row


def _mean(shares: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    by_seed = [share["alarms"] / share["n"] for share in shares]
    ends = [widest_interval(share) for share in shares]
    return {
        "share": float(np.mean(by_seed)),
        "low": min(low for low, _ in ends),
        "high": max(high for _, high in ends),
        "by_seed": by_seed,
    }


def _ranking(judged: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "roc_auc": float(np.mean([one["roc_auc"] for one in judged])),
        "average_precision": float(np.mean([one["average_precision"] for one in judged])),
        "indicative": any(one["recall_at_fpr"][_AT]["indicative"] for one in judged),
    }


def _pooled(rows: Sequence[Mapping[str, Any]], scorer: str) -> dict[str, Any]:
    scams = [row for row in rows if row["class"] == "scam"]
    legitimate = [row for row in rows if row["class"] == "legitimate"]
    return {
        "recall": _equally(scams, scorer, "alarms"),
        "recall_at_1pct": _equally(scams, scorer, "at_1pct"),
        "false_positive_rate": _equally(legitimate, scorer, "alarms"),
    }


def _equally(rows: Sequence[Mapping[str, Any]], scorer: str, figure: str) -> dict[str, Any] | None:
    """Mean over sources, with the Wilson interval of as many calls as equal weights are worth (Kish 1965)."""
    if not rows:
        return None
    share = float(np.mean([row[scorer][figure]["share"] for row in rows]))
    worth = len(rows) ** 2 / sum(1 / row["n"] for row in rows)
    low, high = wilson_interval(share * worth, worth)
    return {"share": share, "low": low, "high": high, "sources": len(rows), "n": sum(row["n"] for row in rows)}


def markdown(result: Mapping[str, Any]) -> str:
    """The table: alarms at the shipped threshold, then the ranking of the scams."""
    names = list(_SCORERS.values())
    seeds = f"{len(result['seeds'])} seeds" if len(result["seeds"]) > 1 else "one seed"
    quick = " Quick version: few windows, one crop a call; to choose by, not to report." if result["proxy"] else ""
    lines = [
        f"{result['name']}, {seeds}: calls of a source that was left out of training and calibration.{quick}",
        "",
        "Alarms at the shipped threshold (1 % false positives on the calibration calls):",
        "",
        f"| left out | calls | {' | '.join(f'{name} | 95 %' for name in names)} |",
        f"|---|---:|{'---:|---|' * len(names)}",
        *(_line(f"{row['source']} ({row['class']})", row, "alarms") for row in result["sources"]),
        *_pooled_lines(result["pooled"], {"recall": "all scams", "false_positive_rate": "all legitimate"}),
    ]
    scams = [row for row in result["sources"] if row["class"] == "scam"]
    if scams:
        few = any(fold["model"]["indicative"] for fold in result["folds"].values())
        mark = " (indicative: too few legitimate calls)" if few else ""
        lines += [
            "",
            f"Recall where 1 % of the legitimate test calls alarm{mark}:",
            "",
            f"| left out | calls | {' | '.join(f'{name} | 95 %' for name in names)} |",
            f"|---|---:|{'---:|---|' * len(names)}",
            *(_line(f"{row['source']} (scam)", row, "at_1pct") for row in scams),
            *_pooled_lines(result["pooled"], {"recall_at_1pct": "all scams"}),
            "",
            f"| left out | {' | '.join(f'{name} ROC AUC' for name in names)} |",
            f"|---|{'---:|' * len(names)}",
            *(
                f"| {fold} | {' | '.join(format(found[scorer]['roc_auc'], '.3f') for scorer in _SCORERS)} |"
                for fold, found in result["folds"].items()
            ),
        ]
    return "\n".join(lines)


def _pooled_lines(pooled: Mapping[str, Any], figures: Mapping[str, str]) -> list[str]:
    lines = []
    for figure, name in figures.items():
        found = {scorer: pooled[scorer][figure] for scorer in _SCORERS}
        if found["model"] is not None:
            cells = " | ".join(_cell(share) for share in found.values())
            lines.append(f"| **{name}, sources weighed equally** | {found['model']['n']} | {cells} |")
    return lines


def _line(name: str, row: Mapping[str, Any], figure: str) -> str:
    return f"| {name} | {row['n']} | {' | '.join(_cell(row[scorer][figure]) for scorer in _SCORERS)} |"


def _cell(share: Mapping[str, Any]) -> str:
    return f"{100 * share['share']:.1f} % | {100 * share['low']:.1f}-{100 * share['high']:.1f}"
