"""Telling whether what lies here is the corpus: held against pinned checksums, or against those of its fetch."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scamclf.corpora import SOURCES_PATH, Source, SourceTree, find_source, load_sources
from scamclf.corpora.download import sha256_of
from scamclf.corpora.tables import need, read_json
from scamclf.resources import resource

__all__ = ["STATES", "Verified", "listing_sha256", "read_record", "tree_digests", "verify", "write_record"]

STATES = ("missing", "part", "whole", "unchecked", "wrong")
"""What can be said of a corpus: not here; right but not all of it; all of it and right; here, but nothing is known to
hold it against; not what it should be."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` found.

    Args:
        name: of the corpus.
        state: one of `STATES`.
        details: a sentence for each file, or for the tree, that is missing, wrong, or only a part.
    """

    name: str
    state: str
    details: tuple[str, ...] = ()


def verify(name: str, raw: Path, *, sources: Mapping[str, Source] | None = None) -> Verified:
    """Hold what lies in `raw/name` against the pinned checksums, and where there are none, against those of its fetch.

    Raises:
        DataError: there is no such corpus.
    """
    source = find_source(name, load_sources(resource(SOURCES_PATH)) if sources is None else sources)
    states, details = _verify_tree(source, raw) if source.tree else _verify_files(source, raw)
    if "missing" in states and states != {"missing"}:
        states.add("part")
    state = next(state for state in ("wrong", "unchecked", "part", "missing", "whole") if state in states)
    return Verified(name=name, state=state, details=tuple(details))


def _verify_files(source: Source, raw: Path) -> tuple[set[str], list[str]]:
    recorded = read_record(source, raw)
    states: set[str] = set()
    details: list[str] = []
    for file in source.files:
        path = raw / source.name / file.path
        wanted = file.sha256 or recorded.get(file.path)
        found = sha256_of(path) if path.exists() else None
        if found is None:
            state, detail = "missing", f"{path}: missing"
        elif found == wanted:
            state, detail = "whole", ""
        elif found == file.part_sha256:
            state, detail = "part", f"{path}: the part that the project was developed with"
        elif wanted is None:
            state, detail = "unchecked", f"{path}: no checksum is known"
        else:
            state, detail = "wrong", f"{path}: found sha256 {found}, wanted {wanted}"
        states.add(state)
        details += [detail] if detail else []
    return states, details


def _verify_tree(source: Source, raw: Path) -> tuple[set[str], list[str]]:
    tree, folder = source.tree, raw / source.name
    if tree is None:
        return set(), []
    found, recorded = tree_digests(folder, tree), read_record(source, raw)
    listing = listing_sha256(found)
    if not found:
        return {"missing"}, [f"{folder}: missing"]
    if listing == tree.sha256:
        return ({"whole"}, []) if tree.complete else ({"part"}, [f"{folder}: the part that the project knows"])
    if recorded:
        wrong = [
            f"{folder / path}: found sha256 {digest}, wanted {recorded.get(path, 'no such file')}"
            for path, digest in found.items()
            if recorded.get(path) != digest
        ]
        missing = [f"{folder / path}: missing" for path in recorded if path not in found]
        return ({"wrong"} if wrong else {"part"} if missing else {"whole"}), wrong + missing
    if tree.sha256 is None or not tree.complete:
        return {"unchecked"}, [f"{folder}: {len(found)} files, of which no checksum is known"]
    if tree.n_files is not None and len(found) < tree.n_files:
        return {"part"}, [f"{folder}: {len(found)} of {tree.n_files} files; a part cannot be checked"]
    return {"wrong"}, [f"{folder}: {len(found)} files whose listing has sha256 {listing}, wanted {tree.sha256}"]


def tree_digests(folder: Path, tree: SourceTree) -> dict[str, str]:
    """Checksums of the files of a tree that are in `folder`, by path, sorted."""
    paths = {path for pattern in tree.include for path in folder.glob(pattern) if path.is_file()}
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(paths)}


def listing_sha256(digests: Mapping[str, str]) -> str:
    """Checksum of a tree's checksums, as `SourceTree.sha256` has it."""
    text = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def _record_path(source: Source, raw: Path) -> Path:
    # Beside the folder, not in it: some corpora are read by `*.json`.
    return raw / f"{source.name}.fetched.json"


def write_record(source: Source, raw: Path, digests: Mapping[str, str]) -> None:
    """Write the checksums of what was fetched to `raw/<name>.fetched.json`."""
    record = {"repository": source.repository, "commit": source.commit, "files": dict(sorted(digests.items()))}
    _record_path(source, raw).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def read_record(source: Source, raw: Path) -> dict[str, str]:
    """Read the checksums of what was fetched; none where it was another commit, or never."""
    path = _record_path(source, raw)
    if not path.exists():
        return {}
    record = read_json(path)
    if need(record, "commit", object, str(path)) != source.commit or record.get("repository") != source.repository:
        return {}
    return need(record, "files", dict, str(path))
