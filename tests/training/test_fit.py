"""Training: what a run writes, that it can be interrupted anywhere, and what it refuses."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from scamclf.bundle import statistic_from_dict
from scamclf.calls import LABELS
from scamclf.config import recipe_to_dict
from scamclf.errors import ConfigError, DataError
from scamclf.preparation.prepare import Prepared, load_prepared
from scamclf.resources import resource
from scamclf.training.checkpoints import last_checkpoint
from scamclf.training.fit import fit
from scamclf.training.run import RUN
from scamclf.training.train import prepare_recipe, train
from scamclf.training.windows import DrawnWindows

SMOKE = resource("configs/smoke.yaml")
EPOCHS = 4
TIMED = {"runtime", "samples_per_second", "steps_per_second"}


def steps_of(run: Path) -> list[int]:
    return sorted(int(path.name.rpartition("-")[2]) for path in (run / RUN.checkpoints).iterdir())


def history(run: Path) -> list[dict[str, float]]:
    rows = json.loads((run / RUN.metrics).read_text(encoding="utf-8"))["history"]
    # The last row sums up what this process did.
    return [{k: v for k, v in row.items() if not any(k.endswith(timed) for timed in TIMED)} for row in rows[:-1]]


def assert_same_run(one: Path, other: Path) -> None:
    ours, theirs = (load_file(run / RUN.model / "model.safetensors") for run in (one, other))
    assert set(ours) == set(theirs)
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
    assert (one / RUN.calibration).read_bytes() == (other / RUN.calibration).read_bytes()
    assert history(one) == history(other)


def interrupted(run: Path, tmp_path: Path, *, steps: int) -> Path:
    """The run as it was after its first so many checkpoints."""
    copy = tmp_path / "interrupted"
    shutil.copytree(run, copy)
    shutil.rmtree(copy / RUN.model)
    (copy / RUN.metrics).unlink()
    (copy / RUN.calibration).unlink()
    for step in steps_of(copy)[steps:]:
        shutil.rmtree(copy / RUN.checkpoints / f"checkpoint-{step}")
    return copy


@pytest.fixture
def drawn_epochs(monkeypatch) -> list[int]:
    """Every epoch that windows were wanted for, one after the other."""
    epochs: list[int] = []
    draw = DrawnWindows.set_epoch

    def set_epoch(self: DrawnWindows, epoch: int) -> None:
        if epochs[-1:] != [epoch]:
            epochs.append(epoch)
        draw(self, epoch)

    monkeypatch.setattr(DrawnWindows, "set_epoch", set_epoch)
    return epochs


def test_a_run_writes_what_its_layout_names(own_run):
    assert sorted(path.name for path in own_run.iterdir()) == sorted(
        [
            RUN.model,
            RUN.recipe,
            RUN.metrics,
            RUN.calibration,
            RUN.provenance,
            RUN.data,
            RUN.checkpoints,
            RUN.logs,
            RUN.device,
            RUN.plot,
        ]
    )
    assert sorted(path.name for path in (own_run / RUN.model).iterdir()) == [
        "config.json",
        "linear.npz",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert [path.name.startswith("events.out.tfevents") for path in (own_run / RUN.logs).iterdir()] == [True]
    assert steps_of(own_run) == [6 * epoch for epoch in range(1, EPOCHS + 1)]


def test_the_resolved_recipe_and_the_data_are_kept(own_run, prepare_smoke):
    recipe, prepared = prepare_smoke()
    kept = yaml.safe_load((own_run / RUN.recipe).read_text(encoding="utf-8"))
    assert kept == {"recipe": recipe_to_dict(recipe), "data_fingerprint": prepared.fingerprint}
    assert load_prepared(own_run / RUN.data).counts() == prepared.counts()


def test_own_labelled_calls_train_as_the_shipped_ones_do(own_run):
    counts = json.loads((own_run / RUN.provenance).read_text(encoding="utf-8"))["data_counts"]
    assert {source: set(splits) for source, splits in counts.items()} == {
        "pairs": {"train", "validation", "calibration", "test"}
    }


def test_a_word_that_tells_is_learnt(tmp_path):
    rng = np.random.default_rng(0)
    words = [f"{a}{b}" for a in ("ba", "do", "ki", "lu") for b in ("ma", "ne", "po", "ti")]
    rows = []
    for i in range(160):
        label = LABELS[i // 2 % 2 + 1] if i % 2 else LABELS[0]
        said = [str(word) for word in rng.choice(words, size=40)]
        for place in rng.integers(40, size=8):
            said[place] = {"legitimate": "goodbye", "tech_support_scam": "virus"}.get(label, "prize")
        rows.append({"call_id": str(i), "text": " ".join(said), "label": label})
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    sets = ["data.pairs=false", f"data.labelled=[{path}]", "training.epochs=6", "training.lr=3e-3"]
    run = train(SMOKE, overrides=[*sets, "training.windows_per_epoch=120"], run=tmp_path / "run")
    best = max(row["eval_average_precision"] for row in history(run) if "eval_average_precision" in row)
    assert best > 0.95


def test_the_model_is_that_of_the_best_checkpoint(own_run):
    metrics = json.loads((own_run / RUN.metrics).read_text(encoding="utf-8"))
    scores = {row["step"]: row["eval_calibrated_log_loss"] for row in metrics["history"] if "eval_log_loss" in row}
    assert sorted(scores) == steps_of(own_run)
    assert metrics["best"] == min(scores.values())
    best = own_run / RUN.checkpoints / f"checkpoint-{min(scores, key=scores.__getitem__)}"
    assert (best / "model.safetensors").read_bytes() == (own_run / RUN.model / "model.safetensors").read_bytes()


def test_the_run_is_calibrated_in_both_statistics(own_run):
    kept = json.loads((own_run / RUN.calibration).read_text(encoding="utf-8"))
    statistics = {name: statistic_from_dict(found) for name, found in kept.items()}
    assert set(statistics) == {"call", "monitor"}
    for statistic in statistics.values():
        assert statistic.slope > 0
        assert set(statistic.scam) == set(statistic.tech_support) == {"fpr_1pct", "fpr_0.1pct"}


def test_the_same_recipe_gives_the_same_run_and_overwrite_leaves_nothing_of_the_old(
    own_run, overrides, tmp_path, drawn_epochs
):
    run = tmp_path / "again"
    shutil.copytree(own_run, run)
    (run / "left-over").touch()
    train(SMOKE, overrides=overrides, run=run, overwrite=True)
    assert_same_run(own_run, run)
    assert not (run / "left-over").exists()
    assert drawn_epochs == list(range(EPOCHS))


@pytest.mark.parametrize("checkpoints", [1, EPOCHS - 1])
def test_a_run_goes_on_from_a_checkpoint_as_if_never_interrupted(
    own_run, overrides, tmp_path, drawn_epochs, checkpoints
):
    run = interrupted(own_run, tmp_path, steps=checkpoints)
    train(SMOKE, overrides=overrides, run=run, resume=True)
    assert_same_run(own_run, run)
    assert drawn_epochs == [0, *range(checkpoints, EPOCHS)]


def test_a_checkpoint_cut_off_while_it_was_written_is_passed_over(own_run, overrides, tmp_path):
    run = interrupted(own_run, tmp_path, steps=3)
    whole, cut = steps_of(run)[1:]
    (run / RUN.checkpoints / f"checkpoint-{cut}" / "trainer_state.json").unlink()
    assert last_checkpoint(run / RUN.checkpoints).name == f"checkpoint-{whole}"
    train(SMOKE, overrides=overrides, run=run, resume=True)
    assert_same_run(own_run, run)


def test_resume_of_a_run_without_a_checkpoint_starts_it(own_run, overrides, tmp_path):
    run = interrupted(own_run, tmp_path, steps=0)
    train(SMOKE, overrides=overrides, run=run, resume=True)
    assert_same_run(own_run, run)


def test_resume_of_a_finished_run_leaves_it_as_it_is(own_run, overrides):
    before = {path: path.stat().st_mtime_ns for path in own_run.rglob("*")}
    train(SMOKE, overrides=overrides, run=own_run, resume=True)
    assert {path: path.stat().st_mtime_ns for path in own_run.rglob("*")} == before


def test_a_killed_training_goes_on_to_the_same_model(own_run, overrides, tmp_path):
    run = tmp_path / "killed"
    sets = [part for override in overrides for part in ("--set", override)]
    command = [sys.executable, "train/train.py", "--config", "configs/smoke.yaml", "--run", str(run), *sets]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=resource("configs").parent, stdout=log, stderr=log, env=os.environ | {"HF_HUB_OFFLINE": "1"}
        )
        try:
            deadline = time.monotonic() + 300
            while last_checkpoint(run / RUN.checkpoints) is None:
                assert process.poll() is None, (tmp_path / "log").read_text(errors="replace")
                assert time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == -signal.SIGKILL
    assert not (run / RUN.model).exists()
    assert len(steps_of(run)) < EPOCHS
    train(SMOKE, overrides=overrides, run=run, resume=True)
    assert_same_run(own_run, run)


def test_early_stopping_remembers_how_often_it_looked(overrides, tmp_path):
    # At this rate no weight changes: no look is better than the first.
    more = [*overrides, "training.lr=1e-30", "training.patience=2", "training.epochs=6"]
    whole = train(SMOKE, overrides=more, run=tmp_path / "whole")
    assert len(steps_of(whole)) == 1 + 2
    run = interrupted(whole, tmp_path, steps=2)
    train(SMOKE, overrides=more, run=run, resume=True)
    assert steps_of(run) == steps_of(whole)
    assert_same_run(whole, run)


def test_without_patience_the_last_model_is_kept_however_it_scored(overrides, tmp_path):
    # At this rate the network breaks, and no later look is better than the first.
    more = [*overrides, "training.lr=1", "training.warmup=0", "training.epochs=3"]
    for patience, kept in (("9", "best"), ("null", "last")):
        run = train(SMOKE, overrides=[*more, f"training.patience={patience}"], run=tmp_path / kept)
        state = json.loads((last_checkpoint(run / RUN.checkpoints) / "trainer_state.json").read_text())
        assert state["best_global_step"] < state["global_step"]
        step = state["best_global_step" if kept == "best" else "global_step"]
        checkpoint = load_file(run / RUN.checkpoints / f"checkpoint-{step}" / "model.safetensors")
        model = load_file(run / RUN.model / "model.safetensors")
        assert all(torch.equal(model[name].float(), weights.float()) for name, weights in checkpoint.items())


def test_a_folder_that_holds_a_run_is_refused(own_run, prepare_smoke):
    before = (own_run / RUN.model / "model.safetensors").stat()
    with pytest.raises(ConfigError, match=r"whole holds a run already: --resume it, --overwrite it, or give another"):
        fit(*prepare_smoke(), own_run)
    assert (own_run / RUN.model / "model.safetensors").stat() == before


def test_resuming_with_another_recipe_is_refused(own_run, prepare_smoke):
    with pytest.raises(ConfigError, match=r"whole was begun with another recipe \(.*recipe\.yaml\): give "):
        fit(*prepare_smoke("training.lr=2e-3"), own_run, resume=True)


def test_resuming_with_changed_data_is_refused(own_run, prepare_smoke):
    recipe, prepared = prepare_smoke()
    changed = Prepared({**prepared.splits, "test": prepared.splits["test"][1:]}, prepared.dropped)
    wanted = rf"data changed since .* \(fingerprint {prepared.fingerprint}, now {changed.fingerprint}\): bring the old"
    with pytest.raises(DataError, match=wanted):
        fit(recipe, changed, own_run, resume=True)


@pytest.mark.parametrize("split", ["train", "validation", "calibration"])
def test_an_empty_split_is_refused_before_anything_is_written(prepare_smoke, tmp_path, split):
    recipe, prepared = prepare_smoke()
    empty = Prepared({**prepared.splits, split: []}, {})
    with pytest.raises(DataError, match=rf"the {split} split is empty; see data\.shares"):
        fit(recipe, empty, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_empty_test_split_is_no_hindrance(prepare_smoke, tmp_path):
    recipe, prepared = prepare_smoke("training.epochs=1", "training.windows_per_epoch=8")
    run = fit(recipe, Prepared({**prepared.splits, "test": []}, {}), tmp_path / "run")
    assert (run / RUN.calibration).is_file()


def test_a_run_shorter_than_its_first_look_keeps_its_last_weights(prepare_smoke, tmp_path):
    recipe, prepared = prepare_smoke("training.epochs=1", "training.evaluate_every=2")
    run = fit(recipe, prepared, tmp_path / "run")
    weights = load_file(run / RUN.model / "model.safetensors")
    assert all(np.isfinite(tensor.numpy()).all() for tensor in weights.values())


def test_a_labelled_file_is_found_from_the_root_of_the_checkout(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    _, prepared = prepare_recipe(
        SMOKE, overrides=["data.pairs=false", "data.labelled=[data/pairs/popup_number.jsonl]", "data.shares=[1,0,0,0]"]
    )
    assert {call.source for call in prepared.splits["train"]} == {"popup_number"}
