"""A job: one folder of scores that any number of crashes, reruns and added inputs leave with every row exactly once."""

import contextlib
import copy
import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scamclf import __version__
from scamclf.bulk.durable import durable_file, failpoint, fsync_folder, locked, without_torn_line
from scamclf.bulk.firstpass import first_pass
from scamclf.bulk.ids import Numbers
from scamclf.bulk.inputs import JOB_FOLDER, STDIN, Found, Source, file_of, find_inputs, fingerprint, spool_stdin
from scamclf.bulk.manifest import (
    SUCCESS,
    Counts,
    Entry,
    append_entry,
    manifest_path,
    read_manifest,
    total,
    unmark,
    write_success,
)
from scamclf.bulk.plan import Plan, Unit, check_same, read_plan, units, write_plan
from scamclf.bulk.progress import Meter, Progress
from scamclf.bulk.score import Stages, score_units
from scamclf.bulk.settings import Settings
from scamclf.bulk.summary import Summary, top_calls, write_summary
from scamclf.bundle import LAYOUT
from scamclf.errors import BundleError, ConfigError, JobError
from scamclf.predict import Scorer

__all__ = ["check_folder", "plan_job", "score_files", "units_to_do"]


def score_files(
    scorer: Scorer,
    inputs: Sequence[str | Path],
    out: Path,
    *,
    bundle: Path,
    settings: Settings | None = None,
    max_errors: int | None = None,
    top: int = 0,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Summary:
    """Score every call of any number of files; the same call again goes on where the last one was killed.

    Args:
        scorer: what was loaded from `bundle`.
        inputs: files, folders, patterns, and `-` for standard input.
        out: folder to write into: output files, `_SUCCESS` once they are whole, `_scamclf/` with the job's state.
        bundle: folder of the bundle.
        settings: how to read and write; None for the defaults.
        max_errors: most rows that may be no calls, 0 or more; None for any number.
        top: most suspicious calls to return in the summary.
        progress: told now and then how far the job is.

    Returns:
        The summary of the whole output, earlier runs included.

    Raises:
        ConfigError: `out` holds something else, or a job with another bundle, settings or input.
        ReaderError: there is nothing to read.
        DataError: ids are missing or stand twice.
        JobError: another process writes there; there are too many errors; an input changes meanwhile; or the disk is
            full or fails. The same command resumes.
    """
    settings = settings or Settings()
    state = out / JOB_FOLDER
    try:
        check_folder(out)
        found = find_inputs([str(path) for path in inputs], out, format=settings.input_format)
        state.mkdir(parents=True, exist_ok=True)
        fsync_folder(out)
        with locked(state / "lock"), _stdin_spooled(found, out):
            _clear(out)
            meter = Meter(progress)
            plan, numbers, new = plan_job(
                scorer, found, out, bundle, settings,
                spool=state / "ids.tmp", max_errors=max_errors, progress=meter.of("first pass", None),
            )  # fmt: skip
            if new:
                _write(out, plan, numbers)
            return _finished(scorer, plan, numbers, out, settings, top, meter)
    except OSError as error:
        name = error.filename or out
        raise JobError(f"{name}: {error.strerror or error}; put it right, then the same command resumes") from error


def check_folder(out: Path) -> None:
    """Refuse to write where something else is.

    Raises:
        ConfigError: `out` is a file, or a folder with files of another kind.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file; wanted a folder to write the scores into")
    if out.is_dir() and not (out / JOB_FOLDER).is_dir():
        other = next((path.name for path in out.iterdir() if not path.name.startswith(".")), None)
        if other is not None:
            raise ConfigError(f"{out} holds {other}, and no job of scamclf; wanted a new or an empty folder")


def plan_job(
    scorer: Scorer,
    found: Sequence[Found],
    out: Path,
    bundle: Path,
    settings: Settings,
    *,
    spool: Path,
    max_errors: int | None,
    progress: Callable[[int, int], None],
) -> tuple[Plan, Numbers, bool]:
    """The plan that stands in `out`, or a new one where there are new inputs. Writes nothing but `spool`.

    Returns:
        The plan, the rows whose id stood before, and whether the plan is new.

    Raises:
        ScamclfError: as `score_files`.
    """
    prints = {file.path: fingerprint(file_of(file.path, out)) for file in found}
    config = _config(scorer, bundle, settings)
    old = read_plan(out)
    sources = list(old.sources) if old else []
    if old:
        check_same(out, old, config, prints)
    known = {source.path for source in sources}
    generation = max((source.generation for source in sources), default=-1) + 1
    added = [
        Source(file.path, file.label, *prints[file.path], rows=0, errors=0, generation=generation)
        for file in found
        if file.path not in known
    ]
    if old and not added:
        errors = sum(source.errors for source in sources)
        if max_errors is not None and errors > max_errors:
            raise JobError(f"{out}: {errors:,} rows in error, at most {max_errors:,} wanted; see the columns of errors")
        return old, _load_numbers(out), False
    first = first_pass([*sources, *added], out, spool, settings, max_errors=max_errors, progress=progress)
    counted = [
        dataclasses.replace(source, rows=rows, errors=errors)
        for source, rows, errors in zip([*sources, *added], first.rows, first.errors, strict=True)
    ]
    if counted[: len(sources)] != sources:
        raise JobError(f"{out}: inputs were read otherwise than before; they change while they are read")
    return Plan(config, tuple(counted)), first.numbers, True


def _config(scorer: Scorer, bundle: Path, settings: Settings) -> dict[str, Any]:
    """Everything but the inputs that scores depend on."""
    try:
        digest = hashlib.sha256((bundle / LAYOUT.checksums).read_bytes()).hexdigest()
    except OSError as error:
        raise BundleError(f"{bundle}: no {LAYOUT.checksums} to read; wanted a bundle of `scamclf export`") from error
    return {
        "scamclf": __version__,
        "bundle": digest,
        "precision": scorer.precision,
        "operating_point": scorer.operating_point,
        "gate": scorer.pass_below is not None,
        **dataclasses.asdict(settings),
    }


def units_to_do(plan: Plan, out: Path) -> tuple[list[Unit], list[Entry]]:
    """Units to score, and the entries of those that are done and whose files are there."""
    entries = read_manifest(out)
    todo, done = [], []
    for unit in units(plan):
        entry = entries.get(unit.name)
        if entry is not None and _size(out / unit.name) == entry.size:
            done.append(entry)
        else:
            todo.append(unit)
    return todo, done


def _write(out: Path, plan: Plan, numbers: Numbers) -> None:
    """Bring a new plan to the disk; from now on the output is not whole.

    What was added stands behind what was there: the numbers and units of that are as they were, so that a crash between
    the two files does no harm.
    """
    with durable_file(_numbers_path(out)) as file:
        np.save(file, numbers, allow_pickle=False)
    unmark(out)
    write_plan(out, plan)


def _finished(
    scorer: Scorer, plan: Plan, numbers: Numbers, out: Path, settings: Settings, top: int, meter: Meter
) -> Summary:
    """Score what is to do, and say that the output is whole."""
    without_torn_line(manifest_path(out))
    todo, done = units_to_do(plan, out)
    stages, begin, before = Stages(), time.perf_counter(), copy.copy(scorer.padding)
    counts = total(done)
    if todo:
        unmark(out)
        tick = meter.of("score", sum(source.rows for source in plan.sources), counts.rows)

        def count(found: Counts) -> None:
            counts.add(found)
            tick(counts.rows, counts.errors.total())

        scored = score_units(scorer, todo, out, settings, numbers, stages, progress=count)
        with contextlib.closing(scored):
            for entry in scored:
                append_entry(out, entry)
                done.append(entry)
    summary = Summary(
        out, len(done), total(done), scorer.operating_point, rows_now=sum(unit.rows for unit in todo),
        seconds=time.perf_counter() - begin, stages=stages, padding=scorer.padding.since(before),
        runtime=f"{scorer.runtime.name} ({scorer.why})",
    )  # fmt: skip
    if not (out / SUCCESS).exists():
        write_summary(summary)
        failpoint("before_success")
        write_success(out, done)
    if top:
        summary.top = top_calls(scorer, plan, out, settings, numbers, top)
    return summary


@contextlib.contextmanager
def _stdin_spooled(found: Sequence[Found], out: Path) -> Iterator[None]:
    """Keep standard input as a file while the job runs: it is text of calls, which has no place in an output folder."""
    path = file_of(STDIN, out)
    try:
        if any(file.path == STDIN for file in found):
            spool_stdin(path)
        yield
    finally:
        path.unlink(missing_ok=True)


def _clear(out: Path) -> None:
    """Remove what a killed job left half written."""
    for folder in (out, out / JOB_FOLDER):
        for path in folder.glob(".*.tmp"):
            path.unlink()
    (out / JOB_FOLDER / "ids.tmp").unlink(missing_ok=True)


def _numbers_path(out: Path) -> Path:
    return out / JOB_FOLDER / "numbers.npy"


def _load_numbers(out: Path) -> Numbers:
    numbers: Numbers = np.load(_numbers_path(out), allow_pickle=False)
    return numbers


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
