"""The run folder: which checkpoint is taken, and what is said of how the run came about."""

import json
import math

import pytest

from scamclf.calls import Call, Turn
from scamclf.preparation.prepare import Prepared
from scamclf.training.run import RUN, last_checkpoint, provenance, write_json


def make_checkpoint(run, step: int, state: str | None = '{"global_step": 1}'):
    folder = run / RUN.checkpoints / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    if state is not None:
        (folder / "trainer_state.json").write_text(state, encoding="utf-8")
    return folder


def test_the_newest_checkpoint_is_taken_by_number_not_by_name(tmp_path):
    make_checkpoint(tmp_path, 9)
    newest = make_checkpoint(tmp_path, 100)
    make_checkpoint(tmp_path, 20)
    assert last_checkpoint(tmp_path) == newest


@pytest.mark.parametrize("state", [None, "", '{"global_step": 2', "\udcff"], ids=["missing", "empty", "cut", "garbled"])
def test_a_checkpoint_that_is_not_whole_is_not_taken(tmp_path, state):
    whole = make_checkpoint(tmp_path, 10)
    broken = make_checkpoint(tmp_path, 20, None)
    if state is not None:
        (broken / "trainer_state.json").write_bytes(state.encode("utf-8", "surrogateescape"))
    assert last_checkpoint(tmp_path) == whole


def test_there_may_be_no_checkpoint(tmp_path):
    assert last_checkpoint(tmp_path) is None
    make_checkpoint(tmp_path, 10, None)
    assert last_checkpoint(tmp_path) is None


def test_provenance_names_versions_data_and_counts():
    call = Call("a", (Turn("hello"),), source="mine", label="legitimate")
    prepared = Prepared({"train": [call], "validation": [], "calibration": [], "test": []}, {})
    found = provenance(prepared)
    assert found["data_fingerprint"] == prepared.fingerprint
    assert found["data_counts"] == {"mine": {"train": {"legitimate": 1}}}
    assert {"torch", "transformers", "tokenizers", "onnxruntime"} <= set(found["versions"])
    assert json.loads(json.dumps(found)) == found


def test_nan_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"loss": math.nan})
