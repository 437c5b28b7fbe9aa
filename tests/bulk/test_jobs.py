"""Promises 3, 4 and 5, and what the job is for: every input row is one output row."""

import dataclasses
import hashlib
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jobs import ids_of, in_child, parts, rows_of, write_calls

import scamclf.bulk.score
from scamclf.bulk import OUTPUT_FORMATS, estimate, verify_job
from scamclf.bulk.manifest import append_entry, read_manifest, write_success
from scamclf.calls import call_to_dict
from scamclf.errors import DataError, JobError
from scamclf.predict import PREDICTION_SCHEMA


@pytest.fixture
def jsonl(tmp_path, calls):
    """Eight calls with two bad lines among them."""
    path = tmp_path / "calls.jsonl"
    lines = [json.dumps(call_to_dict(call)) for call in calls]
    lines[3:3] = ["{nonsense", '{"call_id": "silent", "text": ""}']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("output_format", OUTPUT_FORMATS)
def test_every_input_row_is_one_output_row_in_order(score, jsonl, tmp_path, output_format):
    score(jsonl, tmp_path / "out", output_format=output_format, unit_rows=4)

    rows = rows_of(tmp_path / "out")
    assert [path.suffix for path in parts(tmp_path / "out")] == [f".{output_format}"] * 3
    assert list(rows[0]) == PREDICTION_SCHEMA.names
    assert [row["call_id"] or None for row in rows] == [
        *(f"call-{i}" for i in range(3)), None, "silent", *(f"call-{i}" for i in range(3, 8))
    ]  # fmt: skip
    assert [row["status"] for row in rows] == ["ok"] * 3 + ["error"] * 2 + ["ok"] * 5
    assert [row["error_code"] or None for row in rows[3:5]] == ["bad_json", "no_text"]
    assert f"{jsonl}:4: not JSON" in rows[3]["error"]
    assert verify_job(tmp_path / "out").problems == ()


def test_files_give_the_scores_that_the_scorer_gives(score, scorer, calls, jsonl, tmp_path):
    score(jsonl, tmp_path / "out", unit_rows=3)

    found = {row["call_id"]: row["logit_scam"] for row in rows_of(tmp_path / "out") if row["status"] == "ok"}
    wanted = {prediction.call_id: prediction.logit_scam for prediction in scorer.score(calls)}
    assert found == pytest.approx(wanted, abs=1e-4)


def test_all_formats_hold_the_same_scores(score, jsonl, tmp_path):
    for name in OUTPUT_FORMATS:
        score(jsonl, tmp_path / name, output_format=name)
    parquet, lines, table = (rows_of(tmp_path / name) for name in OUTPUT_FORMATS)

    assert parquet == lines
    assert [row["logit_scam"] and float(row["logit_scam"]) for row in table] == [
        "" if row["logit_scam"] is None else row["logit_scam"] for row in parquet
    ]


def test_a_folder_of_parquet_is_read_as_one_table(score, jsonl, tmp_path):
    score(jsonl, tmp_path / "out", unit_rows=4)

    assert pq.read_table(tmp_path / "out").num_rows == 10
    assert pq.read_schema(parts(tmp_path / "out")[0]).equals(PREDICTION_SCHEMA)


def test_the_summary_counts_what_was_done(score, jsonl, tmp_path):
    summary = score(jsonl, tmp_path / "out", unit_rows=4)

    rows = rows_of(tmp_path / "out")
    alerts = sum(bool(row["alert"]) for row in rows)
    assert (summary.counts.rows, summary.counts.alerts["fpr_1pct"]) == (10, alerts)
    assert summary.counts.errors == {"bad_json": 1, "no_text": 1}
    written = json.loads((tmp_path / "out/_scamclf/summary.json").read_text())
    assert (written["rows"], written["files"], written["alerts"]["fpr_1pct"]) == (10, 3, alerts)
    assert set(written["last_run"]["stages"]) == {"read", "encode", "run", "write"}
    assert summary.slowest_stage in written["last_run"]["stages"]


