"""Both ways in which the README starts a training, as a user types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scamclf.resources import resource
from scamclf.training.run import RUN

ROOT = resource("configs").parent
ACCELERATE = str(Path(sys.executable).with_name("accelerate"))
FEW_CALLS = "data.shares=[0.05, 0.02, 0.03, 0.9]"

pytestmark = pytest.mark.skipif(not (ROOT / "train" / "train.py").is_file(), reason="needs a checkout")


def launch(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ACCELERATE, "launch", *map(str, arguments)],
        cwd=cwd, env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


def assert_finished(done: subprocess.CompletedProcess[str], run: Path, *, name: str) -> None:
    assert done.returncode == 0, done.stderr[-5000:]
    for part in (RUN.metrics, RUN.calibration, f"{RUN.model}/model.safetensors", f"{RUN.model}/tokenizer.json"):
        assert (run / part).is_file()
    kept = yaml.safe_load((run / RUN.recipe).read_text(encoding="utf-8"))
    assert kept["recipe"]["name"] == name


def test_accelerate_launches_a_recipe_from_the_root(tmp_path):
    done = launch(
        "--config_file", "configs/accelerate/cpu.yaml", "train/train.py",
        "--config", "configs/smoke.yaml", "--set", FEW_CALLS, "--run", tmp_path / "run",
        cwd=ROOT,
    )  # fmt: skip
    assert_finished(done, tmp_path / "run", name="smoke")


def test_accelerate_launches_the_default_recipe_from_inside_its_folder(tmp_path):
    sets = (
        "model.init=random-tiny", "training.epochs=1", "training.windows_per_epoch=16",
        "windows.max_tokens=64", "windows.stride=48", "windows.monitor_step=32", FEW_CALLS,
    )  # fmt: skip
    flags = [part for key_value in sets for part in ("--set", key_value)]
    done = launch("--cpu", "train.py", *flags, "--run", tmp_path / "run", cwd=ROOT / "train")
    assert_finished(done, tmp_path / "run", name="demo")


def test_accelerate_launches_the_distillation_of_a_student(tmp_path):
    small = ("data.shares=[0.05, 0.02, 0.03, 0.9]", "training.epochs=1", "training.windows_per_epoch=16")
    flags = [part for key_value in small for part in ("--set", key_value)]
    teacher, student = tmp_path / "teacher", tmp_path / "student"
    config = ("--config", "configs/smoke.yaml", *flags)
    assert_finished(launch("--cpu", "train/train.py", *config, "--run", teacher, cwd=ROOT), teacher, name="smoke")
    done = launch("--cpu", "train/distill.py", "--teacher", teacher, *config, "--run", student, cwd=ROOT)
    assert_finished(done, student, name="smoke")
    kept = yaml.safe_load((student / RUN.recipe).read_text(encoding="utf-8"))
    assert kept["recipe"]["distill"]["teacher"] == str(teacher)


def test_every_step_of_the_gpu_measurements_runs_on_this_machine():
    done = subprocess.run(
        ["bash", "scripts/gpu_measure.sh", "--dry"], cwd=ROOT, capture_output=True, text=True, timeout=900,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for name in ("training_speed.json", "train_metrics.json", "train_device.json", "train_loss.svg"):
        assert name in done.stdout


def test_a_mistake_is_one_line_and_no_traceback(tmp_path):
    command = [sys.executable, "train/train.py", "--config", "configs/smoke.yaml", "--set", "training.epoch=1"]
    done = subprocess.run(
        [*command, "--run", str(tmp_path / "run")], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == "error: unknown key 'training.epoch'; did you mean 'epochs'?"
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_help_answers_without_loading_torch(tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "train/train.py", "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0
    for flag in ("--config", "--set", "--raw", "--run", "--resume", "--overwrite"):
        assert flag in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"torch", "transformers", "datasets", "scamclf"}


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "accelerate").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_accelerate_file_is_read_by_accelerate(path):
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(path))
    assert config.use_cpu is (path.stem == "cpu")
    assert config.num_processes >= (2 if path.stem.startswith("several") else 1)
    assert (config.num_machines > 1) is (path.stem == "several_machines")
