"""What a job would do, how long it would take and how much disk, from a probe of its first rows."""

import io
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scamclf.bulk.formats import part_writer
from scamclf.bulk.inputs import STDIN, Source, file_of, find_inputs
from scamclf.bulk.job import check_folder, plan_job, units_to_do
from scamclf.bulk.progress import Meter, Progress
from scamclf.bulk.rows import Row, read_rows
from scamclf.bulk.settings import Settings
from scamclf.calls import Call
from scamclf.errors import ConfigError, JobError
from scamclf.predict import Scorer
from scamclf.render import render

__all__ = ["Estimate", "estimate"]

PROBED_ROWS = 200
_PROBED_FILES = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job would do.

    Args:
        inputs, input_bytes: files to read.
        rows, errors: in them, counted.
        rows_to_do, files_to_do: not done yet.
        probed: rows that were scored to tell the time.
        rows_per_second: at which they were.
        seconds, disk_bytes: that the job would take, about.
        disk_free: bytes free where it would write.
    """

    inputs: int
    input_bytes: int
    rows: int
    errors: int
    rows_to_do: int
    files_to_do: int
    probed: int
    rows_per_second: float
    seconds: float
    disk_bytes: int
    disk_free: int


def estimate(
    scorer: Scorer,
    inputs: Sequence[str | Path],
    out: Path,
    *,
    bundle: Path,
    settings: Settings | None = None,
    max_errors: int | None = None,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Estimate:
    """Do all that `score_files` does before it scores, score 200 rows, and write nothing to `out`.

    Args:
        scorer, inputs, out, bundle, settings, max_errors, progress: as of `scamclf.bulk.score_files`.

    Raises:
        ScamclfError: as `score_files`, if it would refuse; or `inputs` holds `-`, which can be read only once.
    """
    settings = settings or Settings()
    if STDIN in inputs:
        raise ConfigError("standard input can be read only once; wanted files or folders to probe")
    check_folder(out)
    found = find_inputs([str(path) for path in inputs], out, format=settings.input_format)
    try:
        with tempfile.TemporaryDirectory() as folder:
            plan, _, _ = plan_job(
                scorer, found, out, bundle, settings,
                spool=Path(folder) / "ids", max_errors=max_errors, progress=Meter(progress).of("first pass", None),
            )  # fmt: skip
        todo, _ = units_to_do(plan, out)
        probed, seconds, row_bytes = _probe(scorer, plan.sources, out, settings)
    except OSError as error:
        raise JobError(f"{error.filename or out}: {error.strerror or error}") from error
    rows = sum(unit.rows for unit in todo)
    return Estimate(
        inputs=len(plan.sources),
        input_bytes=sum(source.size for source in plan.sources),
        rows=sum(source.rows for source in plan.sources),
        errors=sum(source.errors for source in plan.sources),
        rows_to_do=rows,
        files_to_do=len(todo),
        probed=probed,
        rows_per_second=probed / seconds,
        seconds=rows * seconds / max(probed, 1),
        disk_bytes=round(rows * row_bytes),
        disk_free=shutil.disk_usage(next(path for path in (out, *out.absolute().parents) if path.exists())).free,
    )


def _probe(scorer: Scorer, sources: Sequence[Source], out: Path, settings: Settings) -> tuple[int, float, float]:
    """Rows that were scored, seconds that it took, and bytes that a row takes."""
    step = max(1, len(sources) // _PROBED_FILES)
    chosen = sources[::step][:_PROBED_FILES]
    begin = time.perf_counter()
    rows: list[Row] = []
    for left, source in zip(range(len(chosen), 0, -1), chosen, strict=True):
        share = -(-(PROBED_ROWS - len(rows)) // left)
        rows += itertools.islice(read_rows(file_of(source.path, out), source.label, settings), share)
    predictions = list(scorer.score_rows(rows))
    file = io.BytesIO()
    with part_writer(file, settings.output_format, include_text=settings.include_text) as write:
        write(predictions, [render(row) if isinstance(row, Call) else None for row in rows])
        size = file.tell()
    return len(rows), time.perf_counter() - begin, max(size, len(file.getvalue())) / max(len(rows), 1)
