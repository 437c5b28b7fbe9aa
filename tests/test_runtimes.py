"""What was asked for is what runs, and no runtime or precision minds what a window is batched with."""

import dataclasses
import itertools
import math
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scamclf.runtimes
from scamclf.bundle import LAYOUT, read_manifest, verify_bundle
from scamclf.errors import BundleError, ConfigError, ExportError, MissingExtraError
from scamclf.export import int8, precisions
from scamclf.export.bundle import export
from scamclf.export.precisions import ask_fp32, compare, make_precision
from scamclf.predict import load
from scamclf.preparation.prepare import load_prepared
from scamclf.thresholds import reset_thresholds
from scamclf.training.run import RUN

pytest.importorskip("nncf", reason="needs the extra [openvino]")
from scamclf.runtimes.openvino import OpenVinoRuntime, has_bf16

BOUNDS = {"fp32": 1e-4, "bf16": 0.02, "int8": 0.1}
"""Log-odds of a call alone against in any batch, in any order: what is stated in docs/architecture.md."""

HERE = ["fp32", "int8", *(["bf16"] if has_bf16() else [])]


@pytest.fixture(scope="module")
def bundle(tiny_run, tmp_path_factory):
    """A bundle with every precision that this CPU computes in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precisions, "_CALIBRATION_WINDOWS", 16)
        return export(tiny_run, tmp_path_factory.mktemp("precisions") / "bundle", precisions=HERE[1:])


@pytest.fixture(scope="module")
def scorers(bundle):
    return {name: load(bundle, precision=name, runtime="openvino", threads=2) for name in HERE}


def test_each_precision_has_its_own_file_thresholds_and_parity(bundle):
    verify_bundle(bundle)
    found = read_manifest(bundle).precisions
    assert list(found) == HERE
    assert found["int8"].file == LAYOUT.int8
    assert (bundle / LAYOUT.int8_weights).stat().st_size < (bundle / LAYOUT.onnx).stat().st_size
    for name in HERE[1:]:
        assert set(found[name].parity) == {"calls", "calls_mean", "changed_alerts", "compared"}
        assert found[name].parity["compared"] > 0
        assert found[name].call.slope == found["fp32"].call.slope
        assert found[name].call.scam["fpr_1pct"].n_legitimate == found["fp32"].call.scam["fpr_1pct"].n_legitimate
    thresholds = {name: found[name].call.scam["fpr_1pct"].threshold for name in HERE}
    assert len(set(thresholds.values())) == len(HERE)


def test_int8_is_computed_in_int8(bundle):
    import openvino

    types = {str(op.get_output_element_type(0)) for op in openvino.Core().read_model(bundle / LAYOUT.int8).get_ops()}
    assert any("i8" in name or "int8" in name for name in types)


@pytest.mark.parametrize("precision", HERE)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_score_depends_on_nothing_that_a_call_is_batched_with(scorers, calls, precision, data):
    scorer = scorers[precision]
    batch = data.draw(st.lists(st.sampled_from(calls), min_size=1, max_size=12))

    for call, prediction in zip(batch, scorer.score(batch), strict=True):
        assert prediction.logit_scam == pytest.approx(scorer.score([call])[0].logit_scam, abs=BOUNDS[precision])


@pytest.mark.parametrize("precision", HERE)
def test_a_score_does_not_depend_on_the_order(scorers, calls, precision):
    shuffled = random.Random(1).sample(calls, len(calls))
    straight = {call.call_id: p.logit_scam for call, p in zip(calls, scorers[precision].score(calls), strict=True)}

    for prediction in scorers[precision].score(shuffled):
        assert prediction.logit_scam == pytest.approx(straight[prediction.call_id], abs=BOUNDS[precision])


def test_runtimes_agree_in_fp32(bundle, scorers, calls):
    found = compare(load(bundle, threads=1).score(calls), scorers["fp32"], calls)
    assert found["calls"] < 1e-4
    assert found["changed_alerts"] == 0


def test_auto_says_what_it_took_and_why(bundle):
    assert load(bundle, threads=1).runtime.name == "onnxruntime-cpu-fp32"
    int8 = load(bundle, precision="int8", threads=1)
    assert int8.runtime.name == "openvino-cpu-int8"
    assert int8.why == "auto: openvino is the one for int8 on a CPU"
    assert load(bundle, runtime="openvino", threads=1).why == "'openvino' was asked for"


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_a_runtime_that_is_not_installed_is_an_error(bundle, monkeypatch, name):
    monkeypatch.setattr(scamclf.runtimes, "find_spec", lambda package: None)
    with pytest.raises(MissingExtraError, match=rf"runtime '{name}'.* needs {name}.*pip install 'scamclf\["):
        load(bundle, runtime=name)


def test_what_a_runtime_cannot_do_is_an_error(bundle):
    with pytest.raises(ConfigError, match="ONNX Runtime runs fp32: take runtime 'openvino' or 'auto'"):
        load(bundle, precision="int8", runtime="onnxruntime")
    with pytest.raises(ConfigError, match="runtime is 'tpu'; wanted one of auto, onnxruntime, openvino, torch"):
        load(bundle, runtime="tpu")


def test_torch_without_a_gpu_is_an_error(bundle):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match="runs on a GPU, and torch sees none"):
        load(bundle, runtime="torch")


def test_bf16_on_a_cpu_without_it_is_an_error(bundle, monkeypatch):
    monkeypatch.setattr("scamclf.runtimes.openvino.has_bf16", lambda: False)
    with pytest.raises(ConfigError, match="this CPU does not compute in"):
        OpenVinoRuntime(bundle / LAYOUT.onnx, precision="bf16")


def test_a_damaged_network_is_refused(bundle, tmp_path):
    path = tmp_path / "model.xml"
    path.write_text("<net>")
    with pytest.raises(BundleError, match=r"model\.xml: OpenVINO cannot load it"):
        OpenVinoRuntime(path)


def test_an_unknown_precision_is_refused_before_anything_is_exported(tiny_run, tmp_path):
    with pytest.raises(ConfigError, match="precision is 'int4'; beside fp32 there are bf16, int8"):
        export(tiny_run, tmp_path / "bundle", precisions=["int4"])
    assert not (tmp_path / "bundle").exists()


@pytest.fixture
def make_int8(bundle, tiny_run, monkeypatch, tmp_path):
    """Make int8 of a model in production, which is said to decide so many of forty calls otherwise."""

    def make(*changed):
        scorer = load(bundle, threads=1)
        recipe = {
            **scorer.manifest.provenance["recipe"],
            "calibration": {"target_fprs": [0.01], "demonstration": False},
        }
        scorer.manifest = dataclasses.replace(scorer.manifest, provenance={"recipe": recipe}, operating_point=None)
        monkeypatch.setattr(precisions, "_CALIBRATION_WINDOWS", 4)
        monkeypatch.setattr(int8, "MEAN_DIFFERENCE", math.inf)
        said = itertools.chain(changed, itertools.repeat(changed[-1]))
        monkeypatch.setattr(precisions, "compare", lambda *_: {"changed_alerts": next(said)})
        splits = {name: calls[:20] for name, calls in load_prepared(tiny_run / RUN.data).splits.items()}
        folder = shutil.copytree(bundle, tmp_path / "bundle")
        return make_precision("int8", folder, scorer, splits, ask_fp32(scorer, splits))

    return make


def test_a_precision_that_decides_otherwise_is_refused(make_int8):
    with pytest.raises(ExportError, match="decides 2 of 40 calls otherwise than fp32"):
        make_int8(2.0)


def test_int8_leaves_out_products_until_it_decides_as_fp32_does(make_int8):
    made = make_int8(2.0, 2.0, 1.0)
    assert len(made.left_out) == 2
    assert made.parity["changed_alerts"] == 1


def test_own_thresholds_are_set_for_every_precision(bundle, calls, tmp_path):
    legitimate = [dataclasses.replace(call, label=None) for call in calls] * 40
    reset_thresholds(bundle, legitimate, tmp_path / "own")
    found = read_manifest(tmp_path / "own").precisions
    assert list(found) == HERE
    assert {precision.call.scam["fpr_1pct"].n_legitimate for precision in found.values()} == {len(legitimate)}
    for name in HERE:
        alarms = sum(bool(p.alert) for p in load(tmp_path / "own", precision=name, threads=1).score(legitimate))
        assert alarms == found[name].call.scam["fpr_1pct"].n_false_alarms
    assert not list(tmp_path.glob("*.partial"))


def test_a_precision_that_is_left_out_is_no_longer_named(bundle, calls, tmp_path):
    reset_thresholds(bundle, list(calls) * 40, tmp_path / "own", precisions=["fp32"])
    with pytest.raises(ConfigError, match=r"precision is 'int8'; .* has fp32"):
        load(tmp_path / "own", precision="int8")


def test_quantising_reports_to_nobody():
    code = (
        "from scamclf.export.int8 import quiet_nncf\nquiet_nncf()\n"
        "import sys\nimport nncf\nprint('openvino_telemetry.main' in sys.modules, sys.modules['openvino_telemetry'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-2:] == ["False", "None"]


def test_padding_is_counted(scorers, calls):
    scorer = scorers["fp32"]
    before = scorer.padding.tokens
    predictions = scorer.score(calls)
    special = sum(p.n_windows for p in predictions) * 2
    assert scorer.padding.tokens - before >= sum(p.n_tokens for p in predictions) + special
    assert 0 <= scorer.padding.share < 1
    assert np.isclose(scorer.padding.share, 1 - scorer.padding.tokens / scorer.padding.padded)
