"""What stops a training that is not the program's fault: a message that says what to change, and nothing lost."""

import errno
import os
import resource as limits
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from scamclf.calls import LABELS
from scamclf.errors import ConfigError, DataError
from scamclf.preparation.prepare import Prepared
from scamclf.resources import resource
from scamclf.training.checkpoints import Checkpoints, last_checkpoint
from scamclf.training.device import largest_that_fits
from scamclf.training.fit import fit
from scamclf.training.run import RUN
from scamclf.training.stops import explained
from scamclf.training.train import train

SMOKE = resource("configs/smoke.yaml")


def test_a_loss_that_is_no_number_stops_before_it_is_saved(overrides, tmp_path):
    run = tmp_path / "run"
    wanted = r"step \d+: .*(nan|inf).*: set training\.lr lower \(it is 1e\+30\)"
    with pytest.raises(ConfigError, match=wanted):
        train(SMOKE, overrides=[*overrides, "training.lr=1e30"], run=run)
    assert last_checkpoint(run / RUN.checkpoints) is None
    assert not (run / RUN.model).exists()


def without(prepared: Prepared, split: str, *labels: str) -> Prepared:
    kept = [call for call in prepared.splits[split] if call.label not in labels]
    return Prepared({**prepared.splits, split: kept}, {})


@pytest.mark.parametrize(
    ("split", "labels"),
    [("train", LABELS[2:]), ("train", LABELS[:1]), ("validation", LABELS[1:]), ("calibration", LABELS[:1])],
)
def test_an_empty_class_is_refused_before_anything_is_written(prepare_smoke, tmp_path, split, labels):
    recipe, prepared = prepare_smoke()
    # A small split may lack another class besides.
    wanted = f"the {split} split has no call labelled .*{'.*'.join(labels)}.*: add sources or calls of your own"
    with pytest.raises(DataError, match=wanted):
        fit(recipe, without(prepared, split, *labels), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_label_that_is_none_of_ours_is_refused(prepare_smoke, tmp_path):
    recipe, prepared = prepare_smoke()
    train_calls = [replace(prepared.splits["train"][0], label="spam"), *prepared.splits["train"][1:]]
    with pytest.raises(DataError, match="the train split has calls labelled spam; wanted legitimate, tech_support"):
        fit(recipe, Prepared({**prepared.splits, "train": train_calls}, {}), tmp_path / "run")


def test_a_batch_that_does_not_fit_says_which_would(tmp_path):
    with (
        pytest.raises(
            ConfigError, match=r"a batch of 32 windows does not fit .*training\.micro_batch to a number below"
        ),
        explained(tmp_path, micro_batch=32),
    ):
        torch.empty(1 << 60)
    with (
        pytest.raises(ConfigError, match=r"micro_batch to 1, with training\.gradient_checkpointing=true"),
        explained(tmp_path, micro_batch=1),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")


def test_the_largest_micro_batch_is_a_divisor_of_the_batch_that_fits():
    tried = []

    def run(windows: int) -> None:
        tried.append(windows)
        if windows > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")

    assert largest_that_fits(run, 24) == 4
    assert tried == [24, 12, 8, 6, 4]
    with pytest.raises(ConfigError, match="not even one window fits"):
        largest_that_fits(lambda windows: run(9), 4)


def test_flash_attention_without_a_gpu_is_refused(overrides, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match=r"model\.attention is 'flash_attention_2'"):
        train(SMOKE, overrides=[*overrides, "model.attention=flash_attention_2"], run=tmp_path / "run")


def test_a_reporter_that_is_unknown_is_refused_before_anything_is_written(overrides, tmp_path):
    with pytest.raises(ConfigError, match=r"training\.report_to is \['no_such'\]: no_such is not supported, only"):
        train(SMOKE, overrides=[*overrides, "training.report_to=[no_such]"], run=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_full_disk_is_said_and_whole_checkpoints_stay(own_run, overrides, tmp_path, monkeypatch):
    run, marked = tmp_path / "run", Checkpoints.on_save
    before = limits.getrlimit(limits.RLIMIT_FSIZE)

    def on_save(self, args, state, control, **more) -> None:
        marked(self, args, state, control, **more)
        # From now on no file can grow beyond this: the next weights do not fit.
        limits.setrlimit(limits.RLIMIT_FSIZE, (50_000, before[1]))

    monkeypatch.setattr(Checkpoints, "on_save", on_save)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(DataError, match=r"cannot be written .*MiB are free\): make room"):
            train(SMOKE, overrides=overrides, run=run)
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert last_checkpoint(run / RUN.checkpoints).name == "checkpoint-6"
    monkeypatch.undo()
    train(SMOKE, overrides=overrides, run=run, resume=True)
    assert (run / RUN.model / "model.safetensors").read_bytes() == (
        own_run / RUN.model / "model.safetensors"
    ).read_bytes()


def test_other_errors_pass_as_they_are(tmp_path):
    with pytest.raises(OSError, match="Permission denied"), explained(tmp_path, micro_batch=1):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))


KILL = """
import os, signal, sys
import scamclf.training.checkpoints as checkpoints
import torch

wanted, seen = int(sys.argv[1]), 0

def count(event, arguments):
    # Every file that is opened for writing, renamed, synced or removed in the second checkpoint.
    global seen
    if event in ("open", "os.rename", "os.remove", "shutil.rmtree") and "checkpoint-12" in str(arguments[0]):
        seen += 1
        if seen == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
from pathlib import Path
from scamclf.training.train import train
train(Path(sys.argv[2]), overrides=sys.argv[4:], run=Path(sys.argv[3]))
"""


@pytest.mark.parametrize("write", [1, 4, 12])
def test_a_kill_during_a_save_loses_only_that_checkpoint(own_run, overrides, tmp_path, write):
    run = tmp_path / "run"
    few = [override for override in overrides if "keep_checkpoints" not in override] + ["training.keep_checkpoints=1"]
    done = subprocess.run(
        [sys.executable, "-c", KILL, str(write), str(SMOKE), str(run), *few],
        env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]
    assert (run / RUN.checkpoints / "checkpoint-12").exists()
    assert last_checkpoint(run / RUN.checkpoints).name == "checkpoint-6"
    train(SMOKE, overrides=few, run=run, resume=True)
    assert (run / RUN.model / "model.safetensors").read_bytes() == (
        own_run / RUN.model / "model.safetensors"
    ).read_bytes()
