"""The whole preparation: read, fill, deduplicate, cap, split, write."""

import hashlib
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf import __version__
from scamclf.calls import LABELS, Call, call_from_dict, call_to_dict
from scamclf.config import DataConfig
from scamclf.corpora import SOURCES_PATH, find_source, load_sources, moves, pairs, read_rows
from scamclf.corpora.left_out import LeftOut
from scamclf.errors import ConfigError, DataError, ReaderError
from scamclf.preparation.alignment import plain_words
from scamclf.preparation.dedupe import find_duplicates
from scamclf.preparation.redaction import fill_redactions
from scamclf.preparation.split import SPLITS, Split, place_of, split_of
from scamclf.readers import read_calls
from scamclf.render import render
from scamclf.resources import resource

__all__ = ["CAPPED", "EXACT", "NEAR", "Prepared", "load_prepared", "prepare", "write_prepared"]

logger = logging.getLogger(__name__)

_ROLE_ORDER = {"report": 0, "calibrate": 1, "train": 2, "teach": 3}

_TURN = [("speaker", pa.string()), ("text", pa.string())] + [
    (name, pa.float64()) for name in ("start_s", "end_s", "confidence")
]
_SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in ("call_id", "source", "label", "family", "group", "language", "direction", "started_at")
    ]
    + [("turns", pa.list_(pa.struct(_TURN))), ("onset_turn", pa.int32()), ("whole", pa.bool_())]
)
_META = ("onset_turn", "whole")
_SUMMARY = "prepared.json"

EXACT, NEAR, CAPPED = "same words as another call", "near-duplicate of another call", "over a cap of the recipe"
"""Reasons why a call is in no split, beside those of the corpora's readers."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared data set.

    Args:
        splits: the calls of each split, all labelled.
        dropped: for the id of each call that was dropped as a duplicate the id of the one that was kept.
        not_kept: rows of each source that are in no split, by the reason why.
    """

    splits: dict[Split, list[Call]]
    dropped: dict[str, str]
    not_kept: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with any call, label or split."""
        return _fingerprint({split: map(call_to_dict, self.splits[split]) for split in SPLITS})

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Calls by source, split and label."""
        table: dict[str, dict[str, dict[str, int]]] = {}
        for split in SPLITS:
            for (source, label), n in sorted(Counter((c.source, c.label) for c in self.splits[split]).items()):
                table.setdefault(str(source), {}).setdefault(split, {})[str(label)] = n
        return table


def prepare(config: DataConfig) -> Prepared:
    """Read and prepare everything that a recipe names.

    Args:
        config: sources, pairs and own calls.

    Returns:
        The data set.

    Raises:
        ConfigError: the recipe is for release and names a source that does not allow it.
        DataError: a corpus is missing or not what it should be, a call of your own has no label, an id
            occurs twice, or nothing is left to train on.
        ReaderError: a file of your own is missing or of an unknown format.
    """
    found, not_kept = _read(config)
    # Of two calls alike the one for reporting stays: a training call must not repeat a test call.
    found.sort(key=lambda item: _ROLE_ORDER[item[1]])
    _check_ids(call for call, _ in found)
    duplicates = find_duplicates([call for call, _ in found], threshold=config.near_duplicate)
    splits: dict[Split, list[Call]] = {split: [] for split in SPLITS}
    in_group: Counter[str] = Counter()
    for i, (call, role) in enumerate(found):
        if i in duplicates:
            exact = plain_words(render(call)) == plain_words(render(found[duplicates[i]][0]))
            not_kept[str(call.source)][EXACT if exact else NEAR] += 1
            continue
        group = call.group or call.call_id
        in_group[group] += 1
        if config.max_calls_per_group and in_group[group] > config.max_calls_per_group:
            not_kept[str(call.source)][CAPPED] += 1
            continue
        split = split_of(call, role=role, shares=config.shares, hold_out=config.hold_out, seed=config.seed)
        splits[split].append(call)
    if config.max_train_calls_per_source:
        kept = _cap_sources(splits["train"], config.max_train_calls_per_source, seed=config.seed)
        kept_ids = {call.call_id for call in kept}
        for call in splits["train"]:
            not_kept[str(call.source)][CAPPED] += call.call_id not in kept_ids
        splits["train"] = kept
    for calls in splits.values():
        calls.sort(key=lambda call: call.call_id)
    _check_classes(splits["train"])
    dropped = {found[i][0].call_id: found[j][0].call_id for i, j in duplicates.items()}
    logger.info("prepared %d calls, dropped %d duplicates", sum(map(len, splits.values())), len(dropped))
    return Prepared(splits, dropped, {source: dict(+reasons) for source, reasons in not_kept.items()})


