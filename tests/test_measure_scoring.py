"""The programs that measure scoring: what they count, and that they run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scamclf.bundle import Manifest
from scamclf.calls import LABELS, Call, Turn
from scamclf.errors import DataError
from scamclf.evaluation.left_out import left_out_calls
from scamclf.prediction import Prediction
from scamclf.preparation.prepare import load_prepared
from scamclf.training.run import RUN

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))


def a_call(name: str, label: str = "legitimate", *, source: str = "s", words: int = 3) -> Call:
    return Call(name, (Turn("word " * words),), source=source, label=label)


def decided(alert: bool, by: str = "exact", score: float = 0.0) -> Prediction:
    return Prediction("x", "ok", alert=alert, decided_by=by, logit_scam=score)


def manifest(**splits: list[str]) -> Manifest:
    counts = {source: {split: {"legitimate": 9} for split in found} for source, found in splits.items()}
    return Manifest(LABELS, {}, {}, provenance={"data_counts": counts})


def test_only_sources_that_the_bundle_never_met_are_left_out(tiny_run):
    data = tiny_run / RUN.data
    n = sum(len(calls) for calls in load_prepared(data).splits.values())
    for met in (["train"], ["calibration", "test"], ["validation"]):
        with pytest.raises(DataError, match="every source was met in making the bundle"):
            left_out_calls(manifest(pairs=met, moves=met, authored_test=met), [data])

    found = left_out_calls(manifest(pairs=["test"], moves=["test"]), [data, data])

    assert len(found) == len({call.call_id for call in found}) == n


def test_the_gates_figures_are_shares_of_alerts_and_of_legitimate_calls(scripts):
    from measure_decisions import gate_figures, promises

    calls = [a_call("1"), a_call("2"), a_call("3", "other_scam"), a_call("4", "other_scam", source="t")]
    exact = [decided(True), decided(False), decided(True), decided(True)]
    gated = [decided(True), decided(False, "gate"), decided(False, "gate"), decided(True)]

    found = gate_figures(calls, exact, gated)

    assert (found["alerts_kept"]["hits"], found["alerts_kept"]["n"]) == (2, 3)
    assert (found["scam_alerts_kept"]["hits"], found["scam_alerts_kept"]["n"]) == (1, 2)
    assert (found["legitimate_sent_on"]["hits"], found["legitimate_sent_on"]["n"]) == (1, 2)
    assert found["alerts_kept"]["low"] < 2 / 3 < found["alerts_kept"]["high"]
    assert found["sources"]["t"]["alerts_kept"]["share"] == 1
    assert found["sources"]["t"]["legitimate_sent_on"]["share"] is None
    assert promises({"precisions": {}, "gate": found}) == [False, False]


def test_agreement_is_the_share_of_calls_that_alarm_in_both_or_in_neither(scripts):
    from measure_decisions import agreement, promises

    found = agreement(
        [decided(True, score=2.0), decided(False, score=-1.0)], [decided(True, score=2.5), decided(True, score=-1.0)]
    )

    assert found["alike"]["share"] == 0.5
    assert (found["largest_difference"], found["mean_difference"]) == (0.5, 0.25)
    assert promises({"precisions": {"int8": found}, "gate": None}) == [False]


def test_the_sample_for_slow_ways_is_as_long_as_all_calls(scripts):
    from bench_scoring import sample

    calls = [a_call(str(i), words=1 + i * 37 % 100) for i in range(100)]

    few = sample(calls, 20)

    assert few == sorted(few)
    assert len(few) == 20
    lengths = [len(call.turns[0].text) for call in calls]
    assert sum(lengths[i] for i in few) / 20 == pytest.approx(sum(lengths) / 100, rel=0.03)


def test_the_benchmark_runs_and_loses_no_call(tiny_bundle, tmp_path):
    names = ["onnxruntime-loop", "scamclf-onnxruntime-fp32", "scamclf-onnxruntime-fp32-gate"]
    line = [
        sys.executable, SCRIPTS / "bench_scoring.py", "--bundle", tiny_bundle, "--calls", "30", "--slow-calls", "10",
        "--rounds", "2", "--threads", "1", "--ways", *names, "--files", "40", "--out", tmp_path / "speed.json",
    ]  # fmt: skip

    done = subprocess.run([str(part) for part in line], capture_output=True, text=True, check=False, timeout=300)

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "speed.json").read_text())
    assert list(found["ways"]) == names
    for name in names:
        way = found["ways"][name]
        assert len(way["rounds"]) == 2
        assert way["calls_per_s"] > 0
        assert way["calls"] == 10
    gated = found["ways"][names[2]]
    assert 0 <= gated["sent_on"] <= 1
    assert {row["gate"] for row in found["files"]} == {True, False}
    assert {row["rows"] for row in found["files"]} == {40}
    assert names[0] in done.stdout
    assert (tmp_path / "speed.svg").read_text().startswith("<svg xmlns")
