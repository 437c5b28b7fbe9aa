"""Export: a bundle whole or none at all, and none that does not agree with its model."""

import dataclasses
import json
import math
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
import transformers
from onnx import numpy_helper

import scamclf.export.bundle
from scamclf.bundle import LAYOUT, read_manifest, verify_bundle
from scamclf.calls import LABELS
from scamclf.encode import Encoder
from scamclf.errors import ExportError
from scamclf.export import FP32_TOLERANCE, check_parity, export
from scamclf.linear import read_linear
from scamclf.predict import Scorer
from scamclf.preparation.prepare import load_prepared, write_prepared
from scamclf.runtimes.onnx import INPUT_NAMES, OUTPUT_NAME, OnnxRuntime
from scamclf.runtimes.torch import TorchRuntime
from scamclf.training.run import RUN
from scamclf.windows import WindowSpec


@pytest.fixture(scope="module")
def some_calls(tiny_run):
    return load_prepared(tiny_run / RUN.data).splits["validation"][:20]


@pytest.fixture(scope="module")
def reference(tiny_run, tiny_bundle) -> Scorer:
    manifest = read_manifest(tiny_bundle)
    encoder = Encoder.from_file(tiny_run / RUN.model / LAYOUT.tokenizer, WindowSpec(**manifest.windows))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(tiny_run / RUN.model)
    return Scorer(manifest, encoder, TorchRuntime(model), linear=read_linear(tiny_run / RUN.model / LAYOUT.linear))


@pytest.fixture
def onnx_as(reference):
    """A scorer of the exported network that runs another file."""
    return lambda path: Scorer(
        reference.manifest, reference.encoder, OnnxRuntime(path, threads=1), linear=reference.linear
    )


@pytest.fixture
def tampered(tiny_bundle, tmp_path):
    """The exported network with one weight changed: added to, or made NaN."""

    def tamper(amount: float, *, layer: str = "classifier") -> Path:
        graph = onnx.load(tiny_bundle / LAYOUT.onnx)
        (weight, *_) = [
            tensor
            for tensor in graph.graph.initializer
            if layer in tensor.name and len(tensor.dims) == (1 if layer == "classifier" else 2)
        ]
        values = numpy_helper.to_array(weight).copy()
        values.flat[0] += amount
        weight.CopyFrom(numpy_helper.from_array(values, weight.name))
        path = tmp_path / "tampered.onnx"
        onnx.save(graph, path)
        return path

    return tamper


@pytest.fixture
def run(tiny_run, some_calls, tmp_path) -> Path:
    """The run with fewer calls to compare on."""
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run, ignore=shutil.ignore_patterns(RUN.checkpoints, RUN.logs))
    prepared = load_prepared(run / RUN.data)
    write_prepared(dataclasses.replace(prepared, splits={**prepared.splits, "validation": some_calls}), run / RUN.data)
    return run


@pytest.fixture
def exporting(monkeypatch):
    """Puts a file in the place of the one that torch would export, which takes seconds."""

    def use(path: Path) -> None:
        def copy(_model: object, target: Path) -> None:
            target.parent.mkdir(parents=True)
            shutil.copy(path, target)

        monkeypatch.setattr(scamclf.export.bundle, "export_onnx", copy)

    return use


def test_a_bundle_holds_the_files_of_its_layout(tiny_bundle):
    found = sorted(path.relative_to(tiny_bundle).as_posix() for path in tiny_bundle.rglob("*") if path.is_file())
    unless_asked_for = ("evaluation", "int8", "int8_weights")
    names = [getattr(LAYOUT, field.name) for field in dataclasses.fields(LAYOUT) if field.name not in unless_asked_for]
    assert found == sorted([*names, "eval/training.json"])
    verify_bundle(tiny_bundle)
    assert not list(tiny_bundle.parent.glob("*.exporting"))


def test_the_network_is_one_file_with_free_batch_and_length(tiny_bundle):
    graph = onnx.load(tiny_bundle / LAYOUT.onnx).graph
    assert not any(tensor.external_data for tensor in graph.initializer)
    assert [node.name for node in graph.input] == list(INPUT_NAMES)
    assert [node.name for node in graph.output] == [OUTPUT_NAME]
    for node in graph.input:
        assert all(dim.dim_param for dim in node.type.tensor_type.shape.dim)


def test_attention_and_normalisation_are_fused_in_every_layer(tiny_bundle):
    operators = Counter(node.op_type for node in onnx.load(tiny_bundle / LAYOUT.onnx).graph.node)
    fused = {"Attention": 2, "MultiHeadAttention": 0, "SkipLayerNormalization": 4, "BiasGelu": 2}
    assert {name: operators[name] for name in fused} == fused
    assert operators["Softmax"] == 0
    assert read_manifest(tiny_bundle).provenance["fused_operators"] == fused


def test_everybody_can_read_the_configuration(tiny_bundle):
    config = json.loads((tiny_bundle / LAYOUT.config).read_text(encoding="utf-8"))
    assert config["id2label"] == {str(i): label for i, label in enumerate(LABELS)}
    assert config["label2id"] == {label: i for i, label in enumerate(LABELS)}
    assert config["problem_type"] == "single_label_classification"
    assert (config["hidden_size"], config["num_hidden_layers"]) == (32, 2)


