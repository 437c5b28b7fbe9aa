"""The audit: what tells the label of a data set although it should not, and what is too little to judge by.

It looks at words and marks only: that two hands wrote down the same call in different words is not found here.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from scamclf.calls import LABELS, Call
from scamclf.errors import DataError
from scamclf.preparation.dedupe import find_duplicates
from scamclf.preparation.findings import Bounds, Finding, Report, at_most, render_text, to_dict, within
from scamclf.preparation.leaks import leak_findings
from scamclf.preparation.prepare import Prepared, load_prepared
from scamclf.preparation.probes import PROBES, Z95, probe, probe_source

__all__ = ["Bounds", "answers", "audit", "audit_prepared", "render_text", "to_dict"]

_ANSWERS = {
    "style": "words are read in lower case without punctuation; augment.captions, fillers and asr_errors write calls "
    "of both classes in other styles",
    "source of": "as for style; the evaluation leaves whole sources out of training",
    "length": "training draws windows and beginnings of calls, never whole ones",
    "truncation": "training draws windows and beginnings of calls, never whole ones",
    "speaker tags": "the model never reads them",
    "placeholders": "redaction marks are filled, and what stands in brackets is not read",
    "names": "augment.names gives people other names",
    "brands": "augment.brands gives firms other names of the same kind",
    "duplicates": "prepare the data again: data.near_duplicate drops them",
    "": "the authored pairs say it in both classes; windows are drawn evenly from all sources and both classes",
}
"""For what a finding's name holds: what of a recipe answers it."""


def audit(
    data: Prepared | Sequence[Call],
    bounds: Bounds | None = None,
    *,
    splits: Sequence[str] = ("train",),
    max_probe_calls: int = 4000,
    seed: int = 0,
) -> Report:
    """Look for everything that tells the label although it should not.

    Args:
        data: a prepared data set, or labelled calls, which are taken as one split.
        bounds: the defaults where None.
        splits: of a prepared data set, whose words and marks are looked at; duplicates, groups and slices are
            looked at in all. Held-out sources differ on purpose, so only what is learned from is the default.
        max_probe_calls: the probes take a random sample of so many calls where there are more.
        seed: of the sample, the folds and the trees.

    Returns:
        The findings. Every bound is the same for all splits.

    Raises:
        DataError: a call has no label, or `splits` names one that is not there.
    """
    limits = bounds or Bounds()
    parts: dict[str, list[Call]] = (
        {str(split): calls for split, calls in data.splits.items()} if isinstance(data, Prepared) else {"": list(data)}
    )
    _check_labels(parts)
    wanted = splits if isinstance(data, Prepared) else [""]
    if unknown := [split for split in wanted if split not in parts]:
        raise DataError(f"no split {unknown[0]!r}; there are {', '.join(parts)}")
    found = [*_duplicates(parts, limits), _groups(parts, limits), _small_slices(parts, limits)]
    for split in wanted:
        prefix, calls = f"{split}: " if split else "", parts[split]
        if len({call.label == "legitimate" for call in calls}) < 2:
            continue
        found += [_one_label_sources(prefix, calls, limits), *leak_findings(prefix, calls, limits)]
        sample = calls if len(calls) <= max_probe_calls else random.Random(seed).sample(calls, max_probe_calls)
        found += [*_probes(prefix, sample, limits, seed), *_sources(prefix, sample, limits, seed)]
    return Report(tuple(found), sum(map(len, parts.values())))


def audit_prepared(folder: Path, bounds: Bounds | None = None, *, splits: Sequence[str] = ("train",)) -> Report:
    """Audit what `scamclf data prepare` wrote.

    Raises:
        DataError: the folder is no prepared data set.
    """
    return audit(load_prepared(folder), bounds, splits=splits)


