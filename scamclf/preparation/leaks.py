"""Leaks: a single mark, word or length that tells the label on its own."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from scamclf.calls import Call
from scamclf.preparation.closed_words import ADDRESSES, MORE_BRANDS
from scamclf.preparation.features import ends_open, length_table, normalised
from scamclf.preparation.findings import Bounds, Finding, at_most, within
from scamclf.preparation.lexicon import BRAND_ALIASES, BRANDS, COMMON_WORD_NAMES, FEMALE_NAMES, MALE_NAMES
from scamclf.preparation.probes import Z95
from scamclf.render import render

__all__ = ["KINDS", "Leak", "leak_findings", "marks_of", "presence"]

KINDS = ("speaker tags", "placeholders", "truncation", "brands", "names", "politeness", "says scam")
"""Kinds of marks that have nothing to say about the label; see `marks_of`."""

_LENGTHS = ("words", "turns", "words a turn")
# Standard errors that the worst of hundreds of marks does not reach by chance.
_Z_MANY = 4.0

_PLACEHOLDER = re.compile(r"\[[^\]\[\n]{1,40}\]|<[A-Za-z][^<>\n]{0,40}>|\{+[^{}\n]{1,40}\}+|\b[Xx]{3,}\b|_{3,}")
_TAG_IN_TEXT = re.compile(r"^\[?([A-Za-z][\w ]{0,20})\]?:\s+\S")
_PRESS = re.compile(r"\b(?:press|dial) (?:0|zero|one|two|three|four|five|nine|star|hash|pound)\b")
_SCAM = re.compile(r"\b(scam|fraud|con artist|rip off|swindl|hoax)")
_POLITE = {
    "sir, ma'am or madam": re.compile(rf"\b(?:{'|'.join(ADDRESSES)})\b"),
    "sir": re.compile(r"\bsir\b"),
    "kindly": re.compile(r"\bkindly\b"),
    "do the needful": re.compile(r"\bdo the needful\b"),
}


@dataclass(frozen=True, slots=True)
class Leak:
    """In how many calls of each class a mark occurs.

    Args:
        mark: what occurs.
        scams, legitimate: calls in which it occurs.
        all_scams, all_legitimate: calls of the two classes.
    """

    mark: str
    scams: int
    legitimate: int
    all_scams: int
    all_legitimate: int

    @property
    def support(self) -> int:
        """Calls in which the mark occurs."""
        return self.scams + self.legitimate

    @property
    def area(self) -> float:
        """AUC of presence alone, in [0, 1]."""
        return 0.5 + (self.scams / self.all_scams - self.legitimate / self.all_legitimate) / 2

    @property
    def share(self) -> float:
        """Share of scams among calls with the mark, were both classes equally frequent; never quite 0 or 1."""
        rate = (self.scams + 0.5) / (self.all_scams + 1)
        return rate / (rate + (self.legitimate + 0.5) / (self.all_legitimate + 1))

    @property
    def z(self) -> float:
        """Standard errors by which the rates of the two classes differ (test of two proportions)."""
        rate = self.support / (self.all_scams + self.all_legitimate)
        error = math.sqrt(rate * (1 - rate) * (1 / self.all_scams + 1 / self.all_legitimate))
        return 2 * abs(self.area - 0.5) / error if error else 0.0

    def tells(self, *, area: float, share: float) -> bool:
        """Whether area or share are out of bounds and chance does not explain it, hundreds of marks being looked at."""
        return self.z >= _Z_MANY and (abs(self.area - 0.5) > area - 0.5 or abs(self.share - 0.5) > share - 0.5)

    def __str__(self) -> str:
        return (
            f"{self.mark}: {self.scams} of {self.all_scams} scams, {self.legitimate} of {self.all_legitimate} "
            f"legitimate, share of scams {self.share:.2f}, AUC {self.area:.2f}"
        )


def presence(marks: Sequence[Iterable[str]], truth: npt.NDArray[np.bool_], *, support: int = 1) -> list[Leak]:
    """Count marks by class.

    Args:
        marks: those of each call.
        truth: (n,) True for a scam; both classes occur.
        support: calls in which a mark must occur at least.

    Returns:
        The marks, those that tell most first.
    """
    scams: Counter[str] = Counter()
    legitimate: Counter[str] = Counter()
    for found, scam in zip(marks, truth, strict=True):
        (scams if scam else legitimate).update(set(found))
    totals = int(truth.sum()), int((~truth).sum())
    leaks = [Leak(mark, scams[mark], legitimate[mark], *totals) for mark in sorted({*scams, *legitimate})]
    return sorted((leak for leak in leaks if leak.support >= support), key=lambda leak: -abs(leak.area - 0.5))


def leak_findings(prefix: str, calls: Sequence[Call], limits: Bounds) -> list[Finding]:
    """Judge every kind of mark, the words and the lengths.

    Args:
        prefix: of the findings' names.
        calls: labelled, of both classes.
        limits: what is allowed.
    """
    truth = np.array([call.label != "legitimate" for call in calls], dtype=np.bool_)
    every = [marks_of(call) for call in calls]
    findings = []
    for kind in KINDS:
        marks = [found[kind] for found in every]
        leaks = presence(marks, truth, support=limits.support)
        told = [leak for leak in leaks if leak.tells(area=limits.mark_area, share=limits.mark_share)]
        detail = [f"{leak}{_by_source(leak, marks, calls) if kind == 'speaker tags' else ''}" for leak in told]
        findings.append(at_most(f"{prefix}{kind}: marks that tell the label", len(told), limits.marks, detail))
    words = presence([found["words"] for found in every], truth, support=limits.support)
    told = [leak for leak in words if leak.tells(area=limits.word_area, share=limits.word_share)]
    findings.append(at_most(f"{prefix}words that tell the label", len(told), limits.words, list(map(str, told))))
    table, columns = length_table(calls)
    for column in _LENGTHS:
        area = float(roc_auc_score(truth, table[:, columns.index(column)]))
        # Hanley and McNeil's error is at most that of an area of 0.5.
        error = float(np.sqrt((len(calls) + 1) / (12 * truth.sum() * (~truth).sum())))
        findings.append(within(f"{prefix}length: {column}", area, limits.length, error=Z95 * error))
    return findings


def _by_source(leak: Leak, marks: Sequence[set[str]], calls: Sequence[Call]) -> str:
    counts = Counter(
        f"{call.source}/{call.label}" for call, found in zip(calls, marks, strict=True) if leak.mark in found
    )
    return "; " + ", ".join(f"{name} {n}" for name, n in counts.most_common(6))


def marks_of(call: Call) -> dict[str, set[str]]:
    """The marks that a call has, under each of `KINDS`, and its words under "words"."""
    raw = render(call)
    text = normalised(raw)
    words = set(text.split())
    tags = {turn.speaker.strip().lower() for turn in call.turns if turn.speaker}
    tags |= {f"{tag[1].lower()}: in the text" for turn in call.turns if (tag := _TAG_IN_TEXT.match(turn.text))}
    placeholders = {mark.lower() for mark in _PLACEHOLDER.findall(raw)}
    return {
        "speaker tags": tags,
        "placeholders": placeholders
        | ({"any placeholder"} if placeholders else set())
        | ({"press one"} if _PRESS.search(text) else set()),
        "truncation": {"ends mid-sentence"} if ends_open(call) else set(),
        "brands": {_BRAND_OF[form] for form in _BRAND.findall(text)},
        "names": words & _NAMES,
        "politeness": {name for name, pattern in _POLITE.items() if pattern.search(text)},
        "says scam": {f"says {stem}" for stem in _SCAM.findall(text)},
        "words": words,
    }


_NAMES = {*FEMALE_NAMES, *MALE_NAMES} - COMMON_WORD_NAMES
_BRAND_OF = (
    {name: name for name in MORE_BRANDS}
    | {normalised(form): brand.lower() for form, brand in BRAND_ALIASES.items()}
    | {normalised(name): name.lower() for names in BRANDS.values() for name in names}
)
_BRAND = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, _BRAND_OF), key=len, reverse=True))})\b")
