"""The whole preparation: read, fill, deduplicate, cap, split, write."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from scamclf import __version__
from scamclf.calls import LABELS, Call, call_from_dict, call_to_dict
from scamclf.config import DataConfig
from scamclf.corpora import SOURCES_PATH, load_sources, pairs, read_corpus
from scamclf.errors import DataError, ReaderError
from scamclf.preparation.dedupe import find_duplicates
from scamclf.preparation.redaction import fill_redactions
from scamclf.preparation.split import SPLITS, Split, split_of
from scamclf.readers import read_calls
from scamclf.resources import resource

__all__ = ["Prepared", "load_prepared", "prepare", "write_prepared"]

logger = logging.getLogger(__name__)

_ROLE_ORDER = {"report": 0, "calibrate": 1, "train": 2}

_TURN = [("speaker", pa.string()), ("text", pa.string())] + [
    (name, pa.float64()) for name in ("start_s", "end_s", "confidence")
]
_SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in ("call_id", "source", "label", "family", "group", "language", "direction", "started_at")
    ]
    + [("turns", pa.list_(pa.struct(_TURN))), ("onset_turn", pa.int32())]
)
_SUMMARY = "prepared.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared data set.

    Args:
        splits: the calls of each split, all labelled.
        dropped: for the id of each call that was dropped as a duplicate the id of the one that was kept.
    """

    splits: dict[Split, list[Call]]
    dropped: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with any call, label or split."""
        digest = hashlib.sha256()
        for split in SPLITS:
            for call in self.splits[split]:
                digest.update(json.dumps([split, call_to_dict(call)], sort_keys=True).encode())
        return digest.hexdigest()[:16]

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
        DataError: a corpus is missing or not what it should be, a call of your own has no label, an id
            occurs twice, or nothing is left to train on.
        ReaderError: a file of your own is missing or of an unknown format.
    """
    found = [(fill_redactions(_without_meta(call), seed=config.seed), role) for call, role in _read_all(config)]
    # Of two calls alike the one for reporting stays: a training call must not repeat a test call.
    found.sort(key=lambda item: _ROLE_ORDER[item[1]])
    _check_ids(call for call, _ in found)
    duplicates = find_duplicates([call for call, _ in found], threshold=config.near_duplicate)
    splits: dict[Split, list[Call]] = {split: [] for split in SPLITS}
    in_group: Counter[str] = Counter()
    for i, (call, role) in enumerate(found):
        group = call.group or call.call_id
        in_group[group] += i not in duplicates
        if i in duplicates or (config.max_calls_per_group and in_group[group] > config.max_calls_per_group):
            continue
        split = split_of(call, role=role, shares=config.shares, hold_out=config.hold_out, seed=config.seed)
        splits[split].append(call)
    for calls in splits.values():
        calls.sort(key=lambda call: call.call_id)
    _check_classes(splits["train"])
    dropped = {found[i][0].call_id: found[j][0].call_id for i, j in duplicates.items()}
    logger.info("prepared %d calls, dropped %d duplicates", sum(map(len, splits.values())), len(dropped))
    return Prepared(splits, dropped)


def write_prepared(prepared: Prepared, folder: Path) -> None:
    """Write `<split>.parquet`, which `datasets.load_dataset("parquet", ...)` reads, and `prepared.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, calls in prepared.splits.items():
        rows = [{**call_to_dict(call), "onset_turn": call.meta.get("onset_turn")} for call in calls]
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), _file(folder, split))
    summary = {
        "scamclf_version": __version__,
        "fingerprint": prepared.fingerprint,
        "counts": prepared.counts(),
        "dropped_duplicates": prepared.dropped,
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
    return Prepared(splits, summary["dropped_duplicates"])


def _file(folder: Path, split: Split) -> Path:
    return folder / f"{split}.parquet"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _call(row: dict[str, object]) -> Call:
    onset = row.pop("onset_turn")
    return call_from_dict({**row, "meta": {} if onset is None else {"onset_turn": onset}})


def _read_all(config: DataConfig) -> Iterator[tuple[Call, str]]:
    sources = load_sources(resource(SOURCES_PATH))
    for name in config.sources:
        for call in read_corpus(name, Path(config.raw or "data/raw")):
            yield call, str(call.meta.get("role", sources[name].role))
    if config.pairs:
        yield from ((call, "train") for call in pairs.read(resource("data/pairs")))
    for path in config.labelled:
        yield from ((call, "train") for call in _read_labelled(Path(path)))


def _without_meta(call: Call) -> Call:
    """Keep what training uses, and what the Parquet files hold, of a corpus' own facts."""
    onset = call.meta.get("onset_turn")
    return replace(call, meta={} if onset is None else {"onset_turn": onset})


def _read_labelled(path: Path) -> Iterator[Call]:
    for row in read_calls(path):
        if isinstance(row, ReaderError):
            raise DataError(str(row)) from row
        if row.label is None:
            raise DataError(f"{path}: call {row.call_id!r} has no label; wanted one of {', '.join(LABELS)}")
        yield row if row.source else replace(row, source=path.stem)


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
