"""Every shipped recipe, made small enough for a test: trained; and one of each architecture exported and used."""

import json

import numpy as np
import pytest
import transformers

from scamclf.bundle import read_manifest
from scamclf.calls import LABELS
from scamclf.config import load_recipe
from scamclf.export import FP32_TOLERANCE, export
from scamclf.predict import load
from scamclf.resources import resource
from scamclf.training.run import RUN
from scamclf.training.train import train

RECIPES = sorted(resource("configs").glob("*.yaml"))
OF_ARCHITECTURE = {load_recipe(path).model.architecture: path for path in RECIPES}
# The authored pairs, a few of them, in place of the public corpora; random weights in place of a download.
SMALL = (
    "data.sources=[]", "data.train_whole=[]", "data.hold_out=[]", "data.shares=[0.05, 0.02, 0.03, 0.9]",
    "model.init=random-tiny",
    "windows.max_tokens=64", "windows.stride=48", "windows.monitor_step=32",
    "training.epochs=1", "training.windows_per_epoch=32", "training.batch_size=8", "calibration.demonstration=true",
    "distill=null",
)  # fmt: skip
TEXTS = (
    "hello this is Microsoft, your computer has 3 viruses [beep]",
    "Hi. Can we meet on Thursday at 4:30?",
    "",
    "a",
)


@pytest.fixture(scope="session")
def run_of(tmp_path_factory):
    """Run a recipe once a session."""
    runs = {}

    def run(path):
        if path not in runs:
            runs[path] = train(path, overrides=SMALL, run=tmp_path_factory.mktemp("recipes") / path.stem)
        return runs[path]

    return run


def test_every_architecture_has_a_recipe():
    assert set(OF_ARCHITECTURE) == {"bert", "modernbert", "deberta-v2"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_trains(run_of, path):
    run = run_of(path)
    config = json.loads((run / RUN.model / "config.json").read_text(encoding="utf-8"))
    assert config["model_type"] == load_recipe(path).model.architecture
    assert (run / RUN.calibration).is_file()


@pytest.mark.parametrize("architecture", OF_ARCHITECTURE)
def test_every_architecture_exports_scores_and_agrees_with_transformers(run_of, architecture, tmp_path):
    bundle = export(run_of(OF_ARCHITECTURE[architecture]), tmp_path / "bundle")
    parity = read_manifest(bundle).precisions["fp32"].parity
    assert max(parity["windows"], parity["alone"], parity["calls"]) < FP32_TOLERANCE

    scorer = load(bundle, threads=1)
    predictions = scorer.score([{"call_id": str(i), "text": text} for i, text in enumerate(TEXTS)])
    assert [prediction.status for prediction in predictions] == ["ok", "ok", "error", "ok"]

    pipeline = transformers.pipeline("text-classification", model=str(bundle), device="cpu", top_k=None)
    windows = [scorer.encoder.wrap(np.array(scorer.encoder.tokenizer.encode(text).ids[1:-1])) for text in TEXTS]
    scorer.linear = None  # transformers knows the network alone
    logits = scorer.window_logits(windows).astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # All at once, so that the padding is tried too.
    for rows, ours in zip(pipeline(list(TEXTS), batch_size=len(TEXTS)), shares, strict=True):
        theirs = {row["label"]: row["score"] for row in rows}
        assert [theirs[label] for label in LABELS] == pytest.approx(list(ours), abs=1e-4)
