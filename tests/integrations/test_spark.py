"""On Spark: executors, Python workers and drivers are processes, and die."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines import PATIENCE_S, assert_same, kill_one, rows_of, running, wait_until

from scamclf.errors import BundleError, ConfigError, DataError, JobError, ReaderError


def java_version() -> int:
    """The version of Java, 0 where there is none."""
    java = shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


pytestmark = [
    pytest.mark.skipif(find_spec("pyspark") is None, reason="Spark is not installed: pip install 'scamclf[spark]'"),
    pytest.mark.skipif(
        java_version() < 17, reason="Spark 4 needs Java 17 or later: apt install openjdk-17-jre-headless"
    ),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

# Spark's Python workers are those of the system otherwise.
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
# Where executors log: not in the installed package.
os.environ["SPARK_WORKER_DIR"] = tempfile.mkdtemp(prefix="spark-")


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local-cluster[1,2,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.executor.memory", "512m")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.task.maxFailures", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def small(spark, tmp_path):
    """A data frame of three calls under other names, with a column of the user's own."""
    table = pa.table({"nr": [7, 8, 9], "words": ["hello there"] * 3, "call_id": ["x"] * 3, "day": ["mon"] * 3})
    pq.write_table(table, tmp_path / "small.parquet")
    return spark.read.parquet(str(tmp_path / "small.parquet"))


def test_spark_gives_the_rows_of_a_single_machine(spark, calls_folder, tiny_bundle, expected, tmp_path):
    from scamclf.integrations.spark import score

    df = score(spark.read.parquet(str(calls_folder)), tiny_bundle, partitions=3)
    df.write.parquet(str(tmp_path / "out"))

    assert_same(rows_of(tmp_path / "out"), expected)


def test_columns_are_named_and_kept_and_a_task_has_its_own_threads(small, tiny_bundle):
    from scamclf.integrations.spark import score

    df = score(small, tiny_bundle, id_column="nr", text_column="words", keep=["day"], partitions=2, ship=False)

    rows = sorted(df.collect(), key=lambda row: row["call_id"])
    assert df.columns[:3] == ["day", "call_id", "status"]
    assert [(row["day"], row["call_id"], row["status"], row["n_tokens"]) for row in rows] == [
        ("mon", nr, "ok", 2) for nr in "789"
    ]


def test_scoring_is_lazy_and_cuts_what_is_too_large(spark, small, tiny_bundle):
    from scamclf.integrations.spark import score

    spark.sparkContext.setJobGroup("lazy", "lazy")
    df = score(small.coalesce(1), tiny_bundle, id_column="nr", text_column="words")

    assert spark.sparkContext.statusTracker().getJobIdsForGroup("lazy") == []
    assert df.rdd.getNumPartitions() == 8 * spark.sparkContext.defaultParallelism


def test_a_bundle_that_changed_on_its_way_is_refused_by_the_worker(small, tiny_bundle, tmp_path):
    from pyspark.errors import PythonException

    from scamclf.bundle import write_checksums
    from scamclf.integrations.spark import score

    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    df = score(small, bundle, id_column="nr", text_column="words", ship=False, partitions=1)
    (bundle / "README.md").write_text("another")
    write_checksums(bundle)

    with pytest.raises(PythonException, match=r"BundleError: .*another bundle \(\w+\) than the driver's"):
        df.collect()


def test_what_is_wrong_is_said_before_anything_runs(small, tiny_bundle, tmp_path):
    from scamclf.integrations.spark import score, write

    with pytest.raises(ReaderError, match=r"wanted call_id and one of turns, text"):
        score(small, tiny_bundle)
    with pytest.raises(ConfigError, match="keep has nothing; the columns are nr, words, call_id, day"):
        score(small, tiny_bundle, id_column="nr", text_column="words", keep=["nothing"])
    with pytest.raises(ConfigError, match="keep has call_id, which the scores have too"):
        score(small, tiny_bundle, id_column="nr", text_column="words", keep=["call_id"])
    with pytest.raises(ConfigError, match="partitions is 0"):
        score(small, tiny_bundle, id_column="nr", text_column="words", partitions=0)
    with pytest.raises(ConfigError, match="precision is 'int4'"):
        score(small, tiny_bundle, id_column="nr", text_column="words", precision="int4")
    with pytest.raises(BundleError, match="no such folder"):
        score(small, tmp_path / "nothing")
    with pytest.raises(DataError, match=r"column call_id: 'x' in 3 rows; wanted one of 1 to 1,000 characters in each"):
        write(small, tiny_bundle, str(tmp_path / "out"), text_column="words")


def test_a_folder_is_resumed_only_when_asked_and_only_by_the_same_job(small, tiny_bundle, tmp_path):
    from scamclf.integrations.spark import write

    out, options = tmp_path / "out", {"id_column": "nr", "text_column": "words"}
    write(small.where("nr < 9"), tiny_bundle, str(out), **options)
    (first,) = out.glob("*.parquet")
    before = first.read_bytes()

    with pytest.raises(ConfigError, match="resume=True to score what is missing"):
        write(small, tiny_bundle, str(out), **options)
    with pytest.raises(JobError, match=r"scores of another job \(operating_point was None, now 'fpr_0.1pct'\)"):
        write(small, tiny_bundle, str(out), resume=True, operating_point="fpr_0.1pct", **options)
    assert (out / "_SUCCESS").exists()
    write(small, tiny_bundle, str(out), resume=True, **options)

    assert [row["call_id"] for row in rows_of(out)] == ["7", "8", "9"]
    assert first.read_bytes() == before
    assert (out / "_SUCCESS").exists()


def test_a_folder_with_something_else_in_it_is_refused(small, tiny_bundle, tmp_path):
    from scamclf.integrations.spark import write

    (tmp_path / "other.txt").write_text("mine")

    with pytest.raises(ConfigError, match=r"holds (other.txt|small.parquet), and no scores of `write`"):
        write(small, tiny_bundle, str(tmp_path), resume=True, id_column="nr", text_column="words")


def test_whoever_dies_every_row_is_there_once(many_calls, tiny_bundle, many_expected, tmp_path):
    out = tmp_path / "out"

    def parts() -> int:
        return len(list((out / "_scamclf/parts").glob("*.parquet")))

    with running("spark_program.py", many_calls, tiny_bundle, out) as program:
        wait_until(parts, program)
        kill_one(program.pid, "pyspark.daemon")
        before = parts()
        wait_until(lambda: parts() > before, program)
        kill_one(program.pid, "SparkSubmit")
        program.kill()
    kept = parts()
    assert before < kept < 60
    assert rows_of(out) == []
    assert not (out / "_SUCCESS").exists()

    with running("spark_program.py", many_calls, tiny_bundle, out) as program:
        wait_until(lambda: parts() > kept, program)
        kill_one(program.pid, "CoarseGrainedExecutorBackend")
        assert program.wait(PATIENCE_S) == 0

    assert_same(rows_of(out), many_expected)
    assert (out / "_SUCCESS").exists()
    assert not (out / "_scamclf/parts").exists()
