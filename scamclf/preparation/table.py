"""What became of every row that a preparation read, and what the calls are that it kept: tables for people."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from scamclf.corpora import AUTHORED, Source
from scamclf.corpora.bothbosu import YOUTUBE_SOURCE
from scamclf.preparation.prepare import CAPPED, EXACT, NEAR, Prepared
from scamclf.preparation.split import SPLITS
from scamclf.render import render

__all__ = ["CALL_COLUMNS", "ROW_COLUMNS", "call_table", "row_table", "rule_lines"]

ROW_COLUMNS = ("source", "rows", "left out by rule", "same words", "near-duplicates", "over a cap", "kept", *SPLITS)
CALL_COLUMNS = ("source", "text", "label", *SPLITS, "words (median)")


def row_table(prepared: Prepared) -> list[list[str]]:
    """One line a source, with `ROW_COLUMNS`: rows = left out + duplicates + over a cap + kept, kept = the splits."""
    kept: dict[str, Counter[str]] = defaultdict(Counter)
    for split, calls in prepared.splits.items():
        for call in calls:
            kept[str(call.source)][split] += 1
    lines = []
    for source in sorted({*kept, *prepared.not_kept}):
        gone = prepared.not_kept.get(source, {})
        duplicates = [gone.get(reason, 0) for reason in (EXACT, NEAR, CAPPED)]
        by_rule = sum(gone.values()) - sum(duplicates)
        n = kept[source].total()
        numbers = [n + sum(gone.values()), by_rule, *duplicates, n, *(kept[source][split] for split in SPLITS)]
        lines.append([source, *map(str, numbers)])
    return lines


def rule_lines(prepared: Prepared) -> list[str]:
    """One line for every rule of a reader that left rows out."""
    return [
        f"{source}: {n} rows left out: {reason}"
        for source, reasons in sorted(prepared.not_kept.items())
        for reason, n in sorted(reasons.items())
        if reason not in (EXACT, NEAR, CAPPED)
    ]


def call_table(prepared: Prepared, sources: Mapping[str, Source]) -> list[list[str]]:
    """One line for every source and label, with `CALL_COLUMNS`; text is the kind of the source ("real", "llm", ...)."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    words: dict[tuple[str, str], list[int]] = defaultdict(list)
    for split, calls in prepared.splits.items():
        for call in calls:
            key = str(call.source), str(call.label)
            counts[key][split] += 1
            words[key].append(len(render(call).split()))
    kinds = (
        {name: source.kind for name, source in sources.items()}
        | {YOUTUBE_SOURCE: "real"}
        | dict.fromkeys(AUTHORED, "authored")
    )
    lines = []
    for (source, label), found in sorted(counts.items()):
        median = f"{np.median(words[source, label]):.0f}"
        lines.append([source, kinds.get(source, "own"), label, *(str(found[split]) for split in SPLITS), median])
    return lines
