"""Is the output of a job whole? Told from its files alone, each read again."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from scamclf.bulk.formats import part_rows
from scamclf.bulk.ids import IdSpool, id_spool, repeats
from scamclf.bulk.inputs import JOB_FOLDER, fingerprint
from scamclf.bulk.manifest import SUCCESS, Entry, read_manifest, read_success, success
from scamclf.bulk.plan import read_plan, units
from scamclf.errors import JobError

__all__ = ["Verification", "verify_job"]

_UNREADABLE = (OSError, ValueError, KeyError, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in an output folder.

    Args:
        rows, files: that are there.
        ids: rows that have an id.
        problems: what is wrong, in words; empty where all is well.
    """

    rows: int
    files: int
    ids: int
    problems: tuple[str, ...]


def verify_job(out: Path) -> Verification:
    """Read all output again: planned, recorded and found rows agree, bytes are as written, no id stands twice.

    Args:
        out: folder that `score_files` wrote into. Ids need 24 bytes a row in the temporary folder meanwhile.

    Raises:
        JobError: there is no job, or its record is damaged.
    """
    plan = read_plan(out)
    if plan is None:
        raise JobError(f"{out}: no {JOB_FOLDER}/job.jsonl; wanted the --out of a `scamclf score`")
    wanted = {unit.name: unit.rows for unit in units(plan)}
    entries = read_manifest(out)
    problems: list[str] = []
    rows = files = 0
    with tempfile.TemporaryDirectory() as folder:
        with id_spool(Path(folder) / "ids") as ids:
            for name, planned in wanted.items():
                found, problem = _check_file(out / name, planned, entries.get(name), ids, rows)
                rows, files = rows + (found or 0), files + (found is not None)
                problems += [problem] if problem else []
        twice = repeats(Path(folder) / "ids")
        count = ids.count
    if len(twice):
        problems.append(f"{len(twice):,} rows have the call_id of another")
    problems += [f"{name}: not of this job" for name in _others(out, set(wanted))]
    problems += _check_success(out, [entries[name] for name in wanted if name in entries])
    return Verification(rows, files, count, tuple(problems))


def _check_file(
    path: Path, planned: int, entry: Entry | None, ids: IdSpool, first: int
) -> tuple[int | None, str | None]:
    """Rows of a file, None where it cannot be read, and what is wrong with it."""
    if not path.exists():
        return None, f"{path.name}: missing"
    try:
        digest = fingerprint(path)[1]
        rows = errors = 0
        for rows, row in enumerate(part_rows(path, ["call_id", "status"]), 1):
            errors += row["status"] == "error"
            if row["call_id"] is not None:
                ids.add(first + rows, row["call_id"])
    except _UNREADABLE as error:
        return None, f"{path.name}: cannot be read ({error})"
    if entry is None:
        return rows, f"{path.name}: not recorded as finished"
    if digest != entry.sha256:
        return rows, f"{path.name}: changed since it was written (sha256 differs)"
    if not rows == planned == entry.counts.rows or errors != entry.counts.errors.total():
        return rows, f"{path.name}: {rows:,} rows, {errors:,} in error; {planned:,} planned, {entry.counts} recorded"
    return rows, None


def _check_success(out: Path, entries: list[Entry]) -> Iterator[str]:
    found = read_success(out)
    if found is None:
        yield f"no {SUCCESS}: the job has not ended; the command that began it resumes it"
        return
    for key, value in success(entries).items():
        if key != "scamclf" and found.get(key) != value:
            yield f"{SUCCESS}: {key} is {found.get(key)!r}; the manifest says {value!r}"


def _others(out: Path, wanted: set[str]) -> list[str]:
    names = (path.name for path in out.iterdir())
    return sorted(name for name in names if name not in wanted | {SUCCESS, JOB_FOLDER} and not name.startswith("."))