def test_the_manifest_says_how_the_model_was_made(tiny_bundle, tiny_run):
    manifest = read_manifest(tiny_bundle)
    kept = json.loads((tiny_run / RUN.provenance).read_text(encoding="utf-8"))
    assert manifest.labels == LABELS
    assert manifest.provenance["data_fingerprint"] == kept["data_fingerprint"]
    assert manifest.provenance["recipe"]["name"] == "smoke"
    assert manifest.intended_use == "demonstration"
    assert manifest.operating_point == "fpr_1pct"


def test_the_card_warns_and_names_its_thresholds(tiny_bundle):
    card = (tiny_bundle / LAYOUT.card).read_text(encoding="utf-8")
    point = read_manifest(tiny_bundle).precisions["fp32"].call.scam["fpr_1pct"]
    assert "**This is a demonstration, not for use.**" in card
    assert f"| call | scam | fpr_1pct | {point.threshold:.2f} |" in card
    assert 'model="bundle"' in card
    assert ".exporting" not in card


def test_parity_is_measured_and_kept(tiny_bundle):
    parity = read_manifest(tiny_bundle).precisions["fp32"].parity
    assert set(parity) == {"windows", "alone", "calls", "changed_decisions"}
    assert max(parity["windows"], parity["alone"], parity["calls"]) < FP32_TOLERANCE
    assert parity["changed_decisions"] == 0


def test_parity_holds_for_the_file_that_was_exported(reference, onnx_as, tiny_bundle, some_calls):
    found = check_parity(reference, onnx_as(tiny_bundle / LAYOUT.onnx), some_calls)
    assert found["windows"] < FP32_TOLERANCE


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("amount", [0.01, -3.0, math.nan])
def test_a_changed_bias_is_refused(reference, onnx_as, tampered, some_calls, amount):
    with pytest.raises(ExportError, match=r"does not agree with the trained one: .*wanted differences of at most"):
        check_parity(reference, onnx_as(tampered(amount)), some_calls)


def test_one_changed_weight_of_one_word_is_refused(reference, onnx_as, tampered, some_calls):
    # Position 0, which every window has.
    path = tampered(2.0, layer="position_embeddings")
    with pytest.raises(ExportError, match="does not agree"):
        check_parity(reference, onnx_as(path), some_calls)


def test_a_network_that_minds_its_batch_is_refused(reference, onnx_as, tiny_bundle, some_calls):
    exported = onnx_as(tiny_bundle / LAYOUT.onnx)
    run = exported.runtime.run

    class Leaky:
        """What dynamic quantisation does, in short: a row's scores follow from those of the batch."""

        name = "leaky"
        pad_to = 1
        batch_tokens = 4096
        at_once = 1

        def run(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
            logits = run(ids, mask)
            return logits + np.float32([0.01, 0, 0]) * len(logits) / 100

    exported.runtime = Leaky()
    reference_too = Scorer(reference.manifest, reference.encoder, Leaky())
    with pytest.raises(ExportError, match=r"'alone': 0\.00"):
        check_parity(reference_too, exported, some_calls)


def test_a_network_that_disagrees_leaves_no_bundle(run, tampered, exporting, tmp_path):
    exporting(tampered(0.5))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ExportError, match="does not agree"):
        export(run, tmp_path / "bundle")
    assert sorted(tmp_path.iterdir()) == before


def test_a_failed_export_leaves_the_old_bundle_as_it_was(run, tampered, exporting, tiny_bundle, tmp_path):
    bundle = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, bundle)
    exporting(tampered(0.5))
    with pytest.raises(ExportError, match="does not agree"):
        export(run, bundle, overwrite=True)
    verify_bundle(bundle)
    assert not list(tmp_path.glob("*.exporting"))


def test_an_export_that_breaks_off_leaves_nothing(run, monkeypatch, tmp_path):
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(scamclf.export.bundle, "export_onnx", fail)
    with pytest.raises(OSError, match="disk full"):
        export(run, tmp_path / "bundle")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_an_export_that_was_killed_left_behind_is_no_hindrance(run, exporting, tiny_bundle, tmp_path):
    (tmp_path / "bundle.exporting").mkdir()
    (tmp_path / "bundle.exporting" / "left-over").touch()
    exporting(tiny_bundle / LAYOUT.onnx)
    bundle = export(run, tmp_path / "bundle")
    verify_bundle(bundle)
    assert not (bundle / "left-over").exists()


def test_a_bundle_that_is_there_is_refused(tiny_run, tiny_bundle):
    before = (tiny_bundle / LAYOUT.checksums).read_bytes()
    with pytest.raises(ExportError, match=r"bundle is there already: give another name or --overwrite"):
        export(tiny_run, tiny_bundle)
    assert (tiny_bundle / LAYOUT.checksums).read_bytes() == before
    verify_bundle(tiny_bundle)


def test_overwrite_replaces_a_bundle_whole(run, exporting, tiny_bundle, tmp_path):
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "left-over").touch()
    exporting(tiny_bundle / LAYOUT.onnx)
    assert export(run, bundle, overwrite=True) == bundle
    verify_bundle(bundle)
    assert not (bundle / "left-over").exists()


def test_a_run_that_is_not_finished_is_refused(run, tmp_path):
    (run / RUN.calibration).unlink()
    with pytest.raises(ExportError, match=r"run: no calibration\.json; wanted a finished run of `scamclf train`"):
        export(run, tmp_path / "bundle")
    with pytest.raises(ExportError, match=r"nothing: no calibration\.json"):
        export(tmp_path / "nothing", tmp_path / "bundle")