def answers(report: Report) -> list[str]:
    """What of a recipe answers each finding out of bounds: most public corpora are past most bounds, as collected."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in report.failed:
        found[next(answer for part, answer in _ANSWERS.items() if part in name)].append(name)
    return [f"{', '.join(names)}: {answer}" for answer, names in found.items()]


def _check_labels(parts: Mapping[str, Sequence[Call]]) -> None:
    for calls in parts.values():
        for call in calls:
            if call.label not in LABELS:
                raise DataError(f"call {call.call_id!r}: label is {call.label!r}; wanted one of {', '.join(LABELS)}")


def _duplicates(parts: Mapping[str, Sequence[Call]], limits: Bounds) -> list[Finding]:
    every = [(split, call) for split, calls in parts.items() for call in calls]
    twins: dict[bool, list[str]] = {True: [], False: []}
    for i, j in find_duplicates([call for _, call in every], threshold=limits.near_duplicate).items():
        twins[every[i][0] == every[j][0]].append(f"{every[i][1].call_id} is like {every[j][1].call_id}")
    return [
        at_most("duplicates within a split", len(twins[True]), limits.duplicates_within, twins[True]),
        at_most("duplicates across splits", len(twins[False]), limits.duplicates_across, twins[False]),
    ]


def _groups(parts: Mapping[str, Sequence[Call]], limits: Bounds) -> Finding:
    where: dict[str, set[str]] = defaultdict(set)
    for split, calls in parts.items():
        for call in calls:
            where[call.group or call.call_id].add(split)
    torn = [f"{group} in {', '.join(sorted(found))}" for group, found in sorted(where.items()) if len(found) > 1]
    return at_most("groups in more than one split", len(torn), limits.groups_across, torn)


def _small_slices(parts: Mapping[str, Sequence[Call]], limits: Bounds) -> Finding:
    counts: Counter[str] = Counter()
    for split, calls in parts.items():
        for name in ("scam", "legitimate"):
            counts[f"{name} calls of {split or 'all'}"] = sum(_class_name(call) == name for call in calls)
        counts.update(f"{_class_name(call)} calls of source {call.source}" for call in calls)
    small = [f"{name}: {n}" for name, n in sorted(counts.items(), key=lambda item: item[1]) if n < limits.min_calls]
    return at_most("slices too small to judge", len(small), limits.small_slices, small)


def _one_label_sources(prefix: str, calls: Sequence[Call], limits: Bounds) -> Finding:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for call in calls:
        counts[str(call.source)][_class_name(call)] += 1
    alone = {source: found for source, found in counts.items() if len(found) == 1}
    detail = [f"{source}: {n} {name}" for source, found in sorted(alone.items()) for name, n in found.items()]
    share = sum(sum(found.values()) for found in alone.values()) / len(calls)
    return at_most(f"{prefix}share of calls from sources with one class", share, limits.one_label_sources, detail)


def _probes(prefix: str, calls: Sequence[Call], limits: Bounds, seed: int) -> list[Finding]:
    findings = []
    for name in PROBES:
        try:
            result = probe(name, calls, seed=seed)
        except DataError as error:
            findings.append(within(f"{prefix}probe {name}", float("nan"), getattr(limits, name), [str(error)]))
            continue
        findings.append(
            within(f"{prefix}probe {name}", result.auc, getattr(limits, name), error=Z95 * result.standard_error)
        )
    return findings


def _sources(prefix: str, calls: Sequence[Call], limits: Bounds, seed: int) -> list[Finding]:
    findings = []
    for label in ("scam", "legitimate"):
        chosen = [call for call in calls if _class_name(call) == label]
        for normalise in (False, True):
            result = probe_source(chosen, normalise=normalise, seed=seed)
            name = f"{prefix}source of {label} calls told from style{', normalised' if normalise else ''}"
            if result is None:
                findings.append(at_most(name, float("nan"), limits.source_lift))
                continue
            lift = (result.accuracy - result.majority) / (1 - result.majority)
            detail = [f"{result.accuracy:.2f} of {result.calls} calls of {result.sources} sources are told right, "
                      f"{result.majority:.2f} by always guessing the most frequent"]  # fmt: skip
            findings.append(at_most(name, lift, limits.source_lift, detail))
    return findings


def _class_name(call: Call) -> str:
    return "legitimate" if call.label == "legitimate" else "scam"
