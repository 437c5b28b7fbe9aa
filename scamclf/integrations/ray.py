"""Scoring on Ray Data.

import ray
from scamclf.integrations.ray import score

score(ray.data.read_parquet("calls"), "bundle", checkpoint="scores-state").write_parquet("scores")
"""

import io
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.fs

from scamclf.bulk.ids import id_spool, repeats
from scamclf.calls import MAX_NAME_CHARS
from scamclf.errors import ConfigError, DataError, MissingExtraError
from scamclf.integrations.job import (
    Job,
    describe,
    input_columns,
    open_scorer,
    output_schema,
    pack,
    refuse_another,
)
from scamclf.integrations.job import score as score_batches

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.data import ActorPoolStrategy, Dataset
    from ray.data.checkpoint import CheckpointConfig

__all__ = ["ScamScorer", "score"]


def score(
    ds: "Dataset",
    bundle: str | Path,
    *,
    id_column: str = "call_id",
    text_column: str = "text",
    keep: Sequence[str] = (),
    checkpoint: str | None = None,
    rows_per_task: int = 2048,
    ship: bool = True,
    precision: str = "fp32",
    runtime: str = "auto",
    operating_point: str | None = None,
    gate: bool = False,
    compute: "ActorPoolStrategy | None" = None,
    num_cpus: float = 1,
    **options: Any,
) -> "Dataset":
    """Score the calls of a dataset, lazily, with a pool of actors that load the bundle once each.

    Args:
        ds: columns as `scamclf.predict.Scorer.score_batches` takes them.
        bundle: folder made by `scamclf export`.
        id_column, text_column: columns that stand for `call_id` and `text`.
        keep: columns that the output begins with.
        checkpoint: folder or URI that every node reaches, without a trailing slash. What was written by `write_parquet`
            and the like is noted there; the same program run again scores what is missing. `ds` must begin with a
            `read_...`; its ids must be unique texts, and are read once now to see that they are.
        rows_per_task: calls that are scored and written together, at least 1: what a crash loses.
        ship: send the bundle to the nodes through the object store; False where it lies under the same path on each.
        precision, runtime, operating_point, gate: as of `scamclf.predict.load`.
        compute: the pool; None takes one of as many actors as the cluster has CPUs (and GPUs) for now.
        num_cpus: CPUs, and threads, of an actor.
        **options: others of `ray.data.Dataset.map_batches`, such as `num_gpus` (with `runtime="torch"`).

    Returns:
        Columns `keep` and those of `scamclf.predict.PREDICTION_SCHEMA`, a row for each row; the order may be another.

    Raises:
        ConfigError: an option is out of range, or the cluster has too few CPUs.
        DataError: ids are missing or stand twice, where a checkpoint needs them.
        JobError: the checkpoint is of another job.
        BundleError: the bundle is damaged.
        ReaderError: a column is missing; said later where the columns are not known yet.
        MissingExtraError: Ray is not installed.
    """
    if find_spec("ray") is None:
        raise MissingExtraError("ray", extra="ray", needed_for="scoring on Ray Data")
    import ray
    from ray.data import Dataset

    if rows_per_task < 1:
        raise ConfigError(f"rows per task is {rows_per_task}; wanted at least 1")
    # The id stays in the output under its own name: Ray compares it with that of the input.
    kept = [*keep, id_column] if checkpoint and id_column != "call_id" else keep
    job = describe(
        bundle, id_column=id_column, text_column=text_column, keep=kept,
        precision=precision, runtime=runtime, operating_point=operating_point, gate=gate,
    )  # fmt: skip
    pool = _pool(compute, num_cpus, options.get("num_gpus") or 0, spare=2 if checkpoint else 1)
    schema = ds.schema(fetch_if_missing=False)
    if schema is not None and isinstance(schema.base_schema, pa.Schema):
        ds = ds.select_columns(input_columns(job, schema.base_schema))
    if checkpoint:
        # Its context is its own: other pipelines on the same source are none of this one's.
        ds = Dataset.copy(ds, _deep_copy=True)
        _check_ids(ds, id_column)
        ds.context.checkpoint_config = _checkpoint(job, checkpoint)
    data = ray.put(_packed(job)) if ship else None
    return ds.repartition(target_num_rows_per_block=rows_per_task).map_batches(
        ScamScorer,
        fn_constructor_kwargs={"job": job, "shipped": [data]},
        batch_size=rows_per_task,
        batch_format="pyarrow",
        compute=pool,
        num_cpus=num_cpus,
        udf_modifying_row_count=False,
        **options,
    )


