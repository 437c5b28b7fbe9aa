import json
import os
import re
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from scamclf.calls import call_to_dict
from scamclf.cli import app
from scamclf.errors import ConfigError, DataError, ReaderError
from scamclf.predict import load


def command_paths(command, path=()):
    """Every command and group of commands, as one types it."""
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from command_paths(child, (*path, name))


PATHS = list(command_paths(typer.main.get_command(app)))


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_module(*arguments, **environment):
    command = [sys.executable, "-m", "scamclf.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


@pytest.fixture
def jsonl(tmp_path, calls):
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(call_to_dict(call)) + "\n" for call in calls), encoding="utf-8")
    return path


@pytest.fixture
def without_torch(tmp_path):
    """Environment of a Python in which torch is not installed."""
    folder = tmp_path / "without_torch"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys\n\nsys.modules['torch'] = None\n")
    return {"PYTHONPATH": str(folder)}


def test_the_commands_are_these():
    assert {" ".join(path) for path in PATHS} >= {
        "", "score", "train", "export", "evaluate", "calibrate", "data", "data prepare", "data sources"
    }  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_is_given_for_every_command_and_every_option_of_it(path):
    done = invoke(*path, "--help")

    assert done.exit_code == 0
    assert "Usage:" in done.output
    command = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    assert command.help
    missing = [p.name for p in command.params if not getattr(p, "help", None) and p.name != "help"]
    assert missing == []


def test_help_needs_neither_torch_nor_a_terminal(without_torch):
    done = run_module("train", "--help", **without_torch)

    assert done.returncode == 0, done.stderr
    assert "Fine-tune and calibrate" in done.stdout


def test_scores_are_written_summed_up_and_verified(jsonl, tiny_bundle, tmp_path):
    done = run_module("score", jsonl, "--bundle", tiny_bundle, "--out", tmp_path / "out", OMP_NUM_THREADS="1")

    rows = pq.read_table(tmp_path / "out").to_pylist()
    alerts = sum(row["alert"] for row in rows)
    first, *_, scored, by = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert first == f"8 calls, {alerts} alerts (fpr_1pct): {tmp_path / 'out'}, 1 files"
    stages = r"slowest stage: (read|encode|run|write); \d+\.\d% of the tokens were padding"
    assert re.fullmatch(rf"8 rows scored in .* s \(.* rows/s\); {stages}", scored)
    assert by == "by onnxruntime-cpu-fp32 (auto: onnxruntime is the one for fp32 on a CPU)"
    assert [row["call_id"] for row in rows] == [f"call-{i}" for i in range(8)]
    whole = invoke("verify", tmp_path / "out")
    assert (whole.exit_code, whole.output) == (
        0, f"{tmp_path / 'out'} is whole: 8 rows in 1 files, 8 with an id, none twice\n"
    )  # fmt: skip


def test_verify_exits_with_one_and_says_what_is_wrong(jsonl, tiny_bundle, tmp_path):
    invoke("score", jsonl, "--bundle", tiny_bundle, "--out", tmp_path / "out")
    (tmp_path / "out/_SUCCESS").unlink()

    done = invoke("verify", tmp_path / "out")

    assert done.exit_code == 1
    assert "no _SUCCESS: the job has not ended" in done.output


def test_top_prints_the_most_suspicious_calls_first(jsonl, tiny_bundle, tmp_path):
    arguments = ("score", jsonl, "--bundle", tiny_bundle, "--out", tmp_path / "out", "--top", 2)
    done = invoke(*arguments)

    first, second, *_ = sorted(pq.read_table(tmp_path / "out").to_pylist(), key=lambda row: -row["logit_scam"])
    assert done.exit_code == 0
    assert f"1. {first['call_id']}  {first['label']}  p_scam {first['p_scam']:.3f}" in done.output
    assert done.output.index(f"1. {first['call_id']}") < done.output.index(f"2. {second['call_id']}")
    assert "3. " not in done.output


def test_rows_in_error_exit_with_three_and_are_counted_by_code(jsonl, tiny_bundle, tmp_path):
    with jsonl.open("a") as file:
        file.write('nonsense\n{"call_id": "x"}\n{"call_id": "y"}\n')

    done = invoke("score", jsonl, "--bundle", tiny_bundle, "--out", tmp_path / "out")

    assert done.exit_code == 3
    assert "11 calls, " in done.output
    assert "3 rows could not be read: no_text 2, bad_json 1; see columns error_code and error" in done.output


