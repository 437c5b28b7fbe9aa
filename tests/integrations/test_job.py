"""What engines have in common, without one."""

import dataclasses
import shutil
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines import assert_same, in_order

from scamclf.bundle import verify_bundle, write_checksums
from scamclf.errors import BundleError, ConfigError, JobError
from scamclf.integrations.job import describe, input_columns, open_scorer, output_schema, pack, refuse_another, score
from scamclf.predict import PREDICTION_SCHEMA

BATCH = pa.RecordBatch.from_pylist(
    [{"id": "a", "day": 1, "text": "hello there", "other": 1.5}, {"id": None, "day": 2, "text": "hello", "other": 2.5}]
)


def test_kept_columns_stand_before_the_scores_of_their_rows(tiny_bundle, scorer):
    job = describe(tiny_bundle, id_column="id", keep=["day", "day"])

    first, empty, last = score(job, scorer, [BATCH, BATCH.slice(0, 0), BATCH.slice(1)])

    assert first.schema == empty.schema == last.schema == output_schema(job, BATCH.schema)
    assert first.schema.names == ["day", *PREDICTION_SCHEMA.names]
    assert [(row["day"], row["call_id"], row["status"]) for row in first.to_pylist()] == [
        (1, "a", "ok"), (2, None, "error"),
    ]  # fmt: skip
    assert (empty.num_rows, last["day"].to_pylist(), last["error_code"].to_pylist()) == (0, [2], ["no_call_id"])


def test_rows_of_batches_are_those_of_files_bad_ones_too(tiny_bundle, scorer, calls_folder, expected):
    batches = (batch for path in calls_folder.iterdir() for batch in pq.ParquetFile(path).iter_batches(50))

    found = [row for scores in score(describe(tiny_bundle), scorer, batches) for row in scores.to_pylist()]

    assert_same(in_order(found), expected)
    assert {row["error_code"] for row in found} == {
        None, "no_call_id", "no_text", "bad_time", "bad_number", "bad_label", "text_too_long", "bad_encoding",
    }  # fmt: skip


def test_only_the_columns_of_a_call_and_those_to_keep_are_read(tiny_bundle):
    job = describe(tiny_bundle, id_column="id", keep=["day"])

    assert input_columns(job, BATCH.schema) == ["id", "text", "day"]


def test_a_packed_bundle_unpacks_whole(tiny_bundle, tmp_path):
    job = describe(tiny_bundle)
    archive = pack(tiny_bundle, job.digest)
    zipfile.ZipFile(archive).extractall(tmp_path / "bundle")
    shutil.rmtree(archive.parent)

    verify_bundle(tmp_path / "bundle")
    assert job.digest.startswith(archive.stem.removeprefix("scamclf-"))
    assert open_scorer(job, tmp_path / "bundle", threads=1).score([]) == []


def test_a_worker_refuses_another_bundle_and_another_version(tiny_bundle, tmp_path):
    job = describe(tiny_bundle)
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    (bundle / "README.md").write_text("another")

    with pytest.raises(BundleError, match=r"README.md: changed since it was written"):
        open_scorer(job, bundle, threads=1)
    write_checksums(bundle)
    with pytest.raises(BundleError, match=r"another bundle \(\w{16}\) than the driver's"):
        open_scorer(job, bundle, threads=1)
    with pytest.raises(JobError, match=r"this worker has scamclf \S+, the driver 0.0.1: install the same"):
        open_scorer(dataclasses.replace(job, version="0.0.1"), tiny_bundle, threads=1)


def test_a_job_goes_on_with_its_own_only_but_on_any_runtime(tiny_bundle):
    job = describe(tiny_bundle)

    refuse_another(dataclasses.replace(job, runtime="openvino"), job.fingerprint(), "there")
    with pytest.raises(JobError, match=r"there holds scores of another job \(keep was \[\], now \['day'\]\)"):
        refuse_another(describe(tiny_bundle, keep=["day"]), job.fingerprint(), "there")


def test_a_column_that_the_scores_have_cannot_be_kept(tiny_bundle):
    with pytest.raises(ConfigError, match="keep has label, which the scores have too: rename it before"):
        describe(tiny_bundle, keep=["label"])
