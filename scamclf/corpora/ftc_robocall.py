"""Robocalls collected by the FTC: real recorded messages, transcribed with Whisper."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from scamclf.calls import Call, Turn
from scamclf.corpora.judgements import load_judgements
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import look_up, read_table

__all__ = ["cluster", "read"]

FILE = "metadata.csv"
SHINGLE_WORDS = 3
SIMILARITY = 0.6
"""Jaccard similarity of word shingles from which two recordings are one campaign."""


def read(folder: Path) -> Iterator[Call | LeftOut]:
    """Read one call a campaign: its most frequent wording, the longer where two are as frequent.

    A campaign is named after its first recording in the file. `data/labels/ftc_robocall.csv` says what it is;
    marketing that is merely unwanted is left out, and so are recordings in another language than English.

    Raises:
        DataError: the file or a column is missing, or a campaign is not in the label file.
    """
    judgements = load_judgements("ftc_robocall", "campaign")
    table = read_table(folder / FILE, ("file_name", "language", "transcript"))
    every = [row for _, row in table]
    rows = [row for row in every if row["language"] == "en" and row["transcript"].strip()]
    if len(every) > len(rows):
        yield LeftOut("ftc_robocall", "another language or no words", len(every) - len(rows))
    texts = [row["transcript"].strip() for row in rows]
    for members in cluster(texts):
        campaign = PurePosixPath(rows[members[0]]["file_name"]).stem
        judgement = look_up(judgements, campaign, str(folder / FILE), "campaign")
        if judgement.label is None:
            yield LeftOut("ftc_robocall", "marketing or no content", len(members))
            continue
        if len(members) > 1:
            yield LeftOut("ftc_robocall", "another wording of the same campaign", len(members) - 1)
        counts = Counter(texts[member] for member in members)
        yield Call(
            call_id=f"ftc_robocall/{campaign}",
            turns=(Turn(text=max(counts, key=lambda text: (counts[text], len(text)))),),
            language="en",
            source="ftc_robocall",
            label=judgement.label,
            family=judgement.family,
            group=f"campaign:{campaign}",
            meta={"judged_by": judgement.judged_by, "recordings": len(members)},
        )


def cluster(texts: Sequence[str]) -> list[list[int]]:
    """Group near-duplicates: single linkage over the Jaccard similarity of word shingles.

    Returns:
        Clusters of indices into `texts`, each ascending, ordered by their first index.
    """
    firsts: dict[frozenset[tuple[str, ...]], int] = {}
    root = [firsts.setdefault(_shingles(text), index) for index, text in enumerate(texts)]
    distinct = list(firsts.items())
    for position, (shingles, index) in enumerate(distinct):
        for others, other in distinct[:position]:
            # Sets of too different size cannot be so similar; most pairs need no more than this.
            if min(len(shingles), len(others)) < SIMILARITY * max(len(shingles), len(others)):
                continue
            shared = len(shingles & others)
            if shared >= SIMILARITY * (len(shingles) + len(others) - shared):
                low, high = sorted((_find(root, index), _find(root, other)))
                root[high] = low
    clusters: dict[int, list[int]] = {}
    for index in range(len(texts)):
        clusters.setdefault(_find(root, index), []).append(index)
    return list(clusters.values())


def _find(root: list[int], index: int) -> int:
    while root[index] != index:
        index = root[index]
    return index


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"[a-z']+", text.lower())
    return frozenset(
        tuple(words[start : start + SHINGLE_WORDS]) for start in range(max(1, len(words) - SHINGLE_WORDS + 1))
    )