def test_calls_in_another_language_are_counted(tiny_bundle, tmp_path):
    (tmp_path / "1.txt").write_text("guten tag hier ist der technische dienst ihr rechner hat einen virus " * 3)

    done = invoke("score", tmp_path / "1.txt", "--bundle", tiny_bundle, "--out", tmp_path / "out")

    assert "1 calls do not look like English; their scores mean little" in done.output


def test_an_operating_point_that_the_bundle_lacks_is_refused_with_those_it_has(jsonl, tiny_bundle, tmp_path):
    arguments = ("--bundle", tiny_bundle, "--out", tmp_path / "out", "--operating-point", "fpr_2pct")
    done = invoke("score", jsonl, *arguments)

    with pytest.raises(ConfigError, match="operating point is 'fpr_2pct'; this bundle ships fpr_1pct"):
        raise done.exception


@pytest.mark.parametrize("option", ["--format", "--input-format", "--on-duplicate", "--progress"])
def test_a_wrong_option_exits_with_two_and_names_those_that_are_right(jsonl, tiny_bundle, tmp_path, option):
    done = run_module("score", jsonl, "--bundle", tiny_bundle, "--out", tmp_path / "out", option, "xml")

    assert done.returncode == 2
    assert "'xml' is not one of " in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_deliberate_error_is_one_line_on_standard_error_and_exit_code_one(tiny_bundle, tmp_path):
    done = run_module("score", tmp_path / "nowhere", "--bundle", tiny_bundle, "--out", tmp_path / "out")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path / 'nowhere'}: no such file or folder\n"


def test_calibrate_writes_a_bundle_with_thresholds_of_ones_own_calls(tiny_bundle, tmp_path):
    words = [
        "hello",
        "bank",
        "computer",
        "thursday",
        "refund",
        "garden",
        "number",
        "please",
        "virus",
        "window",
        "lunch",
        "card",
    ]
    with (tmp_path / "own.jsonl").open("w") as file:
        for i in range(300):
            text = " ".join(words[(i * j + j) % len(words)] for j in range(1, 4 + i % 17))
            file.write(json.dumps({"call_id": i, "text": text}) + "\n")

    done = invoke(
        "calibrate", "--bundle", tiny_bundle, "--legitimate", tmp_path / "own.jsonl", "--out", tmp_path / "own"
    )

    assert done.exit_code == 0, done.exception
    point = load(tmp_path / "own").alert_at
    assert (point.n_legitimate, point.target_fpr) == (300, 0.01)
    assert point.n_false_alarms <= 3
    assert done.output == f"fpr_1pct: {point.n_false_alarms} of 300 legitimate calls alarm\n"


def test_calibrate_refuses_too_few_calls(jsonl, tiny_bundle, tmp_path):
    done = invoke("calibrate", "--bundle", tiny_bundle, "--legitimate", jsonl, "--out", tmp_path / "own")

    with pytest.raises(DataError, match=r"8 legitimate calls; a rate of 0.01 needs 300, so 292 more"):
        raise done.exception


def test_calibrate_stops_at_a_row_that_is_no_call(jsonl, tiny_bundle, tmp_path):
    with jsonl.open("a") as file:
        file.write("nonsense\n")

    done = invoke("calibrate", "--bundle", tiny_bundle, "--legitimate", jsonl, "--out", tmp_path / "own")

    with pytest.raises(ReaderError, match=r"calls.jsonl:9: not JSON"):
        raise done.exception


def test_training_without_torch_says_what_to_install(without_torch):
    done = run_module("train", "--config", "configs/smoke.yaml", **without_torch)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: training needs torch, which is not installed: pip install 'scamclf[train]'\n"


def test_scoring_needs_no_torch(without_torch, jsonl, tiny_bundle, tmp_path):
    done = run_module("score", jsonl, "--bundle", tiny_bundle, "--out", tmp_path / "out", **without_torch)

    assert (done.returncode, done.stderr) == (0, "")
