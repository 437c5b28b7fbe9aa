"""How well are calls found that another hand wrote down? Plants twins of real calls and counts what is merged besides:

    python scripts/measure_duplicates.py --raw data/raw --out results/duplicates.json

A twin has its fillers dropped, its sentences cut anew and a share of its words dropped, misheard or replaced; half of
each kind. Only ids and numbers are printed.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path

from scamclf.calls import Call, Turn
from scamclf.corpora import SOURCES_PATH, bothbosu, load_sources, pairs, read_corpus
from scamclf.preparation.closed_words import DISCOURSE_MARKERS, HESITATIONS
from scamclf.preparation.confusions import CONFUSIONS
from scamclf.preparation.dedupe import alike
from scamclf.preparation.redaction import fill_redactions
from scamclf.render import render
from scamclf.resources import resource

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
STRENGTHS = {
    "tidied only": (0.0, 1.0), "10 % of words": (0.1, 1.0), "20 %": (0.2, 1.0), "30 %": (0.3, 1.0), "40 %": (0.4, 1.0),
    "20 %, first 40 % of the call": (0.2, 0.4), "30 %, first 40 %": (0.3, 0.4),
}  # fmt: skip
"""Share of the words that are dropped or replaced, and share of the call that is there."""
KNOWN_TWIN = "bothbosu/youtube/00002"
FILLERS = {*HESITATIONS, *DISCOURSE_MARKERS}


def main() -> None:
    """Plant, compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, default=Path("data/raw"), help="folder with the public corpora")
    parser.add_argument("--per-source", type=int, default=30, help="calls of each source that get a twin")
    parser.add_argument("--out", type=Path, default=Path("results/duplicates.json"))
    args = parser.parse_args()
    calls = read_everything(args.raw)
    report = {"calls": len(calls), **merges(calls), **twins(calls, args.per_source)}
    report["markdown"] = markdown(report)
    args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(report["markdown"])


def read_everything(raw: Path) -> list[Call]:
    """All corpora that are there and the authored pairs; the known twin, which its reader leaves out, among them."""
    bothbosu.YOUTUBE_LEFT_OUT = {}
    names = [name for name in load_sources(resource(SOURCES_PATH)) if (raw / name).is_dir()]
    calls = [fill_redactions(call, seed=0) for name in names for call in read_corpus(name, raw)]
    return calls + list(pairs.read(resource("data/pairs")))


def merges(calls: list[Call]) -> dict:
    """Calls that are dropped at each threshold with nothing planted, by source; the likest pairs of known twins."""
    found = list(alike(calls))
    dropped: dict[str, dict[str, int]] = {}
    other_label: dict[str, int] = {}
    for threshold in THRESHOLDS:
        gone: dict[int, int] = {}
        for i, j, share in found:
            if share >= threshold and i not in gone and j not in gone:
                gone[i] = j
        sources = Counter("+".join(sorted({str(calls[k].source) for k in pair})) for pair in gone.items())
        dropped[str(threshold)] = dict(sources.most_common())
        other_label[str(threshold)] = sum(calls[i].label != calls[j].label for i, j in gone.items())
    authored = [share for i, j, share in found if "pairs" in (calls[i].source, calls[j].source)]
    twin = [(share, i, j) for i, j, share in found if KNOWN_TWIN in (calls[i].call_id, calls[j].call_id)]
    share, i, j = max(twin, default=(0.0, 0, 0))
    return {
        "compared": len(found),
        "dropped": dropped,
        "dropped_with_another_label": other_label,
        "authored_pairs_likest": round(max(authored, default=0.0), 3),
        "known_twin": {"ids": [calls[i].call_id, calls[j].call_id], "share": round(share, 3)},
    }


def twins(calls: list[Call], per_source: int) -> dict:
    """Share of the planted twins that is found at each threshold, by strength and, at every strength, by source."""
    rng = random.Random(0)
    by_source: dict[str, list[int]] = {}
    for i, call in enumerate(calls):
        by_source.setdefault(str(call.source), []).append(i)
    originals = [i for found in by_source.values() for i in rng.sample(found, min(per_source, len(found)))]
    vocabulary = [word for call in calls[:: max(1, len(calls) // 500)] for word in render(call).lower().split()]
    recall: dict[str, dict[str, float]] = {}
    sources: dict[str, dict[str, float]] = {}
    for strength, (share, keep) in STRENGTHS.items():
        planted = [twin(calls[i], share=share, keep=keep, vocabulary=vocabulary, rng=rng) for i in originals]
        likest = [0.0] * len(planted)
        for i, j, found in alike([*calls, *planted]):
            if i >= len(calls) and j == originals[i - len(calls)]:
                likest[i - len(calls)] = found
        recall[strength] = {str(t): round(sum(x >= t for x in likest) / len(likest), 3) for t in THRESHOLDS}
        hits: dict[str, list[bool]] = {}
        for i, x in zip(originals, likest, strict=True):
            hits.setdefault(str(calls[i].source), []).append(x >= 0.7)
        sources[strength] = {source: round(sum(found) / len(found), 2) for source, found in sorted(hits.items())}
    return {"planted": len(originals), "recall": recall, "recall_at_0.7_by_source": sources}


def twin(call: Call, *, share: float, keep: float, vocabulary: list[str], rng: random.Random) -> Call:
    """The same call by another hand: no fillers, other sentences, words dropped, misheard or replaced."""
    words = render(call).lower().split()
    words = words[: max(20, round(keep * len(words)))]
    said: list[str] = []
    for word in words:
        bare = word.strip(".,?!;:\"'")
        if bare in FILLERS or rng.random() < share / 2:
            continue
        if rng.random() < share / 2:
            bare = rng.choice(CONFUSIONS.get(bare.replace("'", ""), vocabulary))
        said.append(bare)
    sentences = [" ".join(said[i : i + 12]).capitalize() + "." for i in range(0, len(said), 12)]
    return Call(f"twin/{call.call_id}", tuple(Turn(text) for text in sentences), source="planted", label=call.label)


def markdown(report: dict) -> str:
    """Recall by strength, and what is dropped without a plant, at every threshold."""
    strengths = list(report["recall"])
    lines = [
        f"{report['planted']} twins a strength planted among {report['calls']} calls.",
        "",
        f"| threshold | {' | '.join(strengths)} | dropped unplanted | of these with another label |",
        f"|---:|{'---:|' * (len(strengths) + 2)}",
    ]
    for t in map(str, THRESHOLDS):
        found = " | ".join(f"{report['recall'][strength][t]:.1%}" for strength in strengths)
        n = sum(report["dropped"][t].values())
        lines.append(f"| {t} | {found} | {n} | {report['dropped_with_another_label'][t]} |")
    known = report["known_twin"]
    return "\n".join(
        [
            *lines,
            "",
            f"At 0.7 are dropped: {', '.join(f'{source} {n}' for source, n in report['dropped']['0.7'].items())}. "
            f"The likest call to any authored one: {report['authored_pairs_likest']}. "
            f"{known['ids'][0]} and {known['ids'][1]}, one call in two corpora: {known['share']}.",
        ]
    )


if __name__ == "__main__":
    main()
