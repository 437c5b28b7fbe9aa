"""The authored corpus is held to its bounds: what is easy to tell from it teaches a model nothing."""

from collections import Counter

import pytest

from scamclf.calls import Call
from scamclf.corpora import pairs
from scamclf.preparation.findings import Finding, Report
from scamclf.preparation.pairs_audit import PairsBounds, audit_pairs, pairs_table
from scamclf.resources import resource

FINDINGS = (
    "probe style",
    "probe style_normalised",
    "probe length_and_turns",
    "probe function_words",
    "probe first_words",
    "probe tfidf",
    "8-word runs shared between pairs, largest share",
    "share of scams with sir, ma'am or madam",
    "share of scams of a brand in 30 calls or more",
    "scenarios",
    "scenarios, fewest calls",
    "legitimate families",
    "legitimate families, fewest calls",
    "styles, distance from equal shares",
)


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return list(pairs.read(resource("data/pairs")))


@pytest.fixture(scope="module")
def report(calls: list[Call]) -> Report:
    return audit_pairs(calls)


def test_every_bound_has_a_finding(report: Report) -> None:
    assert tuple(finding.name for finding in report.findings) == FINDINGS


@pytest.mark.parametrize("name", FINDINGS)
def test_the_authored_corpus_is_within(name: str, report: Report) -> None:
    finding: Finding = next(finding for finding in report.findings if finding.name == name)
    assert finding.ok, f"{finding.value:.3f}, wanted {finding.wanted}: " + "; ".join(finding.detail[:10])


def test_the_bounds_are_those_that_the_corpus_was_written_to() -> None:
    bounds = PairsBounds()
    assert (bounds.style, bounds.length_and_turns, bounds.function_words) == (0.60, 0.60, 0.70)
    assert (bounds.first_words, bounds.tfidf, bounds.near_duplicate) == (0.80, 0.95, 0.5)


def test_the_table_counts_every_call_in_every_column(calls: list[Call]) -> None:
    for rows in pairs_table(calls).values():
        assert sum(n for counts in rows.values() for n in counts.values()) == len(calls)


def test_both_sides_of_a_pair_are_of_one_style_and_one_variety(calls: list[Call]) -> None:
    found = Counter((call.group, call.meta["style"], call.meta["variety"]) for call in calls)
    assert set(found.values()) == {2}
