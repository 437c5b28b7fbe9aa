import csv
import json

import pyarrow.parquet as pq
import pytest

import scamclf.bulk
from scamclf.bulk import OUTPUT_FORMATS, score_files
from scamclf.calls import call_to_dict
from scamclf.errors import ConfigError, ReaderError
from scamclf.predict import PREDICTION_SCHEMA


@pytest.fixture
def jsonl(tmp_path, calls):
    """Eight calls with two bad lines among them."""
    path = tmp_path / "calls.jsonl"
    lines = [json.dumps(call_to_dict(call)) for call in calls]
    lines[3:3] = ["{nonsense", '{"call_id": "silent", "text": ""}']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows_of(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("output_format", OUTPUT_FORMATS)
def test_every_input_row_is_one_output_row_in_order(scorer, jsonl, tmp_path, output_format):
    summary = score_files(scorer, jsonl, tmp_path / "out", output_format=output_format)

    rows = rows_of(summary.output)
    assert summary.output == tmp_path / "out" / f"scores.{output_format}"
    assert list(rows[0]) == PREDICTION_SCHEMA.names
    assert [row["call_id"] or None for row in rows] == [
        *(f"call-{i}" for i in range(3)), None, "silent", *(f"call-{i}" for i in range(3, 8))
    ]  # fmt: skip
    assert [row["status"] for row in rows] == ["ok"] * 3 + ["error"] * 2 + ["ok"] * 5
    assert [row["error_code"] or None for row in rows[3:5]] == ["bad_json", "no_text"]
    assert f"{jsonl}:4: not JSON" in rows[3]["error"]


def test_all_formats_hold_the_same_scores(scorer, jsonl, tmp_path):
    parquet, lines, table = (
        rows_of(score_files(scorer, jsonl, tmp_path / name, output_format=name).output) for name in OUTPUT_FORMATS
    )

    assert parquet == lines
    assert [row["logit_scam"] and float(row["logit_scam"]) for row in table] == [
        "" if row["logit_scam"] is None else row["logit_scam"] for row in parquet
    ]


def test_a_parquet_file_has_the_schema_of_predictions(scorer, jsonl, tmp_path):
    score_files(scorer, jsonl, tmp_path / "out")

    assert pq.read_schema(tmp_path / "out/scores.parquet").equals(PREDICTION_SCHEMA)


def test_the_summary_counts_what_was_done(scorer, jsonl, tmp_path):
    summary = score_files(scorer, jsonl, tmp_path / "out", top=3)

    alerts = sum(bool(row["alert"]) for row in rows_of(summary.output))
    assert (summary.rows, summary.alerts, dict(summary.errors)) == (10, alerts, {"bad_json": 1, "no_text": 1})
    assert json.loads((tmp_path / "out/summary.json").read_text()) == {
        "rows": 10,
        "operating_point": "fpr_1pct",
        "alerts": alerts,
        "errors": {"bad_json": 1, "no_text": 1},
        "not_english": 0,
        "output": "scores.parquet",
    }


def test_the_most_suspicious_calls_are_kept_highest_first_over_all_chunks(scorer, jsonl, tmp_path, monkeypatch):
    monkeypatch.setattr(scamclf.bulk, "CALLS_AT_A_TIME", 2)
    done = []

    summary = score_files(scorer, jsonl, tmp_path / "out", top=3, progress=done.append)

    scores = sorted(
        (row["logit_scam"] for row in rows_of(summary.output) if row["logit_scam"] is not None), reverse=True
    )
    assert [prediction.logit_scam for prediction, _ in summary.top] == scores[:3]
    assert all(prediction.call_id == call.call_id for prediction, call in summary.top)
    assert done == [2, 2, 2, 2, 2]


def test_a_call_id_that_a_spreadsheet_would_run_is_quoted_in_csv(scorer, tmp_path):
    (tmp_path / "calls.jsonl").write_text('{"call_id": "=1+2", "text": "hello"}\n')

    (row,) = rows_of(score_files(scorer, tmp_path / "calls.jsonl", tmp_path / "out", output_format="csv").output)

    assert row["call_id"] == "'=1+2"


def test_an_empty_file_gives_a_file_without_rows(scorer, tmp_path):
    (tmp_path / "calls.jsonl").write_text("")

    summary = score_files(scorer, tmp_path / "calls.jsonl", tmp_path / "out")

    assert summary.rows == 0
    assert pq.read_table(summary.output).num_rows == 0


def test_an_unknown_output_format_is_refused_before_anything_is_written(scorer, jsonl, tmp_path):
    with pytest.raises(ConfigError, match="output format is 'xml'; wanted one of parquet, jsonl, csv"):
        score_files(scorer, jsonl, tmp_path / "out", output_format="xml")

    assert not (tmp_path / "out").exists()


def test_nothing_to_read_is_refused_before_anything_is_written(scorer, tmp_path):
    with pytest.raises(ReaderError, match="no such file or folder"):
        score_files(scorer, tmp_path / "nowhere", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_the_scores_appear_only_when_they_are_whole(scorer, tmp_path):
    (tmp_path / "calls.parquet").write_bytes(b"PAR1 nonsense PAR1")

    with pytest.raises(ReaderError, match=r"calls.parquet: not a readable Parquet file"):
        score_files(scorer, tmp_path / "calls.parquet", tmp_path / "out")

    assert not (tmp_path / "out/scores.parquet").exists()
    assert not (tmp_path / "out/summary.json").exists()
