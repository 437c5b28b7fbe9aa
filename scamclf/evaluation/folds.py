"""Which sources are left out in turn, whether a model can be made without each, and the quick version of it all."""

import dataclasses
import random
from collections import Counter
from collections.abc import Mapping, Sequence

from scamclf.calls import LABELS, Call, Turn
from scamclf.config import Recipe
from scamclf.errors import ConfigError, DataError
from scamclf.evaluation.judge import TARGET_FPR
from scamclf.metrics import calls_needed
from scamclf.preparation.prepare import Prepared
from scamclf.preparation.split import SPLITS

__all__ = [
    "PROXY_OVERRIDES",
    "TARGET_FPR",
    "check_folds",
    "crop",
    "leave_out",
    "pick_folds",
    "proxy_folds",
    "proxy_prepared",
]

PROXY_OVERRIDES = ("training.epochs=2", "training.windows_per_epoch=1000")
"""What makes a fold of the proxy quick; the recipe's other keys, those that are being chosen, stay."""

_TOKENS_A_WORD = 1.5

Counts = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Calls by source, split and label (`Prepared.counts`)."""


def pick_folds(counts: Counts, wanted: Sequence[str] = ()) -> list[str]:
    """The training sources, or those of them that were asked for.

    Raises:
        ConfigError: a name is no training source of the recipe.
    """
    known = sorted(source for source, splits in counts.items() if "train" in splits)
    strange = [name for name in wanted if name not in known]
    if strange:
        raise ConfigError(f"--folds {','.join(strange)}: no training source of this recipe; it has {', '.join(known)}")
    return list(dict.fromkeys(wanted)) or known


def proxy_folds(counts: Counts) -> list[str]:
    """Three folds: of the sources with scams alone, with legitimate calls alone and with both the largest each.

    Where a recipe has no source of a kind, the next largest of any kind takes its place.
    """
    sizes = {source: sum(splits["train"].values()) for source, splits in counts.items() if "train" in splits}
    by_size = sorted(sizes, key=lambda source: (-sizes[source], source))
    kinds = {source: _has(counts[source]) for source in by_size}
    chosen = [
        next((s for s in by_size if kinds[s] == kind), None) for kind in ((True, False), (False, True), (True, True))
    ]
    folds = [source for source in chosen if source is not None]
    return sorted([*folds, *(source for source in by_size if source not in folds)][:3])


def _has(splits: Mapping[str, Mapping[str, int]]) -> tuple[bool, bool]:
    """Whether a source has scams, and whether it has legitimate calls."""
    labels = {label for found in splits.values() for label in found}
    return bool(labels - {LABELS[0]}), LABELS[0] in labels


def check_folds(recipe: Recipe, counts: Counts, folds: Sequence[str]) -> None:
    """Find out before hours are spent whether every fold can be trained, calibrated and judged.

    Raises:
        ConfigError: the recipe does not try an operating point at `TARGET_FPR`.
        DataError: what is left without a source is not enough.
    """
    if TARGET_FPR not in recipe.calibration.target_fprs:
        raise ConfigError(
            f"calibration.target_fprs is {list(recipe.calibration.target_fprs)}; wanted {TARGET_FPR:g} among them, "
            "where folds are judged"
        )
    lacking = {fold: reason for fold in folds if (reason := _lacks(recipe, counts, fold))}
    if lacking:
        able = [fold for fold in folds if fold not in lacking]
        raise DataError(
            "; ".join(f"without {fold} {reason}" for fold, reason in lacking.items())
            + ": add sources"
            + (f", or --folds {','.join(able)}" if able else "")
        )


def _lacks(recipe: Recipe, counts: Counts, fold: str) -> str | None:
    left: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for source, splits in counts.items():
        for split, labels in splits.items():
            # What is left out becomes test, whatever split it would be in.
            left["test" if source == fold else split].update(labels)
    missing = [label for label in LABELS if not left["train"][label]]
    if missing:
        return f"the train split has no call labelled {' or '.join(missing)}"
    for split in ("validation", "calibration", "test"):
        legitimate = left[split][LABELS[0]]
        if not legitimate or left[split].total() == legitimate:
            return f"the {split} split has {legitimate} legitimate calls and {left[split].total() - legitimate} scams"
    needed = calls_needed(TARGET_FPR)
    if left["calibration"][LABELS[0]] < needed and not recipe.calibration.demonstration:
        return (
            f"{left['calibration'][LABELS[0]]} legitimate calls are left to set the threshold on, and a rate of "
            f"{TARGET_FPR:g} needs {needed} (calibration.demonstration=true does with fewer, to try things)"
        )
    return None


def leave_out(prepared: Prepared, fold: str) -> Prepared:
    """Drop what a held-out source still gives away.

    Args:
        prepared: a data set whose test split has all calls of the source.
        fold: the source.

    Returns:
        The data set without those calls of other sources, test calls apart, that share a group with the source: a
        video, channel or campaign may stand in several corpora.
    """
    groups = {call.group for call in prepared.splits["test"] if call.source == fold and call.group}
    splits = {
        split: calls if split == "test" else [call for call in calls if call.group not in groups]
        for split, calls in prepared.splits.items()
    }
    return dataclasses.replace(prepared, splits=splits)


def proxy_prepared(prepared: Prepared, *, max_tokens: int, seed: int) -> Prepared:
    """Keep one crop, about a window long, of each call that is not trained on: the network then reads it once."""
    words = max(1, int(max_tokens / _TOKENS_A_WORD))
    splits = {
        split: calls if split == "train" else [crop(call, words, seed=seed) for call in calls]
        for split, calls in prepared.splits.items()
    }
    return dataclasses.replace(prepared, splits=splits)


def crop(call: Call, words: int, *, seed: int) -> Call:
    """Cut a piece out of a call, beginning with a turn that follows from seed and id.

    Args:
        call: as it is; one that is no longer than the piece stays whole.
        words: of the piece, at most.
        seed: another seed gives another piece.

    Returns:
        The piece; `meta["onset_turn"]` counts from its first turn, and is gone where that turn was cut off.
    """
    sizes = [len(turn.text.split()) for turn in call.turns]
    if sum(sizes) <= words:
        return call
    # Only where enough follows: a piece shorter than the others would be known by that.
    starts = [i for i in range(len(sizes)) if sum(sizes[i:]) >= words]
    first = random.Random(f"{seed}:{call.call_id}").choice(starts)
    turns: list[Turn] = []
    left = words
    for turn in call.turns[first:]:
        if left == 0:
            break
        text = " ".join(turn.text.split()[:left])
        left -= len(text.split())
        turns.append(dataclasses.replace(turn, text=text))
    meta = {key: value for key, value in call.meta.items() if key != "onset_turn"}
    onset = call.meta.get("onset_turn")
    if onset is not None and first <= onset < first + len(turns):
        meta["onset_turn"] = onset - first
    return dataclasses.replace(call, turns=tuple(turns), meta=meta)
