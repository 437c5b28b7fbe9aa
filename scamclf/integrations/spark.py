"""Scoring on Spark.

from scamclf.integrations.spark import score, write

score(spark.read.parquet("calls"), "bundle").where("alert").show()
write(spark.read.parquet("calls"), "bundle", "scores", resume=True)
"""

import atexit
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from scamclf.calls import MAX_NAME_CHARS
from scamclf.errors import ConfigError, DataError, MissingExtraError, shown
from scamclf.integrations.job import Job, describe, input_columns, open_scorer, output_schema, pack
from scamclf.integrations.job import score as score_batches
from scamclf.integrations.spark_output import Output
from scamclf.predict import Scorer

if TYPE_CHECKING:
    from pyspark.resource import ResourceProfile
    from pyspark.sql import Column, DataFrame

__all__ = ["score", "write"]

_TASKS_PER_CORE = 8


def score(
    df: "DataFrame",
    bundle: str | Path,
    *,
    id_column: str = "call_id",
    text_column: str = "text",
    keep: Sequence[str] = (),
    partitions: int | None = None,
    ship: bool = True,
    precision: str = "fp32",
    runtime: str = "auto",
    operating_point: str | None = None,
    gate: bool = False,
    profile: "ResourceProfile | None" = None,
) -> "DataFrame":
    """Score the calls of a data frame, lazily. A task takes as many threads as `spark.task.cpus` says.

    Args:
        df: columns as `scamclf.predict.Scorer.score_batches` takes them.
        bundle: folder made by `scamclf export`.
        id_column, text_column: columns that stand for `call_id` and `text`.
        keep: columns that the output begins with.
        partitions: that the calls are cut into, by their ids, at least 1; None for eight a core that Spark has now.
            About a thousand calls each is good: a task that dies is done again, and the last must not run alone.
        ship: send the bundle to the executors; False where it lies under the same path on each.
        precision, runtime, operating_point, gate: as of `scamclf.predict.load`.
        profile: resources of a task, such as a GPU (with `runtime="torch"`), where not set for the whole application.

    Returns:
        Columns `keep` and those of `scamclf.predict.PREDICTION_SCHEMA`, a row for each row, in no order.

    Raises:
        ConfigError: an option is out of range.
        BundleError: the bundle is damaged.
        ReaderError: a column is missing, or of a type that a call's cannot be.
        MissingExtraError: Spark is not installed.
    """
    job = describe(
        bundle, id_column=id_column, text_column=text_column, keep=keep,
        precision=precision, runtime=runtime, operating_point=operating_point, gate=gate,
    )  # fmt: skip
    return _scored(df, job, partitions=partitions, ship=ship, profile=profile)


def write(
    df: "DataFrame",
    bundle: str | Path,
    out: str | Path,
    *,
    resume: bool = False,
    rows_per_task: int = 2048,
    ship: bool = True,
    profile: "ResourceProfile | None" = None,
    **options: Any,
) -> None:
    """Score into a folder of Parquet, which holds no row twice whatever dies, and all rows once `_SUCCESS` is there.

    What tasks finish is kept in `_scamclf/parts` and moved to `out` when all is done.

    Args:
        df: as of `score`, with ids that are there and unique.
        bundle: folder made by `scamclf export`.
        out: folder on any file system of Spark, to be written by one program at a time.
        resume: whether `out` may hold scores: those of this job by a run that died, or of fewer calls. Only
            calls whose id is missing there are scored.
        rows_per_task: calls that are scored and written together, at least 1: what a crash loses.
        ship, profile, **options: as of `score`, all but `partitions`.

    Raises:
        ConfigError: an option is out of range, or `out` holds something and is not to be resumed.
        DataError: ids are missing or stand twice.
        JobError: `out` holds the scores of another job.
        ScamclfError: as `score`.
    """
    if rows_per_task < 1:
        raise ConfigError(f"rows per task is {rows_per_task}; wanted at least 1")
    job = describe(bundle, **options)
    _check_ids(df, job.id_column)
    output = Output(df.sparkSession, str(out))
    output.begin(job, resume=resume)
    done = output.ids()
    missing = (
        df if done is None else df.join(done, _column(df, job.id_column).cast("string") == done["done"], "left_anti")
    )
    if rows := missing.count():
        scored = _scored(missing, job, partitions=math.ceil(rows / rows_per_task), ship=ship, profile=profile)
        output.append(scored)
    output.publish()


def _scored(
    df: "DataFrame", job: Job, *, partitions: int | None, ship: bool, profile: "ResourceProfile | None"
) -> "DataFrame":
    if find_spec("pyspark") is None:
        raise MissingExtraError("pyspark", extra="spark", needed_for="scoring on Spark")
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    if partitions is not None and partitions < 1:
        raise ConfigError(f"partitions is {partitions}; wanted at least 1")
    schema = to_arrow_schema(df.schema)
    columns = [_column(df, name) for name in input_columns(job, schema)]
    context = df.sparkSession.sparkContext
    archive = _packed(job.bundle, job.digest) if ship else None
    if archive is not None:
        context.addArchive(str(archive))
    # By their ids, so that a task that is done again finds the same calls.
    return (
        df.repartition(partitions or _TASKS_PER_CORE * context.defaultParallelism, _column(df, job.id_column))
        .select(*columns)
        .mapInArrow(
            partial(_score, job, archive.name if archive else None),
            from_arrow_schema(output_schema(job, schema)),
            profile=profile,
        )
    )


def _check_ids(df: "DataFrame", column: str) -> None:
    """Refuse ids by which nobody could tell what is missing.

    Raises:
        DataError: one is missing or stands twice.
    """
    from pyspark.sql import functions

    ids = (
        df.select(_column(df, column).cast("string").alias("id")).groupBy("id").agg(functions.count("*").alias("rows"))
    )
    unusable = ids["id"].isNull() | ids["id"].rlike(r"(?U)^\s*$") | (functions.length("id") > MAX_NAME_CHARS)
    wrong = ids.where(unusable | (ids["rows"] > 1)).limit(3).collect()
    if wrong:
        found = ", ".join(f"{shown(row['id'])} in {row['rows']:,} rows" for row in wrong)
        message = f"wanted one of 1 to {MAX_NAME_CHARS:,} characters in each row, none twice"
        raise DataError(f"column {column}: {found}; {message}, or `score`, which takes any")


def _column(df: "DataFrame", name: str) -> "Column":
    """A column by its name, though there is a dot in it."""
    return df[f"`{name.replace('`', '``')}`"]


@cache
def _packed(bundle: str, digest: str) -> Path:
    """The bundle as one file: for as long as this process lives, executors may come for it."""
    archive = pack(bundle, digest)
    atexit.register(shutil.rmtree, archive.parent, ignore_errors=True)
    return archive


def _score(job: Job, archive: str | None, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Score a partition; runs in a Python worker of Spark."""
    from pyspark import SparkFiles, TaskContext

    task = TaskContext.get()
    if "gpu" in task.resources():
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(task.resources()["gpu"].addresses)
    folder = job.bundle if archive is None else SparkFiles.get(archive)
    yield from score_batches(job, _scorer(job, folder, task.cpus()), batches)


@lru_cache(maxsize=1)
def _scorer(job: Job, folder: str, threads: int) -> Scorer:
    """A worker scores many partitions: it loads the bundle once."""
    return open_scorer(job, folder, threads=threads)
