"""A job whose output folder is there already: what is added goes on, what was changed is refused by name."""

import shutil
import subprocess
import sys
import time

import pytest
from jobs import ids_of, in_child, parts, write_calls

from scamclf.bulk import verify_job
from scamclf.bundle import write_checksums
from scamclf.errors import ConfigError, JobError, ReaderError


def test_added_inputs_are_scored_and_what_was_there_stays(score, tmp_path):
    folder, out = tmp_path / "calls", tmp_path / "out"
    write_calls(folder / "m.jsonl", range(5))
    score(folder, out, unit_rows=2)
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in parts(out)}
    write_calls(folder / "a.jsonl", range(5, 9))

    summary = score(folder, out, unit_rows=2)

    assert summary.rows_now == 4
    assert ids_of(out) == [str(i) for i in range(9)]
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in before} == before
    assert verify_job(out).problems == ()


def test_the_mark_of_whole_output_is_gone_while_added_inputs_are_scored(score, tmp_path, failpoint):
    folder, out = tmp_path / "calls", tmp_path / "out"
    write_calls(folder / "a.jsonl", range(5))
    score(folder, out)
    write_calls(folder / "b.jsonl", range(5, 9))
    failpoint("before_manifest")

    in_child(lambda: score(folder, out))

    assert not (out / "_SUCCESS").exists()
    assert "the job has not ended" in " ".join(verify_job(out).problems)


def test_a_changed_input_is_refused_by_name(score, tmp_path):
    path = write_calls(tmp_path / "a.jsonl", range(5))
    score(path, tmp_path / "out")
    write_calls(path, range(6))

    with pytest.raises(ConfigError, match=r"a\.jsonl: changed since the job in .*out began"):
        score(path, tmp_path / "out")

    assert verify_job(tmp_path / "out").problems == ()


def test_an_input_that_is_gone_is_refused_by_name(score, tmp_path):
    a, b = write_calls(tmp_path / "a.jsonl", range(5)), write_calls(tmp_path / "b.jsonl", range(5, 9))
    score([a, b], tmp_path / "out")

    with pytest.raises(ConfigError, match=r"begun with .*b\.jsonl, which is not among the inputs now"):
        score([a], tmp_path / "out")


@pytest.mark.parametrize(
    "changed", [{"output_format": "csv"}, {"unit_rows": 3}, {"include_text": True}, {"on_duplicate": "suffix"}]
)
def test_a_changed_setting_is_refused_by_name(score, tmp_path, changed):
    path = write_calls(tmp_path / "a.jsonl", range(5))
    score(path, tmp_path / "out")

    with pytest.raises(ConfigError, match=f"begun with {next(iter(changed)).replace('_', ' ')} "):
        score(path, tmp_path / "out", **changed)


def test_a_changed_bundle_is_refused(score, tmp_path, tiny_bundle, tmp_path_factory):
    path = write_calls(tmp_path / "a.jsonl", range(5))
    score(path, tmp_path / "out")
    other = shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("other") / "bundle")
    (other / "README.md").write_text("another")
    write_checksums(other)

    line = [sys.executable, "-m", "scamclf.cli", "score", str(path), "--out", str(tmp_path / "out"), "--bundle"]
    done = subprocess.run([*line, str(other)], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "begun with bundle" in done.stderr


def test_an_input_that_changes_while_it_is_read_ends_the_job(score, tmp_path):
    path = write_calls(tmp_path / "a.jsonl", range(50))

    def append(progress):
        if progress.phase == "first pass":
            with path.open("a") as file:
                file.write('{"call_id": "late", "text": "hello"}\n')

    with pytest.raises(JobError, match=r"a\.jsonl: .*changed|more rows than"):
        score(path, tmp_path / "out", progress=append)


def test_a_second_writer_is_refused(score, tmp_path, tiny_bundle):
    folder = tmp_path / "calls"
    write_calls(folder / "a.jsonl", range(2000))
    line = [sys.executable, "-m", "scamclf.cli", "score", folder, "--bundle", tiny_bundle, "--out", tmp_path / "out"]
    first = subprocess.Popen([*map(str, line), "--unit-rows", "10"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        while not (tmp_path / "out/_scamclf/manifest.jsonl").exists():
            assert first.poll() is None, first.stderr.read()
            time.sleep(0.01)
        with pytest.raises(JobError, match=rf"process {first.pid} is writing here"):
            score(folder, tmp_path / "out", unit_rows=10)
    finally:
        first.communicate()

    assert first.returncode == 0
    assert verify_job(tmp_path / "out").rows == 2000


def test_a_folder_that_holds_something_else_is_refused(score, tmp_path):
    write_calls(tmp_path / "out/other.jsonl", range(2))

    with pytest.raises(ConfigError, match=r"holds other.jsonl, and no job of scamclf"):
        score(tmp_path / "out/other.jsonl", tmp_path / "out")


@pytest.mark.parametrize("argument", ["nowhere", "nowhere*.jsonl"])
def test_nothing_to_read_is_refused_before_anything_is_written(score, tmp_path, argument):
    with pytest.raises(ReaderError, match=r"no such file or folder|no file fits the pattern"):
        score(tmp_path / argument, tmp_path / "out")

    assert not (tmp_path / "out").exists()
