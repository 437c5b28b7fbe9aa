"""From a run to a bundle. An export that does not agree with its model is refused."""

import dataclasses
import json
import logging
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import transformers
import yaml

from scamclf.bundle import LAYOUT, Manifest, Precision, Statistic, statistic_from_dict, write_checksums, write_manifest
from scamclf.calls import LABELS, Call
from scamclf.card import write_card
from scamclf.config import CalibrationConfig
from scamclf.encode import Encoder
from scamclf.errors import ExportError
from scamclf.pooling import scam_logit
from scamclf.predict import Scorer
from scamclf.preparation.prepare import load_prepared
from scamclf.runtimes.onnx import INPUT_NAMES, OUTPUT_NAME, OnnxRuntime
from scamclf.runtimes.torch import TorchRuntime
from scamclf.training.run import RUN
from scamclf.windows import WindowSpec

__all__ = ["FP32_TOLERANCE", "check_parity", "export", "export_onnx"]

logger = logging.getLogger(__name__)

FP32_TOLERANCE = 1e-3
"""Largest difference in log-odds between torch and ONNX Runtime, and between a call alone and in a batch. Sums in
another order give some 1e-5; a wrong mask or a lost layer gives far more."""

_PARITY_CALLS = 200
_TMP_SUFFIX = ".exporting"


def export(run: Path, bundle: Path, *, overwrite: bool = False) -> Path:
    """Export a run.

    Args:
        run: folder that training wrote.
        bundle: folder to write; it appears whole or not at all.
        overwrite: replace a bundle that is there.

    Returns:
        The bundle folder.

    Raises:
        ExportError: the run is incomplete, the bundle is there, or the exported network does not agree with
            the trained one.
    """
    if bundle.exists() and not overwrite:
        raise ExportError(f"{bundle} is there already: give another name or --overwrite")
    if not (run / RUN.calibration).is_file():
        raise ExportError(f"{run}: no {RUN.calibration}; wanted a finished run of `scamclf train`")
    partial = bundle.with_name(bundle.name + _TMP_SUFFIX)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _write(run, partial)
        if bundle.exists():
            shutil.rmtree(bundle)
        partial.rename(bundle)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return bundle


def export_onnx(model: transformers.PreTrainedModel, path: Path) -> None:
    """Write the network as one ONNX file with embedded weights: ids and mask in, logits out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, tokens = torch.export.Dim("batch", min=1, max=65536), torch.export.Dim("tokens", min=2, max=65536)
    ids = torch.randint(0, model.config.vocab_size, (2, 24))
    mask = torch.ones_like(ids)
    mask[1, 16:] = 0
    # The exporter warns of its own internals and of packages that it could use: nothing that a user can act on.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _LogitsOnly(model).eval(),
            (ids, mask),
            path,
            input_names=list(INPUT_NAMES),
            output_names=[OUTPUT_NAME],
            dynamic_shapes=[{0: rows, 1: tokens}, {0: rows, 1: tokens}],
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    graph = onnx.load(path)
    if any(tensor.external_data for tensor in graph.graph.initializer):
        raise ExportError(f"{path}: weights lie outside the file; wanted one file")


def check_parity(reference: Scorer, exported: Scorer, calls: Sequence[Call]) -> dict[str, float]:
    """Compare an exported network with the one that it came from.

    Args:
        reference: runs the trained weights in torch.
        exported: runs the exported file.
        calls: real calls, short and long.

    Returns:
        Largest differences in log-odds: "windows" (lengths from one token to full, padded and not), "alone"
        (a window alone against in a batch), "calls", and "changed_decisions".

    Raises:
        ExportError: a difference is over the tolerance, or a decision changed.
    """
    encoded = exported.encoder.encode(calls)
    windows = [w for call in encoded for w in exported.encoder.window_ids(call, exported.encoder.call_spans(call))]
    windows = sorted(windows, key=len)[:: max(1, len(windows) // _PARITY_CALLS)]
    windows += [window[:n] for n, window in zip((2, 3, 5, 9), windows[-4:], strict=False)]
    ours = scam_logit(exported.window_logits(windows))
    alone = np.concatenate([scam_logit(exported.window_logits([window])) for window in windows])
    theirs = scam_logit(reference.window_logits(windows))
    pairs = list(zip(reference.score(calls), exported.score(calls), strict=True))
    differences = {
        "windows": float(np.abs(ours - theirs).max()),
        "alone": float(np.abs(ours - alone).max()),
        "calls": max(abs((a.logit_scam or 0.0) - (b.logit_scam or 0.0)) for a, b in pairs),
        "changed_decisions": float(sum(a.alert != b.alert or a.label != b.label for a, b in pairs)),
    }
    logger.info("parity over %d windows and %d calls: %s", len(windows), len(calls), differences)
    worst = max(differences["windows"], differences["alone"], differences["calls"])
    # Written so that NaN is refused too.
    if not worst <= FP32_TOLERANCE or differences["changed_decisions"]:
        raise ExportError(
            f"the exported network does not agree with the trained one: {differences}; wanted differences of at most "
            f"{FP32_TOLERANCE} in log-odds and no changed decision"
        )
    return differences


class _LogitsOnly(torch.nn.Module):  # type: ignore[misc]
    def __init__(self, model: transformers.PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def _write(run: Path, bundle: Path) -> None:
    shutil.copytree(run / RUN.model, bundle)
    # Eager attention exports as plain products and a softmax, which every runtime knows how to fuse.
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        run / RUN.model, attn_implementation="eager", dtype=torch.float32
    ).eval()
    export_onnx(model, bundle / LAYOUT.onnx)
    raw = json.loads((run / RUN.calibration).read_text(encoding="utf-8"))
    statistics = {name: statistic_from_dict(found) for name, found in raw.items()}
    manifest = _manifest(run, statistics)
    encoder = Encoder.from_file(bundle / LAYOUT.tokenizer, WindowSpec(**manifest.windows))
    reference = Scorer(manifest, encoder, TorchRuntime(model))
    exported = Scorer(manifest, encoder, OnnxRuntime(bundle / LAYOUT.onnx))
    calls = load_prepared(run / RUN.data).splits["validation"]
    fp32 = dataclasses.replace(manifest.precisions["fp32"], parity=check_parity(reference, exported, calls))
    manifest = dataclasses.replace(manifest, precisions={"fp32": fp32})
    write_manifest(bundle, manifest)
    evaluation = bundle / LAYOUT.evaluation
    evaluation.mkdir()
    shutil.copy(run / RUN.metrics, evaluation / "training.json")
    write_card(bundle, manifest)
    write_checksums(bundle)


def _manifest(run: Path, statistics: dict[str, Statistic]) -> Manifest:
    settings: dict[str, Any] = yaml.safe_load((run / RUN.recipe).read_text(encoding="utf-8"))
    recipe = settings["recipe"]
    demonstration = CalibrationConfig(**recipe["calibration"]).demonstration
    provenance = json.loads((run / RUN.provenance).read_text(encoding="utf-8"))
    return Manifest(
        labels=LABELS,
        windows=recipe["windows"],
        precisions={"fp32": Precision(LAYOUT.onnx, statistics["call"], statistics["monitor"])},
        operating_point=next(iter(statistics["call"].scam), None),
        intended_use="demonstration" if demonstration else "production",
        provenance={"recipe": recipe, **provenance},
    )
