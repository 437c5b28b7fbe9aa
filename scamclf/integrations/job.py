"""What both engines do alike: say what is to be done, open the bundle on a worker, score Arrow batches there."""

import hashlib
import json
import os
import tempfile
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from scamclf import __version__
from scamclf.bundle import LAYOUT, read_manifest, verify_bundle
from scamclf.errors import BundleError, ConfigError, JobError
from scamclf.predict import PREDICTION_SCHEMA, Scorer, load
from scamclf.readers.parquet_columns import choose_names

__all__ = ["Job", "describe", "input_columns", "open_scorer", "output_schema", "pack", "refuse_another", "score"]


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same on every worker.

    Args:
        bundle: folder of the bundle on the driver.
        digest: sha256 of its `SHA256SUMS`, so of everything in it.
        id_column, text_column: columns that stand for `call_id` and `text`.
        keep: columns of the input that the output begins with.
        precision, runtime, operating_point, gate: as of `scamclf.predict.load`.
        version: of the driver's scamclf; another one might score otherwise.
    """

    bundle: str
    digest: str
    id_column: str = "call_id"
    text_column: str = "text"
    keep: tuple[str, ...] = ()
    precision: str = "fp32"
    runtime: str = "auto"
    operating_point: str | None = None
    gate: bool = False
    version: str = __version__

    def fingerprint(self) -> str:
        """JSON of everything that scores depend on: what a resumed job must have in common with the one before."""
        same = {name: value for name, value in asdict(self).items() if name not in ("bundle", "runtime")}
        return json.dumps(same, indent=2) + "\n"


def describe(bundle: str | Path, *, keep: Sequence[str] = (), **options: Any) -> Job:
    """Check a bundle and say what to do with it.

    Args:
        bundle: folder made by `scamclf export`.
        keep, **options: the fields of `Job` that are not the bundle's.

    Raises:
        BundleError: a file is missing, changed or of an unknown version.
        ConfigError: the bundle has no such precision, or a column cannot be kept.
    """
    folder = Path(bundle).absolute()
    verify_bundle(folder)
    job = Job(str(folder), _digest(folder), keep=tuple(dict.fromkeys(keep)), **options)
    precisions = read_manifest(folder).precisions
    if job.precision not in precisions:
        raise ConfigError(f"precision is {job.precision!r}; {folder} has {', '.join(precisions)}")
    if twice := set(job.keep) & set(PREDICTION_SCHEMA.names):
        raise ConfigError(f"keep has {', '.join(sorted(twice))}, which the scores have too: rename it before")
    return job


def input_columns(job: Job, schema: pa.Schema) -> list[str]:
    """Columns that a job reads.

    Raises:
        ReaderError: one is missing, or of a type that a call's cannot be.
        ConfigError: one that is to be kept is missing.
    """
    if missing := [name for name in job.keep if name not in schema.names]:
        raise ConfigError(f"keep has {', '.join(missing)}; the columns are {', '.join(schema.names)[:500]}")
    return list(dict.fromkeys([*choose_names(schema, job.id_column, job.text_column).values(), *job.keep]))


def output_schema(job: Job, schema: pa.Schema) -> pa.Schema:
    """Columns of the output: those that are kept, then those of a prediction."""
    return pa.schema([*(schema.field(name) for name in job.keep), *PREDICTION_SCHEMA])


def pack(bundle: str | Path, digest: str) -> Path:
    """The bundle as one file, named by what is in it, in a new folder that is the caller's to remove."""
    archive = Path(tempfile.mkdtemp(prefix="scamclf-")) / f"scamclf-{digest[:16]}.zip"
    # Not compressed: weights hardly are smaller then.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for path in sorted(Path(bundle).rglob("*")):
            file.write(path, path.relative_to(bundle))
    return archive


def open_scorer(job: Job, folder: str | Path, *, threads: int) -> Scorer:
    """Load a bundle on a worker.

    Args:
        job: what the driver said.
        folder: where the bundle lies here.
        threads: of one batch, and of the tokenizer.

    Raises:
        JobError: the worker has another scamclf than the driver.
        BundleError: the bundle is not the driver's.
        ScamclfError: as `scamclf.predict.load`.
    """
    if job.version != __version__:
        raise JobError(f"this worker has scamclf {__version__}, the driver {job.version}: install the same on both")
    # The process is the engine's, for this work alone: the tokenizer would take every core of the machine.
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    scorer = load(
        folder,
        precision=job.precision, runtime=job.runtime, operating_point=job.operating_point, gate=job.gate,
        threads=threads,
    )  # fmt: skip
    if (found := _digest(Path(folder))) != job.digest:
        raise BundleError(f"{folder}: another bundle ({found[:16]}) than the driver's {job.bundle} ({job.digest[:16]})")
    return scorer


def score(job: Job, scorer: Scorer, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Score Arrow batches: a batch of `output_schema` for each, row for row."""
    held: deque[pa.RecordBatch] = deque()

    def noted() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            held.append(batch.select(list(job.keep)))
            yield batch

    for scores in scorer.score_batches(noted(), id_column=job.id_column, text_column=job.text_column):
        kept = held.popleft()
        yield pa.RecordBatch.from_arrays([*kept.columns, *scores.columns], names=[*job.keep, *PREDICTION_SCHEMA.names])


def refuse_another(job: Job, found: str, where: str) -> None:
    """Refuse to go on with what another job began.

    Raises:
        JobError: `found` is the fingerprint of another job.
    """
    if found != job.fingerprint():
        there, here = json.loads(found), json.loads(job.fingerprint())
        other = [
            f"{name} was {there.get(name)!r}, now {here[name]!r}" for name in here if there.get(name) != here[name]
        ]
        raise JobError(f"{where} holds scores of another job ({'; '.join(other)}): take a new place")


def _digest(bundle: Path) -> str:
    return hashlib.sha256((bundle / LAYOUT.checksums).read_bytes()).hexdigest()
