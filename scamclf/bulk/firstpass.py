"""The first pass: count the rows of every input, and find ids that are missing or stand twice, before any is scored."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path

import numpy as np

from scamclf.bulk.ids import Numbers, id_spool, no_numbers, repeats
from scamclf.bulk.inputs import Source, file_of
from scamclf.bulk.rows import Row, numbered, read_rows
from scamclf.bulk.settings import Settings
from scamclf.errors import DataError, JobError, ReaderError

__all__ = ["FirstPass", "count_rows", "first_pass"]

_EXAMPLES = 3


@dataclass(slots=True)
class FirstPass:
    """What was found.

    Args:
        rows, errors: of each source, in order.
        numbers: rows whose id stood before.
        missing: rows without an id.
        examples: the first of those, as (source, row of it).
    """

    rows: list[int] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    numbers: Numbers = field(default_factory=no_numbers)
    missing: int = 0
    examples: list[tuple[int, int]] = field(default_factory=list)


def first_pass(
    sources: Sequence[Source],
    out: Path,
    spool: Path,
    settings: Settings,
    *,
    max_errors: int | None = None,
    progress: Callable[[int, int], None] = lambda rows, errors: None,
) -> FirstPass:
    """Read every row once.

    Args:
        sources: in order; their rows and errors are not looked at.
        out: output folder.
        spool: file to keep the digests of the ids in meanwhile.
        settings: how to read, and what to do with ids that stand twice.
        max_errors: most rows that may be no calls.
        progress: told the rows and errors so far.

    Raises:
        DataError: ids are missing or stand twice; files and rows are named.
        JobError: there are more errors than `max_errors`.
    """
    try:
        found = count_rows(sources, out, spool, settings, no_numbers(), max_errors, progress)
        if settings.on_duplicate == "refuse":
            _refuse_missing(found, sources)
            _refuse_repeats(found.numbers, found, sources, out, settings, "the same call_id")
        elif len(found.numbers):
            # `a#2` may be the id of a call of its own.
            again = count_rows(sources, out, spool, settings, found.numbers, None, progress)
            _refuse_repeats(again.numbers, found, sources, out, settings, "the same call_id, once numbered,")
        return found
    finally:
        spool.unlink(missing_ok=True)


def count_rows(
    sources: Sequence[Source],
    out: Path,
    spool: Path,
    settings: Settings,
    numbers: Numbers,
    max_errors: int | None,
    progress: Callable[[int, int], None],
) -> FirstPass:
    """Count rows, errors and ids, these numbered as `numbers` says."""
    found = FirstPass()
    place = errors = 0
    with id_spool(spool) as ids:
        for at, source in enumerate(sources):
            first, before = place, errors
            for place, row in enumerate(_rows(source, out, settings, first, numbers), first + 1):
                if row.call_id is not None:
                    ids.add(place - 1, row.call_id)
                if isinstance(row, ReaderError):
                    errors += 1
                    if max_errors is not None and errors > max_errors:
                        raise JobError(f"{errors:,} rows in error, at most {max_errors:,} wanted; the last: {row}")
                    if row.code == "no_call_id":
                        found.missing += 1
                        found.examples += [(at, place - first)] if found.missing <= _EXAMPLES else []
                if place % 1000 == 0:
                    progress(place, errors)
            found.rows.append(place - first)
            found.errors.append(errors - before)
    progress(place, errors)
    found.numbers = repeats(spool)
    return found


def _rows(source: Source, out: Path, settings: Settings, first: int, numbers: Numbers) -> Iterator[Row]:
    return numbered(read_rows(file_of(source.path, out), source.label, settings), first, numbers)


def _refuse_missing(found: FirstPass, sources: Sequence[Source]) -> None:
    if found.missing:
        rows = ", ".join(f"{sources[at].path} row {row}" for at, row in found.examples)
        raise DataError(
            f"{found.missing:,} rows without a call_id ({rows}); wanted one in each: --id-column names the column of "
            "CSV and Parquet, --on-duplicate suffix lets them be error rows"
        )


def _refuse_repeats(
    numbers: Numbers, found: FirstPass, sources: Sequence[Source], out: Path, settings: Settings, what: str
) -> None:
    if not len(numbers):
        return
    ends = list(accumulate(found.rows))

    def where(place: int) -> tuple[int, int]:
        at = int(np.searchsorted(ends, place, side="right"))
        return at, place - (ends[at] - found.rows[at])

    examples = []
    for number in numbers[:_EXAMPLES]:
        (a, first), (b, second) = where(int(number["first"])), where(int(number["row"]))
        row = next(islice(_rows(sources[b], out, settings, 0, no_numbers()), second, None))
        examples.append(f"{row.call_id!r} in {sources[a].path} row {first + 1} and {sources[b].path} row {second + 1}")
    raise DataError(
        f"{len(numbers):,} rows with {what} as another ({'; '.join(examples)}); wanted ids that stand once: "
        "--on-duplicate suffix numbers them. Files without ids of their own are named by their path from the INPUT: "
        "name the folder above them"
    )
