"""The bundle of a run. An export that does not agree with its model is refused."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
import yaml

from scamclf.bundle import LAYOUT, Manifest, Precision, Statistic, statistic_from_dict, write_checksums, write_manifest
from scamclf.calls import LABELS
from scamclf.card import write_card
from scamclf.config import CalibrationConfig
from scamclf.encode import Encoder
from scamclf.errors import ExportError
from scamclf.export.gate import set_gate
from scamclf.export.graph import export_onnx
from scamclf.export.parity import check_parity
from scamclf.export.precisions import ask_fp32, check_precisions, make_precision
from scamclf.linear import read_linear
from scamclf.predict import Scorer
from scamclf.preparation.prepare import load_prepared
from scamclf.runtimes.onnx import OnnxRuntime
from scamclf.runtimes.torch import TorchRuntime
from scamclf.training.run import RUN
from scamclf.windows import WindowSpec

__all__ = ["export"]

_TMP_SUFFIX = ".exporting"


def export(
    run: Path,
    bundle: Path,
    *,
    overwrite: bool = False,
    precisions: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> Path:
    """Export a run.

    Args:
        run: folder that training wrote.
        bundle: folder to write; it appears whole or not at all.
        overwrite: replace a bundle that is there.
        precisions: those to make beside fp32 (`scamclf.export.precisions.PRECISIONS`).
        tell: takes a line of progress.

    Returns:
        The bundle folder.

    Raises:
        ExportError: the run is incomplete, the bundle is there, the exported network does not agree with
            the trained one, or a precision not with fp32.
        ConfigError: there is no such precision, or this CPU does not compute in it.
        MissingExtraError: what a precision needs is not installed.
    """
    check_precisions(precisions)
    if bundle.exists() and not overwrite:
        raise ExportError(f"{bundle} is there already: give another name or --overwrite")
    if not (run / RUN.calibration).is_file():
        raise ExportError(f"{run}: no {RUN.calibration}; wanted a finished run of `scamclf train`")
    partial = bundle.with_name(bundle.name + _TMP_SUFFIX)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _write(run, partial, precisions, tell)
        if bundle.exists():
            shutil.rmtree(bundle)
        partial.rename(bundle)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return bundle


def _write(run: Path, bundle: Path, precisions: Sequence[str], tell: Callable[[str], None]) -> None:
    shutil.copytree(run / RUN.model, bundle)
    # Eager attention exports as plain products and a softmax, which every runtime knows how to fuse.
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        run / RUN.model, attn_implementation="eager", dtype=torch.float32
    ).eval()
    fused = export_onnx(model, bundle / LAYOUT.onnx)
    raw = json.loads((run / RUN.calibration).read_text(encoding="utf-8"))
    statistics = {name: statistic_from_dict(found) for name, found in raw.items()}
    manifest = _manifest(run, statistics, fused)
    encoder = Encoder.from_file(bundle / LAYOUT.tokenizer, WindowSpec(**manifest.windows))
    linear = read_linear(bundle / LAYOUT.linear)
    reference = Scorer(manifest, encoder, TorchRuntime(model), linear=linear)
    exported = Scorer(manifest, encoder, OnnxRuntime(bundle / LAYOUT.onnx), linear=linear)
    splits = load_prepared(run / RUN.data).splits
    tell(f"comparing the exported network with the trained one: {len(splits['validation'])} calls")
    parity = check_parity(reference, exported, splits["validation"])
    found = {"fp32": dataclasses.replace(manifest.precisions["fp32"], parity=parity)}
    if precisions:
        tell(f"scoring what the other precisions are compared with: {len(splits['calibration'])} calls more")
        said = ask_fp32(exported, splits)
    for precision in precisions:
        tell(f"{precision}: setting thresholds, and comparing with fp32")
        found[precision] = make_precision(precision, bundle, exported, splits, said)
    tell(f"setting the gate: {len(splits['calibration'])} calls")
    manifest = dataclasses.replace(manifest, precisions=found, gate=set_gate(exported, splits["calibration"]))
    write_manifest(bundle, manifest)
    evaluation = bundle / LAYOUT.evaluation
    evaluation.mkdir()
    shutil.copy(run / RUN.metrics, evaluation / "training.json")
    write_card(bundle, manifest, name=bundle.name.removesuffix(_TMP_SUFFIX))
    write_checksums(bundle)


def _manifest(run: Path, statistics: dict[str, Statistic], fused: dict[str, int]) -> Manifest:
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
        provenance={"recipe": recipe, **provenance, "fused_operators": fused},
    )
