"""The audit of the authored pairs: a corpus that is written can be held to what no collected one keeps."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scamclf.calls import Call
from scamclf.corpora.pairs import STYLES
from scamclf.preparation.features import normalised
from scamclf.preparation.findings import Finding, Report, at_least, at_most, within
from scamclf.preparation.leaks import Leak, marks_of, presence
from scamclf.preparation.probes import PROBES, Probe, probe, strongest
from scamclf.render import render

__all__ = ["PairsBounds", "audit_pairs", "pairs_details", "pairs_table"]

_SHINGLE_WORDS = 8


@dataclass(frozen=True, slots=True)
class PairsBounds:
    """What the authored corpus is held to.

    Args:
        style, style_normalised, length_and_turns, function_words, first_words, tfidf: areas of the probes, five
            folds by pair, in [0.5, 1].
        near_duplicate: share of the shorter call's 8-word shingles that a call of another pair has.
        imbalance: distance from 0.5 of the share of scams among calls with sir, ma'am or madam, and among the calls
            that name a brand.
        brand_calls: calls that must name a brand before its share is judged.
        per_kind: pairs a scenario and legitimate calls a family, at least.
        scenarios, families: number of scenarios and of legitimate families.
        style_spread: how far the number of calls of a style may be from equal shares, as a share of it.
    """

    style: float = 0.60
    style_normalised: float = 0.60
    length_and_turns: float = 0.60
    function_words: float = 0.70
    first_words: float = 0.80
    tfidf: float = 0.95
    near_duplicate: float = 0.5
    imbalance: float = 0.1
    brand_calls: int = 30
    per_kind: int = 30
    scenarios: int = 12
    families: int = 10
    style_spread: float = 0.15


def pairs_table(calls: Sequence[Call]) -> dict[str, dict[str, dict[str, int]]]:
    """Calls by label under every scenario, family, style and variety of either side.

    Args:
        calls: of `corpora.pairs.read`; the side named first in `variety` is the caller's or company's.
    """
    table: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for call in calls:
        label, (speaks, hears) = str(call.label), str(call.meta["variety"]).split("/")
        for column, value in (
            ("label", label), ("scenario", str(call.meta["scenario"])), ("family", str(call.family)),
            ("style", str(call.meta["style"])), ("variety of the company", speaks), ("variety of the customer", hears),
        ):  # fmt: skip
            table[column][value][label] += 1
    return {column: {value: dict(rows[value]) for value in sorted(rows)} for column, rows in table.items()}


def audit_pairs(calls: Sequence[Call], bounds: PairsBounds | None = None, *, seed: int = 0) -> Report:
    """Hold the authored corpus to its bounds.

    Args:
        calls: of `corpora.pairs.read`.
        bounds: the defaults where None.
        seed: of the folds.

    Raises:
        DataError: a call has no label, or there are too few pairs for folds.
    """
    limits = bounds or PairsBounds()
    findings: list[Finding] = []
    for name in PROBES:
        result = probe(name, calls, seed=seed)
        findings.append(within(f"probe {name}", result.auc, getattr(limits, name), _columns(name, calls)))
    findings.append(_near_duplicates(calls, limits))
    truth = np.array([call.label != "legitimate" for call in calls], dtype=np.bool_)
    marks = [marks_of(call) for call in calls]
    polite = [leak for leak in presence([found["politeness"] for found in marks], truth) if "," in leak.mark]
    findings.append(_balance("share of scams with sir, ma'am or madam", polite, limits))
    brands = presence([found["brands"] for found in marks], truth, support=limits.brand_calls)
    findings.append(_balance(f"share of scams of a brand in {limits.brand_calls} calls or more", brands, limits))
    return Report((*findings, *_counts(calls, limits)), len(calls))


def pairs_details(calls: Sequence[Call], *, words: int = 40, pairs: int = 30, seed: int = 0) -> str:
    """What to mend first: counts, the words that probes go by, and the pairs that words alone tell apart best.

    Args:
        calls: of `corpora.pairs.read`.
        words: of each class and probe.
        pairs: number of pairs.
        seed: of the folds.
    """
    lines = []
    for column, rows in pairs_table(calls).items():
        lines += [f"\n{column}", *(f"  {value:28} {counts}" for value, counts in rows.items())]
    for name in PROBES:
        for side, entries in strongest(name, calls, words).items():
            lines += [f"\n{name}: towards {side} (part in log-odds, scams, legitimate)"]
            lines += [f"  {word:32} {part:+.3f} {scams:4} {legitimate:4}" for word, part, scams, legitimate in entries]
    lines.append("\npairs that tfidf tells apart best (difference of out-of-fold log-odds)")
    lines += [f"  {margin:6.2f}  {pair}" for pair, margin in _margins(calls, probe("tfidf", calls, seed=seed))[:pairs]]
    return "\n".join(lines) + "\n"


def _columns(name: str, calls: Sequence[Call]) -> list[str]:
    sides = strongest(next(known for known in PROBES if known == name), calls, 10)
    return [f"towards {side}: {', '.join(entry[0] for entry in entries)}" for side, entries in sides.items()]


def _margins(calls: Sequence[Call], result: Probe) -> list[tuple[str, float]]:
    margins: dict[str, float] = defaultdict(float)
    for call, score in zip(calls, result.scores, strict=True):
        log_odds = float(np.log(score / (1 - score)))
        margins[str(call.group)] += -log_odds if call.label == "legitimate" else log_odds
    return sorted(margins.items(), key=lambda item: -item[1])


def _near_duplicates(calls: Sequence[Call], limits: PairsBounds) -> Finding:
    """Exact: every two calls of different pairs that share a run of eight words are compared."""
    sets, holders = [], defaultdict(list)
    for i, call in enumerate(calls):
        words = normalised(render(call)).split()
        sets.append({tuple(words[k : k + _SHINGLE_WORDS]) for k in range(max(len(words) - _SHINGLE_WORDS + 1, 1))})
        for run in sets[-1]:
            holders[run].append(i)
    shared: Counter[tuple[int, int]] = Counter()
    for found in holders.values():
        shared.update((i, j) for i in found for j in found if i < j and calls[i].group != calls[j].group)
    shares = sorted(((n / min(len(sets[i]), len(sets[j])), i, j) for (i, j), n in shared.items()), reverse=True)
    detail = [f"{share:.2f} {calls[i].call_id} and {calls[j].call_id}" for share, i, j in shares[:20]]
    return at_most("8-word runs shared between pairs, largest share", shares[0][0] if shares else 0.0,
                   limits.near_duplicate, detail)  # fmt: skip


def _balance(name: str, leaks: Sequence[Leak], limits: PairsBounds) -> Finding:
    """The share farthest from one half; the detail names every mark that is out of bounds, then the others."""
    worst = sorted(leaks, key=lambda leak: -abs(leak.scams / leak.support - 0.5))
    detail = [f"{leak.mark}: {leak.scams} scams of {leak.support} ({leak.scams / leak.support:.0%})" for leak in worst]
    share = worst[0].scams / worst[0].support if worst else 0.5
    return within(name, share, 0.5 + limits.imbalance, detail)


def _counts(calls: Sequence[Call], limits: PairsBounds) -> list[Finding]:
    scenarios = Counter(str(call.meta["scenario"]) for call in calls if call.label != "legitimate")
    families = Counter(str(call.family) for call in calls if call.label == "legitimate")
    styles = Counter(str(call.meta["style"]) for call in calls)
    spread = max(abs(styles[style] * len(STYLES) / len(calls) - 1) for style in STYLES)
    findings = []
    for name, counts, number in (("scenario", scenarios, limits.scenarios), ("family", families, limits.families)):
        detail = [f"{value}: {n}" for value, n in sorted(counts.items(), key=lambda item: item[1])]
        kind = "scenarios" if name == "scenario" else "legitimate families"
        findings += [
            at_least(kind, len(counts), number, detail),
            at_least(f"{kind}, fewest calls", min(counts.values(), default=0), limits.per_kind, detail),
        ]
    detail = [f"{style}: {styles[style]}" for style in STYLES]
    return [*findings, at_most("styles, distance from equal shares", spread, limits.style_spread, detail)]
