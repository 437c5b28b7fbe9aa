"""What an audit says: findings with a bound each, as a table for people and as plain values for files."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Bounds", "Finding", "Report", "at_least", "at_most", "render_text", "to_dict", "within"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is allowed. Areas are in [0.5, 1] and hold on either side of 0.5; chance alone does not exceed them.

    Args:
        near_duplicate: share of the shorter call's words, in order, from which two calls are the same; above the
            recipes', since words weigh by their rarity among the calls at hand.
        duplicates_within, duplicates_across: calls like an earlier one of the same, of another split.
        groups_across: groups with calls in more than one split.
        min_calls: fewer calls of a class in a split, or of a source, are too few to judge.
        small_slices: number of such slices.
        one_label_sources: share of the calls that are from sources with one class only.
        style, style_normalised, length_and_turns, function_words, first_words, tfidf: areas of the probes.
        source_lift: share of the errors of always guessing the most frequent source that style alone avoids.
        length: area of the number of words, of turns, and of words a turn.
        mark_area, mark_share: area of a mark alone, and share of scams among the calls that have it (or of legitimate
            calls), both classes taken as equally frequent. For marks that mean nothing: names, brands, tags, ...
        word_area, word_share: the same for any word of the text.
        support: calls in which a word or mark must occur.
        marks, words: marks of a kind, and words, that may exceed their bounds.
    """

    near_duplicate: float = 0.8
    duplicates_within: int = 0
    duplicates_across: int = 0
    groups_across: int = 0
    min_calls: int = 20
    small_slices: int = 0
    one_label_sources: float = 0.5
    style: float = 0.65
    style_normalised: float = 0.65
    length_and_turns: float = 0.65
    function_words: float = 0.75
    first_words: float = 0.90
    tfidf: float = 0.98
    source_lift: float = 0.5
    length: float = 0.65
    mark_area: float = 0.60
    mark_share: float = 0.80
    word_area: float = 0.75
    word_share: float = 0.98
    support: int = 20
    marks: int = 0
    words: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One question and its answer.

    Args:
        name: what was asked.
        value: the answer; NaN where there was too little to judge.
        bound: what is allowed.
        ok: whether the value is within the bound. What could not be judged is not found wanting here: the finding
            "slices too small to judge" says so.
        wanted: the bound in words, for example "<= 0.60".
        detail: the calls, words or counts behind the value, worst first. Never text of a call.
    """

    name: str
    value: float
    bound: float
    ok: bool
    wanted: str
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All findings.

    Args:
        findings: in the order of asking.
        calls: number of calls that were looked at.
    """

    findings: tuple[Finding, ...]
    calls: int

    @property
    def ok(self) -> bool:
        """Whether every finding is within its bound."""
        return all(finding.ok for finding in self.findings)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the findings that are not within their bounds."""
        return tuple(finding.name for finding in self.findings if not finding.ok)


def at_most(name: str, value: float, bound: float, detail: Sequence[str] = ()) -> Finding:
    """A finding that wants a value up to the bound."""
    return Finding(name, value, bound, math.isnan(value) or value <= bound, f"<= {bound:.4g}", tuple(detail))


def at_least(name: str, value: float, bound: float, detail: Sequence[str] = ()) -> Finding:
    """A finding that wants a value from the bound up."""
    return Finding(name, value, bound, math.isnan(value) or value >= bound, f">= {bound:.4g}", tuple(detail))


def within(name: str, area: float, bound: float, detail: Sequence[str] = (), *, error: float = 0.0) -> Finding:
    """A finding that wants an area under the curve no farther from 0.5, on either side, than the bound is.

    Args:
        name: what was asked.
        area: in [0, 1].
        bound: in [0.5, 1].
        detail: what is behind it.
        error: half the width of the area's interval: only what is outside the bound for certain is found wanting.
    """
    ok = math.isnan(area) or abs(area - 0.5) - error <= bound - 0.5 + 1e-12
    return Finding(name, area, bound, ok, f"{1 - bound:.2f}..{bound:.2f}", tuple(detail))


def render_text(report: Report, *, details: int = 5) -> str:
    """A table, one finding a line.

    Args:
        report: to print.
        details: at most so many lines of detail below a finding that is out of bounds.
    """
    width = max([len(finding.name) for finding in report.findings] or [0])
    lines = []
    for finding in report.findings:
        value = "too few" if math.isnan(finding.value) else f"{finding.value:.4g}"
        lines.append(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name:{width}}  {value:>8}  {finding.wanted}")
        if not finding.ok:
            lines += [f"      {line}" for line in finding.detail[:details]]
            if len(finding.detail) > details:
                lines.append(f"      ... and {len(finding.detail) - details} more")
    failed = len(report.failed)
    lines.append(f"{report.calls} calls, {len(report.findings)} findings, {failed} out of bounds")
    return "\n".join(lines) + "\n"


def to_dict(report: Report) -> dict[str, Any]:
    """Plain values as JSON takes them; what could not be judged is null."""
    findings = [asdict(finding) for finding in report.findings]
    for finding in findings:
        finding["value"] = None if math.isnan(finding["value"]) else finding["value"]
        finding["detail"] = list(finding["detail"])
    return {"ok": report.ok, "calls": report.calls, "findings": findings}
