"""Promises 1, 2 and 7: killed or out of disk anywhere, a job that is run again ends with every row once."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest
from jobs import ids_of, in_child, parts, rows_of, write_calls

from scamclf.bulk import verify_job
from scamclf.bulk.durable import FAILPOINTS
from scamclf.errors import JobError

IDS = sorted(str(i) for i in range(40))


@pytest.fixture
def folder(tmp_path):
    """Forty rows in three files."""
    write_calls(tmp_path / "calls/a.jsonl", range(5))
    write_calls(tmp_path / "calls/b/b.jsonl", range(5, 33))
    write_calls(tmp_path / "calls/c.jsonl", range(33, 40))
    return tmp_path / "calls"


def assert_only_whole_files_are_seen(out):
    """What stands under a name that readers look at can be read, and `_SUCCESS` stands only by whole output."""
    seen = rows_of(out)
    assert len({row["call_id"] for row in seen}) == len(seen)
    if (out / "_SUCCESS").exists():
        assert verify_job(out).problems == ()


# The files of this job, in order: numbers.npy, job.jsonl, four or more parts, summary.json, _SUCCESS.
@pytest.mark.parametrize("nth", [1, 2, 3, 5])
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_at_a_failpoint_and_run_again_every_row_is_there_once(score, folder, tmp_path, failpoint, point, nth):
    out = tmp_path / "out"
    failpoint(f"{point}:{1 if point == 'before_success' else nth}")

    status = in_child(lambda: score(folder, out, unit_rows=8))

    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert_only_whole_files_are_seen(out)
    failpoint(None)
    score(folder, out, unit_rows=8)
    assert ids_of(out) == IDS
    assert verify_job(out).problems == ()
    assert list(out.rglob("*.tmp")) == []


def test_the_command_killed_at_a_failpoint_resumes(command, folder, tmp_path):
    arguments = (folder, "--out", tmp_path / "out", "--unit-rows", 8)

    killed = command(*arguments, SCAMCLF_FAILPOINT="after_rename:4")
    again = command(*arguments)

    assert (killed.returncode, again.returncode, again.stderr) == (-signal.SIGKILL, 0, "")
    assert ids_of(tmp_path / "out") == IDS
    assert verify_job(tmp_path / "out").problems == ()


def test_killed_at_random_again_and_again_every_row_is_there_once(folder, tmp_path, tiny_bundle):
    out = tmp_path / "out"
    line = [sys.executable, "-m", "scamclf.cli", "score", folder, "--bundle", tiny_bundle, "--out", out]
    line = [*map(str, line), "--unit-rows", "2"]
    random.seed(7)
    for _ in range(6):
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(random.uniform(0.3, 1.5))
        process.kill()
        process.communicate()
        if out.exists():
            assert_only_whole_files_are_seen(out)

    done = subprocess.run(line, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert ids_of(out) == IDS
    assert verify_job(out).problems == ()


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("point", FAILPOINTS)
def test_a_disk_that_is_full_or_fails_ends_the_job_cleanly_and_it_resumes(
    score, folder, tmp_path, failpoint, point, error
):
    out = tmp_path / "out"
    failpoint(f"{point}:{1 if point == 'before_success' else 4}:{error}")

    with pytest.raises(JobError, match=r"No space left|Input/output error") as caught:
        score(folder, out, unit_rows=8)

    assert "the same command resumes" in str(caught.value)
    assert_only_whole_files_are_seen(out)
    assert not (out / "_SUCCESS").exists() or point in ("after_rename",)
    assert list(out.rglob("*.tmp")) == []
    failpoint(None)
    score(folder, out, unit_rows=8)
    assert ids_of(out) == IDS
    assert verify_job(out).problems == ()


@pytest.mark.parametrize("output_format", ["parquet", "jsonl", "csv"])
def test_a_limit_on_the_size_of_files_ends_the_job_cleanly(score, folder, tmp_path, output_format):
    out = tmp_path / "out"

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2500, resource.RLIM_INFINITY))
        with pytest.raises(JobError, match="File too large"):
            score(folder, out, output_format=output_format)

    assert in_child(limited) == 0
    assert parts(out) == []
    score(folder, out, output_format=output_format)
    assert ids_of(out) == IDS


def test_a_resumed_job_leaves_finished_files_as_they_are(score, folder, tmp_path, failpoint):
    out = tmp_path / "out"
    failpoint("before_manifest:3")
    in_child(lambda: score(folder, out, unit_rows=8))
    recorded = [json.loads(line)["name"] for line in (out / "_scamclf/manifest.jsonl").read_text().splitlines()]
    before = {name: (out / name).stat() for name in recorded}
    failpoint(None)

    summary = score(folder, out, unit_rows=8)

    assert len(recorded) == 2
    after = {name: (out / name).stat() for name in recorded}
    assert {n: (s.st_ino, s.st_mtime_ns) for n, s in before.items()} == {
        n: (s.st_ino, s.st_mtime_ns) for n, s in after.items()
    }
    assert (summary.rows_now, summary.counts.rows) == (24, 40)


def test_a_resumed_job_writes_what_an_uninterrupted_one_does(score, folder, tmp_path, failpoint):
    failpoint("after_fsync:5")
    in_child(lambda: score(folder, tmp_path / "killed", unit_rows=8))
    failpoint(None)

    score(folder, tmp_path / "killed", unit_rows=8)
    score(folder, tmp_path / "whole", unit_rows=8)

    killed, whole = parts(tmp_path / "killed"), parts(tmp_path / "whole")
    assert [path.name for path in killed] == [path.name for path in whole]
    for one, other in zip(rows_of(tmp_path / "killed"), rows_of(tmp_path / "whole"), strict=True):
        assert one.pop("logit_scam") == pytest.approx(other.pop("logit_scam"), abs=1e-4)
        assert one["call_id"] == other["call_id"]


def test_a_manifest_that_was_cut_off_loses_the_last_line_alone(score, folder, tmp_path):
    out = tmp_path / "out"
    score(folder, out, unit_rows=8)
    manifest = out / "_scamclf/manifest.jsonl"
    (out / "_SUCCESS").unlink()
    manifest.write_bytes(manifest.read_bytes()[:-20])

    summary = score(folder, out, unit_rows=8)

    assert summary.rows_now == 8
    assert verify_job(out).problems == ()


def test_an_output_file_that_was_deleted_is_written_again(score, folder, tmp_path):
    out = tmp_path / "out"
    score(folder, out, unit_rows=8)
    parts(out)[1].unlink()

    score(folder, out, unit_rows=8)

    assert ids_of(out) == IDS
    assert verify_job(out).problems == ()