def test_the_most_suspicious_calls_of_the_whole_output_come_first_even_when_nothing_is_left_to_score(
    score, jsonl, tmp_path
):
    score(jsonl, tmp_path / "out", unit_rows=3)

    summary = score(jsonl, tmp_path / "out", unit_rows=3, top=3)

    scores = sorted((row["logit_scam"] for row in rows_of(tmp_path / "out") if row["logit_scam"]), reverse=True)
    assert summary.rows_now == 0
    assert [prediction.logit_scam for prediction, _ in summary.top] == pytest.approx(scores[:3], abs=1e-4)
    assert all(prediction.call_id == call.call_id for prediction, call in summary.top)


def test_huge_calls_are_scored_a_few_at_a_time(score, tmp_path, monkeypatch):
    monkeypatch.setattr(scamclf.bulk.score, "_CHARS_AT_A_TIME", 100)
    told = []

    score(write_calls(tmp_path / "a.jsonl", range(10)), tmp_path / "out", progress=told.append)

    assert [p.rows for p in told if p.phase == "score"] == [3, 6, 9, 10]
    assert told[-1].total == 10


def test_an_empty_file_gives_no_rows_and_is_whole(score, tmp_path):
    (tmp_path / "calls.jsonl").write_text("")

    assert score(tmp_path / "calls.jsonl", tmp_path / "out").counts.rows == 0
    assert (tmp_path / "out/_SUCCESS").exists()
    assert verify_job(tmp_path / "out").problems == ()


def test_an_id_that_a_spreadsheet_would_run_is_quoted_in_csv_and_told_apart_from_one_that_was(score, tmp_path):
    ids = ["=1+2", "'=1+2", "-x", "@x", "+x", "\tx", "\rx", "plain"]
    score(write_calls(tmp_path / "calls.jsonl", ids), tmp_path / "out", output_format="csv")

    assert [row["call_id"] for row in rows_of(tmp_path / "out")] == [*(f"'{i}" for i in ids[:-1]), "plain"]
    assert verify_job(tmp_path / "out").problems == ()


def test_a_damaged_file_among_others_is_an_error_row_with_its_name_and_the_job_goes_on(score, tmp_path):
    folder = tmp_path / "calls"
    write_calls(folder / "a.jsonl", range(3))
    (folder / "b.parquet").write_bytes(b"PAR1 nonsense PAR1")
    (folder / "c.json").write_text('{"call_id": "cut off')
    (folder / "sub").mkdir()
    (folder / "sub/c.json").write_text('{"call_id": "cut off')
    write_calls(folder / "z.jsonl", range(3, 6))

    summary = score(folder, tmp_path / "out")

    assert summary.counts.errors == {"bad_parquet": 1, "bad_json": 2}
    errors = {row["call_id"]: row["error"] for row in rows_of(tmp_path / "out") if row["status"] == "error"}
    assert errors.keys() == {None, "c", "sub/c"}
    assert str(folder / "b.parquet") in errors[None]
    assert sorted(row["call_id"] for row in rows_of(tmp_path / "out") if row["status"] == "ok") == list("012345")