class ScamScorer:
    """Scores batches in an actor of Ray, with as many threads as the actor has CPUs.

    Args:
        job: what to do.
        shipped: a reference to the packed bundle; or None, where it lies at the path of the job.
    """

    def __init__(self, job: Job, shipped: "list[ObjectRef[bytes] | None]") -> None:
        import ray

        self._job = job
        threads = max(1, int(ray.get_runtime_context().get_assigned_resources().get("CPU", 1)))
        if shipped[0] is None:
            self._scorer = open_scorer(job, job.bundle, threads=threads)
            return
        # Read into memory by loading: nothing stays on the disk of the node.
        with tempfile.TemporaryDirectory(prefix="scamclf-") as folder:
            with zipfile.ZipFile(io.BytesIO(ray.get(shipped[0]))) as archive:
                archive.extractall(folder)
            self._scorer = open_scorer(job, folder, threads=threads)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Score a batch."""
        scored = score_batches(self._job, self._scorer, table.combine_chunks().to_batches())
        return pa.Table.from_batches(scored, schema=output_schema(self._job, table.schema))


def _pool(compute: "ActorPoolStrategy | None", cpus: float, gpus: float, *, spare: int) -> "ActorPoolStrategy":
    """The pool that was asked for, or one of as many actors as there is room for.

    Args:
        compute: what was asked for.
        cpus, gpus: of an actor.
        spare: CPUs beside the actors': one reads and writes, one takes out what a checkpoint has.

    Raises:
        ConfigError: the cluster has too few, and Ray would wait for more for ever.
    """
    import ray
    from ray.data import ActorPoolStrategy

    if cpus <= 0:
        raise ConfigError(f"num_cpus is {cpus:g}; wanted more than 0")
    found = ray.cluster_resources()
    there = {"CPU": found.get("CPU", 0.0) - spare, "GPU": found.get("GPU", 0.0)}
    each = {"CPU": cpus, "GPU": gpus} if gpus else {"CPU": cpus}
    room = int(min(there[kind] / number for kind, number in each.items()))
    compute = compute or ActorPoolStrategy(size=max(1, room))
    if compute.min_size > room:
        has = ", ".join(f"{found.get(kind, 0):g} {kind}s" for kind in each)
        wanted = " and ".join(f"{compute.min_size} x {number:g} {kind}s" for kind, number in each.items())
        raise ConfigError(
            f"the cluster has {has}; wanted {wanted} to score, and {spare} CPUs to read, write and check. One that "
            "grows by itself: compute=ActorPoolStrategy(min_size=1, max_size=9)"
        )
    return compute


def _packed(job: Job) -> bytes:
    archive = pack(job.bundle, job.digest)
    try:
        return archive.read_bytes()
    finally:
        shutil.rmtree(archive.parent)


def _check_ids(ds: "Dataset", column: str) -> None:
    """Refuse ids by which Ray could not tell what is missing: it would drop the second of two, and fail on none.

    Raises:
        ConfigError: the column holds no texts.
        DataError: an id is missing or stands twice.
    """
    rows = unusable = 0
    with tempfile.TemporaryDirectory(prefix="scamclf-") as folder:
        with id_spool(Path(folder) / "ids") as spool:
            for batch in ds.select_columns([column]).iter_batches(batch_size=None, batch_format="pyarrow"):
                kind = batch.schema.field(column).type
                if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
                    raise ConfigError(f"column {column} is {kind}; a checkpoint needs ids of text: cast it before")
                for raw in batch[column].cast(pa.large_binary()).to_pylist():
                    rows += 1
                    call_id = "" if raw is None else raw.decode("utf-8", "replace")
                    if not call_id.strip() or len(call_id) > MAX_NAME_CHARS:
                        unusable += 1
                    else:
                        spool.add(rows, call_id)
        twice = len(repeats(Path(folder) / "ids"))
    if unusable or twice:
        message = f"{unusable:,} of {rows:,} rows have no id of 1 to {MAX_NAME_CHARS:,} characters, {twice:,}"
        raise DataError(f"column {column}: {message} that of another; a checkpoint tells rows by their ids")


def _checkpoint(job: Job, place: str) -> "CheckpointConfig":
    """Ray's checkpoint, in a folder that says of which job it is.

    Raises:
        JobError: it is of another one.
    """
    from ray.data.checkpoint import CheckpointConfig

    place = place if "://" in place else str(Path(place).absolute())
    files, folder = pyarrow.fs.FileSystem.from_uri(place)
    name = f"{folder}/job.json"
    if files.get_file_info(name).type == pyarrow.fs.FileType.NotFound:
        files.create_dir(folder)
        with files.open_output_stream(f"{name}.tmp") as file:
            file.write(job.fingerprint().encode())
        files.move(f"{name}.tmp", name)
    with files.open_input_stream(name) as file:
        refuse_another(job, file.read().decode(), place)
    # Kept when all is written: the same program run again must not write everything once more.
    return CheckpointConfig(job.id_column, f"{place}/ids", delete_checkpoint_on_success=False)
