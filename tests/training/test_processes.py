"""Several processes: the same steps, losses and scores as one process with as large a batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from scamclf.resources import resource
from scamclf.training.run import RUN
from scamclf.training.train import train

SMOKE = resource("configs/smoke.yaml")
ROOT = SMOKE.parent.parent
TORCHRUN = str(Path(sys.executable).with_name("torchrun"))
# No dropout: each process draws its own. No bf16: sums in another order are to agree.
EXACT = ("model.dropout=0", "training.bf16=false", "training.epochs=2", "training.lr=1e-3", "training.twin_weight=1")


def rows(run: Path, key: str) -> list[float]:
    history = json.loads((run / RUN.metrics).read_text(encoding="utf-8"))["history"]
    return [row[key] for row in history if key in row]


def assert_same_training(one: Path, other: Path) -> None:
    for key in ("loss", "grad_norm", "eval_log_loss", "eval_average_precision"):
        assert rows(one, key) == pytest.approx(rows(other, key), rel=1e-3), key
    ours, theirs = (load_file(run / RUN.model / "model.safetensors") for run in (one, other))
    # AdamW divides by the size of the gradient: where that is all rounding, a step may differ by its whole length.
    differences = torch.cat([(ours[name] - theirs[name]).abs().flatten() for name in ours])
    assert differences.max() < 1e-2
    assert differences.quantile(0.99) < 1e-5


@pytest.fixture(scope="module")
def one_process(overrides, tmp_path_factory) -> Path:
    sets = [*overrides, *EXACT, "training.batch_size=8"]
    return train(SMOKE, overrides=sets, run=tmp_path_factory.mktemp("one") / "run")


def test_two_processes_train_as_one_with_twice_the_batch(one_process, overrides, tmp_path):
    run = tmp_path / "run"
    sets = [part for override in (*overrides, *EXACT, "training.batch_size=4") for part in ("--set", override)]
    command = [TORCHRUN, "--standalone", "--nproc_per_node", "2", "--", "train/train.py", "--config", str(SMOKE)]
    done = subprocess.run(
        [*command, "--run", str(run), *sets], cwd=ROOT, capture_output=True, text=True, timeout=600,
        env=os.environ | {"ACCELERATE_USE_CPU": "true", "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    assert json.loads((run / RUN.device).read_text(encoding="utf-8"))["processes"] == 2
    assert_same_training(one_process, run)
    # One process writes; each checkpoint holds the state of both.
    assert len(list((run / RUN.logs).iterdir())) == 1
    for checkpoint in (run / RUN.checkpoints).iterdir():
        listed = json.loads((checkpoint / "whole.json").read_text(encoding="utf-8"))
        assert {"rng_state_0.pth", "rng_state_1.pth", "model.safetensors", "optimizer.pt"} <= set(listed)


@pytest.mark.parametrize("more", [("training.micro_batch=2",), ("training.gradient_checkpointing=true",)])
def test_small_micro_batches_and_checkpointed_gradients_train_as_the_whole_batch(
    one_process, overrides, tmp_path, more
):
    run = train(SMOKE, overrides=[*overrides, *EXACT, "training.batch_size=8", *more], run=tmp_path / "run")
    assert_same_training(one_process, run)
