"""The folder that Spark scores into: whole files, hidden until all are there."""

from functools import reduce
from typing import TYPE_CHECKING, Any

from scamclf.errors import ConfigError, JobError
from scamclf.integrations.job import Job, refuse_another

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Output"]


class Output:
    """A folder of Parquet on any file system of Spark.

    Args:
        spark: the session.
        out: the folder.
    """

    def __init__(self, spark: "SparkSession", out: str) -> None:
        self.out = out
        self.parts = f"{out}/_scamclf/parts"
        self._job = f"{out}/_scamclf/job.json"
        self._success = f"{out}/_SUCCESS"
        self._spark = spark
        self._files: Any = self._path(out).getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())

    def begin(self, job: Job, *, resume: bool) -> None:
        """Make the folder this job's; from now on it is not whole.

        Raises:
            ConfigError: it holds scores and is not to be resumed, or something else.
            JobError: it holds scores of another job.
        """
        begun = self._files.exists(self._path(self._job))
        if begun and not resume:
            raise ConfigError(f"{self.out} holds scores; wanted a new folder, or resume=True to score what is missing")
        if begun:
            refuse_another(job, self._spark.read.text(self._job, wholetext=True).first()[0], self.out)
        elif names := self._visible(self.out):
            raise ConfigError(f"{self.out} holds {names[0]}, and no scores of `write`; wanted a new or an empty folder")
        else:
            self._create(f"{self._job}.tmp", job.fingerprint())
            self._rename(f"{self._job}.tmp", self._job)
        self._files.delete(self._path(self._success), False)

    def ids(self) -> "DataFrame | None":
        """The ids of everything that is scored, in a column `done`; None where nothing is."""
        folders = [folder for folder in (self.out, self.parts) if self._visible(folder)]
        found = [self._spark.read.parquet(folder).selectExpr("call_id AS done") for folder in folders]
        return reduce(lambda a, b: a.union(b), found) if found else None

    def append(self, scored: "DataFrame") -> None:
        """Write rows; each task's file is kept from when the task is done."""
        # Version 2 of Hadoop's protocol moves a file when its task commits, version 1 when the whole job does; and what
        # a dead job of version 1 left behind, the next one would take for its own.
        version = "mapreduce.fileoutputcommitter.algorithm.version"
        scored.write.mode("append").option(version, "2").parquet(self.parts)

    def publish(self) -> None:
        """Move what is written to where readers look, and say that it is whole."""
        for name in self._visible(self.parts):
            self._rename(f"{self.parts}/{name}", f"{self.out}/{name}")
        self._files.delete(self._path(self.parts), True)
        self._create(self._success, "")

    def _visible(self, folder: str) -> list[str]:
        """Names of what readers would see in a folder."""
        path = self._path(folder)
        found = self._files.listStatus(path) if self._files.exists(path) else []
        return [name for status in found if not (name := status.getPath().getName()).startswith(("_", "."))]

    def _create(self, name: str, text: str) -> None:
        stream = self._files.create(self._path(name), True)
        stream.write(text.encode())
        stream.close()

    def _rename(self, old: str, new: str) -> None:
        if not self._files.rename(self._path(old), self._path(new)):
            raise JobError(f"{old}: cannot be moved to {new}; put it right and run it again with resume=True")

    def _path(self, name: str) -> Any:
        return self._spark.sparkContext._jvm.org.apache.hadoop.fs.Path(name)
