"""Checkpoints: which are whole, which is taken, which are pruned."""

import json
from types import SimpleNamespace

import pytest

from scamclf.training.checkpoints import Checkpoints, last_checkpoint, remove_unfinished


def write(folder, step: int):
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir()
    (checkpoint / "model.safetensors").write_bytes(b"weights")
    (checkpoint / "trainer_state.json").write_text("{}", encoding="utf-8")
    return checkpoint


def save(folder, step: int, *, keep: int = 9, best: int | None = None):
    checkpoint = write(folder, step)
    state = SimpleNamespace(global_step=step, best_global_step=best, is_world_process_zero=True)
    Checkpoints(folder, keep=keep).on_save(None, state, None)
    return checkpoint


def steps(folder) -> list[int]:
    return sorted(int(path.name.rpartition("-")[2]) for path in folder.iterdir())


def test_the_newest_checkpoint_is_taken_by_number_not_by_name(tmp_path):
    for step in (9, 100, 20):
        save(tmp_path, step)
    assert last_checkpoint(tmp_path).name == "checkpoint-100"


def test_a_checkpoint_without_its_list_of_files_is_not_taken(tmp_path):
    assert last_checkpoint(tmp_path / "none") is None
    write(tmp_path, 10)
    assert last_checkpoint(tmp_path) is None
    whole = save(tmp_path, 5)
    assert last_checkpoint(tmp_path) == whole


@pytest.mark.parametrize("damage", ["cut", "gone", "list cut", "more"])
def test_a_checkpoint_that_is_not_as_listed_is_not_taken(tmp_path, damage):
    whole, broken = save(tmp_path, 10), save(tmp_path, 20)
    if damage == "cut":
        (broken / "model.safetensors").write_bytes(b"weig")
    elif damage == "gone":
        (broken / "model.safetensors").unlink()
    elif damage == "more":
        (broken / "optimizer.pt").touch()
    else:
        (broken / "whole.json").write_text('{"model.safetensors"', encoding="utf-8")
    assert last_checkpoint(tmp_path) == whole
    remove_unfinished(tmp_path)
    assert steps(tmp_path) == [10]


def test_old_checkpoints_are_pruned_but_for_the_best(tmp_path):
    for step in (10, 20, 30, 40):
        save(tmp_path, step, keep=2, best=10)
    assert steps(tmp_path) == [10, 30, 40]


def test_an_unfinished_checkpoint_does_not_push_a_whole_one_out(tmp_path):
    save(tmp_path, 10)
    write(tmp_path, 20)
    save(tmp_path, 30, keep=2)
    assert steps(tmp_path) == [10, 20, 30]


def test_a_removal_that_is_interrupted_leaves_nothing_that_looks_whole(tmp_path, monkeypatch):
    save(tmp_path, 10)

    def stop(path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", stop)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, 20, keep=1)
    assert (tmp_path / "checkpoint-10" / "model.safetensors").exists()
    assert last_checkpoint(tmp_path).name == "checkpoint-20"
    monkeypatch.undo()
    remove_unfinished(tmp_path)
    assert steps(tmp_path) == [20]


def test_the_best_checkpoint_is_found_where_the_run_was_moved_to(tmp_path):
    best = save(tmp_path, 10)
    state = SimpleNamespace(best_global_step=10, best_model_checkpoint=None)
    Checkpoints(tmp_path, keep=2).on_train_begin(None, state, None)
    assert state.best_model_checkpoint == str(best)


def test_the_list_holds_every_file_and_its_size(tmp_path):
    listed = json.loads((save(tmp_path, 10) / "whole.json").read_text(encoding="utf-8"))
    assert listed == {"model.safetensors": 7, "trainer_state.json": 2}