def test_a_parquet_file_damaged_in_the_middle_keeps_the_rows_in_front_of_the_damage(score, tmp_path):
    path = tmp_path / "calls/a.parquet"
    path.parent.mkdir()
    table = pa.Table.from_pylist([{"call_id": str(i), "text": f"hello {i} " * 50} for i in range(2000)])
    pq.write_table(table, path, row_group_size=500, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(2).column(1).data_page_offset
    data[start : start + 200] = b"\xff" * 200
    path.write_bytes(data)
    write_calls(tmp_path / "calls/b.jsonl", ["last"])

    score(tmp_path / "calls", tmp_path / "out")

    rows = rows_of(tmp_path / "out")
    assert [row["call_id"] for row in rows[:500]] == [str(i) for i in range(500)]
    assert {row["error_code"] for row in rows} == {None, "bad_parquet"}
    assert rows[-1]["call_id"] == "last"


def test_errors_beyond_the_limit_end_the_job_before_it_scores(score, jsonl, tmp_path):
    with pytest.raises(JobError, match=r"2 rows in error, at most 1 wanted; the last: .*silent"):
        score(jsonl, tmp_path / "out", max_errors=1)

    assert parts(tmp_path / "out") == []
    assert score(jsonl, tmp_path / "out", max_errors=2).counts.errors.total() == 2
    with pytest.raises(JobError, match="2 rows in error, at most 0 wanted"):
        score(jsonl, tmp_path / "out", max_errors=0)


def test_ids_that_stand_twice_are_refused_with_their_places(score, tmp_path):
    a, b = write_calls(tmp_path / "a.jsonl", "xyz"), write_calls(tmp_path / "b.jsonl", "pqz")

    with pytest.raises(DataError, match=r"1 rows with the same .* \('z' in .*a\.jsonl row 3 and .*b\.jsonl row 3"):
        score([a, b], tmp_path / "out")

    assert parts(tmp_path / "out") == []


def test_ids_that_stand_twice_are_numbered_the_same_wherever_the_job_was_killed(score, tmp_path, failpoint):
    folder, out = tmp_path / "calls", tmp_path / "out"
    write_calls(folder / "a.jsonl", "xyxx")
    write_calls(folder / "b.jsonl", "xzy")
    wanted = ["x", "y", "x#2", "x#3", "x#4", "z", "y#2"]
    failpoint("before_manifest:2")
    in_child(lambda: score(folder, out, on_duplicate="suffix", unit_rows=2))
    failpoint(None)
    score(folder, out, on_duplicate="suffix", unit_rows=2)
    assert [row["call_id"] for row in rows_of(out)] == wanted

    write_calls(folder / "0.jsonl", "xa")
    score(folder, out, on_duplicate="suffix", unit_rows=2)

    assert ids_of(out) == sorted([*wanted, "x#5", "a"])
    assert verify_job(out).problems == ()


def test_a_number_that_makes_the_id_of_another_call_is_refused(score, tmp_path):
    path = write_calls(tmp_path / "a.jsonl", ["x", "x", "x#2"])

    with pytest.raises(DataError, match=r"the same call_id, once numbered, as another \('x#2' in .*row 2 and .*row 3"):
        score(path, tmp_path / "out", on_duplicate="suffix")


def test_missing_ids_are_refused_or_error_rows(score, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"call_id": "x", "text": "hello"}\n{"text": "hello"}\n')

    with pytest.raises(DataError, match=r"1 rows without a call_id \(.*a\.jsonl row 2\)"):
        score(path, tmp_path / "out")
    score(path, tmp_path / "out", on_duplicate="suffix")

    assert [row["error_code"] for row in rows_of(tmp_path / "out")] == [None, "no_call_id"]


def test_files_of_equal_names_in_several_folders_are_told_apart(score, tmp_path):
    for name in ("a/1.txt", "b/1.txt", "1.txt", "b/2.srt"):
        (tmp_path / "calls" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "calls" / name).write_text("1\n00:00:01,000 --> 00:00:02,000\nhello there\n")

    score(tmp_path / "calls", tmp_path / "out")

    assert ids_of(tmp_path / "out") == ["1", "a/1", "b/1", "b/2"]


def test_an_id_of_a_files_own_stays_in_a_subfolder(score, tmp_path):
    (tmp_path / "calls/sub").mkdir(parents=True)
    (tmp_path / "calls/sub/a-1.json").write_text(json.dumps({"id": "a-1", "status": "completed", "text": "hello",
        "words": [], "utterances": [{"speaker": "A", "text": "hello", "start": 1, "end": 2}]}))  # fmt: skip

    score(tmp_path / "calls", tmp_path / "out")

    assert ids_of(tmp_path / "out") == ["a-1"]


def test_patterns_folders_and_files_are_each_read_once(score, tmp_path):
    write_calls(tmp_path / "calls/a.jsonl", "ab")
    write_calls(tmp_path / "calls/sub/b.jsonl", "cd")
    write_calls(tmp_path / "calls/sub/.hidden.jsonl", "ef")
    (tmp_path / "calls/notes.doc").write_text("no transcript")
    inputs = [f"{tmp_path}/calls/**/*.jsonl", tmp_path / "calls", tmp_path / "calls/a.jsonl"]

    score(inputs, tmp_path / "out")

    assert ids_of(tmp_path / "out") == list("abcd")


def test_output_within_the_input_folder_is_not_read(score, tmp_path):
    write_calls(tmp_path / "a.jsonl", "ab")
    score(tmp_path, tmp_path / "out", output_format="jsonl")

    assert score(tmp_path, tmp_path / "out", output_format="jsonl").rows_now == 0
    assert score(tmp_path, tmp_path / "other").counts.rows == 2
    assert score(f"{tmp_path}/**/*.jsonl", tmp_path / "third").counts.rows == 2


def test_standard_input_is_scored_resumed_and_not_kept(command, tmp_path):
    data = write_calls(tmp_path / "a.jsonl", range(9)).read_bytes()
    arguments = ("-", "--out", tmp_path / "out", "--unit-rows", 4)

    killed = command(*arguments, stdin=data, SCAMCLF_FAILPOINT="after_manifest:2")
    again = command(*arguments, stdin=data)
    changed = command(*arguments, stdin=data + b'{"call_id": "x", "text": "hello"}\n')

    assert (killed.returncode, again.returncode, again.stderr) == (-9, 0, "")
    assert "1 rows scored" in again.stdout
    assert ids_of(tmp_path / "out") == [str(i) for i in range(9)]
    assert not (tmp_path / "out/_scamclf/stdin").exists()
    assert changed.returncode == 1
    assert "standard input: changed since" in changed.stderr


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(scorer, tiny_bundle, tmp_path):
    write_calls(tmp_path / "calls/a.jsonl", range(300))
    write_calls(tmp_path / "calls/b.jsonl", range(300, 310))

    found = estimate(scorer, [tmp_path / "calls"], tmp_path / "out", bundle=tiny_bundle)

    assert (found.inputs, found.rows, found.rows_to_do, found.files_to_do, found.errors) == (2, 310, 310, 1, 0)
    assert found.probed == 110
    assert found.seconds == pytest.approx(310 / found.rows_per_second)
    assert found.disk_bytes > 310 * 20
    assert not (tmp_path / "out").exists()


def test_a_dry_run_of_a_job_that_was_begun_counts_what_is_left(score, scorer, tiny_bundle, tmp_path):
    write_calls(tmp_path / "calls/a.jsonl", range(10))
    score(tmp_path / "calls", tmp_path / "out")
    write_calls(tmp_path / "calls/b.jsonl", range(10, 14))

    found = estimate(scorer, [tmp_path / "calls"], tmp_path / "out", bundle=tiny_bundle)

    assert (found.rows, found.rows_to_do, found.files_to_do) == (14, 4, 1)
    assert (tmp_path / "out/_SUCCESS").exists()


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda part: part.unlink(), "missing"),
        (lambda part: pq.write_table(pq.read_table(part), part, compression="none"), "sha256 differs"),
        (lambda part: part.write_bytes(b"PAR1"), "cannot be read"),
        (lambda part: part.with_name("other.parquet").write_bytes(part.read_bytes()), "not of this job"),
        (lambda part: (part.parent / "_SUCCESS").unlink(), "no _SUCCESS"),
        (lambda part: (part.parent / "_SUCCESS").write_text("{}"), "_SUCCESS: rows is None; the manifest says 5"),
        (lambda part: (part.parent / "_scamclf/manifest.jsonl").write_text(""), "not recorded as finished"),
    ],
)
def test_verify_finds_what_is_wrong(score, tmp_path, damage, problem):
    score(write_calls(tmp_path / "a.jsonl", range(5)), tmp_path / "out")
    assert verify_job(tmp_path / "out").problems == ()

    damage(parts(tmp_path / "out")[0])

    assert problem in " ".join(verify_job(tmp_path / "out").problems)


def test_verify_finds_an_id_that_stands_twice_though_every_file_is_as_recorded(score, tmp_path):
    out = tmp_path / "out"
    score(write_calls(tmp_path / "a.jsonl", "xy"), out, output_format="jsonl")
    (part,) = parts(out)
    part.write_text(part.read_text().replace('"call_id": "y"', '"call_id": "x"'))
    (entry,) = read_manifest(out).values()
    entry = dataclasses.replace(entry, sha256=hashlib.sha256(part.read_bytes()).hexdigest())
    append_entry(out, entry)
    write_success(out, [entry])

    assert verify_job(out).problems == ("1 rows have the call_id of another",)


def test_the_umask_decides_who_may_read_the_output(score, tmp_path):
    score(write_calls(tmp_path / "a.jsonl", range(5)), tmp_path / "out")

    umask = os.umask(0)
    os.umask(umask)
    assert parts(tmp_path / "out")[0].stat().st_mode & 0o777 == 0o666 & ~umask
