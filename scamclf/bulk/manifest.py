"""The record of finished units: a line each, on the disk after the unit is."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scamclf import __version__
from scamclf.bulk.durable import append_line, durable_file, fsync_folder
from scamclf.bulk.inputs import JOB_FOLDER
from scamclf.errors import JobError

__all__ = [
    "SUCCESS", "Counts", "Entry", "append_entry", "manifest_path", "read_manifest", "read_success", "success", "total",
    "unmark", "write_success",
]  # fmt: skip

SUCCESS = "_SUCCESS"


@dataclass(slots=True)
class Counts:
    """What stands in output rows.

    Args:
        rows: how many.
        errors: error rows by code.
        alerts: calls that reach an operating point, by name; those of technical support are `tech_support/NAME`.
        not_english: calls scored though their words do not look like English.
        gated: calls that a gate decided, where one was asked for: they are none of the alerts.
    """

    rows: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    not_english: int = 0
    gated: int = 0

    def add(self, other: "Counts") -> None:
        """Add those of other rows."""
        self.rows += other.rows
        self.errors.update(other.errors)
        self.alerts.update(other.alerts)
        self.not_english += other.not_english
        self.gated += other.gated


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished unit.

    Args:
        name: of its file.
        size, sha256: of its bytes.
        counts: what stands in it.
    """

    name: str
    size: int
    sha256: str
    counts: Counts


def manifest_path(out: Path) -> Path:
    """Where the manifest of a job is."""
    return out / JOB_FOLDER / "manifest.jsonl"


def append_entry(out: Path, entry: Entry) -> None:
    """Record a finished unit."""
    counts = {name: getattr(entry.counts, name) for name in Counts.__slots__}
    line = {"name": entry.name, "size": entry.size, "sha256": entry.sha256, "counts": counts}
    append_line(manifest_path(out), json.dumps(line))


def read_manifest(out: Path) -> dict[str, Entry]:
    """Every finished unit by name; a last line that a crash cut short is none.

    Raises:
        JobError: it is damaged.
    """
    path = manifest_path(out)
    entries: dict[str, Entry] = {}
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    entry = _entry(line, path)
                    entries[entry.name] = entry
    return entries


def total(entries: Iterable[Entry]) -> Counts:
    """Sum over units."""
    counts = Counts()
    for entry in entries:
        counts.add(entry.counts)
    return counts


def success(entries: Iterable[Entry]) -> dict[str, Any]:
    """What `_SUCCESS` says of finished units."""
    found = sorted(entries, key=lambda entry: entry.name)
    digest = hashlib.sha256("".join(f"{entry.sha256}  {entry.name}\n" for entry in found).encode()).hexdigest()
    counts = total(found)
    return {
        "scamclf": __version__,
        "files": len(found),
        "rows": counts.rows,
        "errors": counts.errors.total(),
        "sha256": digest,
    }


def write_success(out: Path, entries: Iterable[Entry]) -> None:
    """Say that the output is whole."""
    with durable_file(out / SUCCESS) as file:
        file.write(f"{json.dumps(success(entries))}\n".encode())


def read_success(out: Path) -> dict[str, Any] | None:
    """What `_SUCCESS` says; None where it is not there, empty where it cannot be read."""
    try:
        found = json.loads((out / SUCCESS).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def unmark(out: Path) -> None:
    """Take `_SUCCESS` away before the output changes."""
    if (out / SUCCESS).exists():
        (out / SUCCESS).unlink()
        fsync_folder(out)


def _entry(line: str, path: Path) -> Entry:
    try:
        raw = json.loads(line)
        counts = raw["counts"]
        counts = Counts(**{**counts, "errors": Counter(counts["errors"]), "alerts": Counter(counts["alerts"])})
        return Entry(raw["name"], raw["size"], raw["sha256"], counts)
    except (ValueError, KeyError, TypeError) as error:
        raise JobError(f"{path}: damaged ({type(error).__name__}: {error}); wanted what scamclf wrote") from error