def write_prepared(prepared: Prepared, folder: Path) -> None:
    """Write `<split>.parquet`, which `datasets.load_dataset("parquet", ...)` reads, and `prepared.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {split: [call_to_dict(call) for call in prepared.splits[split]] for split in SPLITS}
    for split, calls in prepared.splits.items():
        table = [
            {**row, **{key: call.meta.get(key) for key in _META}} for row, call in zip(rows[split], calls, strict=True)
        ]
        pq.write_table(pa.Table.from_pylist(table, schema=_SCHEMA), _file(folder, split))
    summary = {
        "scamclf_version": __version__,
        "fingerprint": _fingerprint(rows),
        "counts": prepared.counts(),
        "dropped_duplicates": prepared.dropped,
        "not_kept": prepared.not_kept,
        "sha256": {split: _sha256(_file(folder, split)) for split in prepared.splits},
    }
    (folder / _SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def load_prepared(folder: Path) -> Prepared:
    """Read what `write_prepared` wrote.

    Raises:
        DataError: the folder is no prepared data set, or was changed since.
    """
    try:
        summary = json.loads((folder / _SUMMARY).read_text(encoding="utf-8"))
        splits: dict[Split, list[Call]] = {}
        for split in SPLITS:
            path = _file(folder, split)
            if summary.get("sha256", {}).get(split) not in (None, _sha256(path)):
                raise DataError(f"{path}: changed since it was written (sha256 differs): prepare the data again")
            rows = pq.read_table(path, schema=_SCHEMA).to_pylist()
            splits[split] = [_call(row) for row in rows]
    except (OSError, ValueError, pa.ArrowException, ReaderError) as error:
        raise DataError(f"{folder}: no prepared data set ({error}); make one with `scamclf data prepare`") from error
    return Prepared(splits, summary["dropped_duplicates"], summary.get("not_kept", {}))


def _fingerprint(rows: Mapping[Split, Iterable[dict[str, Any]]]) -> str:
    digest = hashlib.sha256()
    for split in SPLITS:
        for row in rows[split]:
            digest.update(json.dumps([split, row], sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _file(folder: Path, split: Split) -> Path:
    return folder / f"{split}.parquet"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _call(row: dict[str, object]) -> Call:
    meta = {key: value for key in _META if (value := row.pop(key)) is not None}
    return call_from_dict({**row, "meta": meta})


def _read(config: DataConfig) -> tuple[list[tuple[Call, str]], dict[str, Counter[str]]]:
    """All calls with their roles, redactions filled; and the rows of each source that were left out, by reason."""
    found: list[tuple[Call, str]] = []
    not_kept: dict[str, Counter[str]] = defaultdict(Counter)
    for row, role in _read_all(config):
        if isinstance(row, LeftOut):
            not_kept[row.source][row.reason] += row.rows
        else:
            whole = role == "train" and row.source in config.train_whole
            found.append((fill_redactions(_without_meta(row), seed=config.seed), "teach" if whole else role))
    return found, not_kept


def _read_all(config: DataConfig) -> Iterator[tuple[Call | LeftOut, str]]:
    known = load_sources(resource(SOURCES_PATH))
    sources = [find_source(name, known) for name in config.sources]
    if config.release and (closed := [source.name for source in sources if not source.weights_release]):
        raise ConfigError(
            f"data.release is true, but weights trained on {', '.join(closed)} may not be given away "
            "(`scamclf data sources`); wanted other data.sources, or data.release: false"
        )
    raw = Path(config.raw or "data/raw")
    for source in sources:
        empty = True
        for row in read_rows(source.name, raw):
            empty = False
            yield row, source.role if isinstance(row, LeftOut) else str(row.meta.get("role", source.role))
        if empty:
            raise DataError(f"{raw / source.name}: holds no row; wanted the corpus as its authors published it")
    if config.pairs:
        yield from ((call, "train") for call in pairs.read(resource("data/pairs")))
        # Pieces of calls are nothing to judge a model or set a threshold by.
        yield from ((call, "teach") for call in moves.read(resource("data/moves")))
        yield from ((call, "report") for call in _read_labelled(resource("data/authored_test.jsonl")))
    for path in config.labelled:
        yield from ((call, "train") for call in _read_labelled(Path(path)))


def _without_meta(call: Call) -> Call:
    """Keep what training uses, and what the Parquet files hold, of a corpus' own facts."""
    return replace(call, meta={key: call.meta[key] for key in _META if key in call.meta})


def _read_labelled(path: Path) -> Iterator[Call]:
    for row in read_calls(path):
        if isinstance(row, ReaderError):
            raise DataError(str(row)) from row
        if row.label is None:
            raise DataError(f"{path}: call {row.call_id!r} has no label; wanted one of {', '.join(LABELS)}")
        yield row if row.source else replace(row, source=path.stem)


def _cap_sources(calls: list[Call], most: int, *, seed: int) -> list[Call]:
    """Keep whole groups of each source, in an order by seed and group, as long as they fit."""
    groups: dict[tuple[str, float], list[Call]] = defaultdict(list)
    for call in calls:
        groups[str(call.source), place_of(call, seed=seed)].append(call)
    kept: list[Call] = []
    n: Counter[str] = Counter()
    for (source, _), group in sorted(groups.items()):
        if n[source] + len(group) <= most:
            n[source] += len(group)
            kept += group
    return kept


def _check_ids(calls: Iterable[Call]) -> None:
    twice = [call_id for call_id, n in Counter(call.call_id for call in calls).items() if n > 1]
    if twice:
        raise DataError(f"{len(twice)} call ids occur more than once, {twice[0]!r} first; each must be unique")


def _check_classes(train: list[Call]) -> None:
    labels = {call.label for call in train}
    if "legitimate" not in labels or len(labels) < 2:
        raise DataError(
            f"the training split has {len(train)} calls with the labels {sorted(map(str, labels)) or 'none'}; "
            "wanted legitimate calls and scams: add sources, or see data.shares and data.hold_out"
        )
