"""The run folder: what is said of how the run came about, and how its loss is drawn."""

import json
import math
from xml.etree import ElementTree

import pytest

from scamclf.calls import Call, Turn
from scamclf.preparation.prepare import Prepared
from scamclf.training.plot import loss_plot
from scamclf.training.run import provenance, write_json


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


def test_the_loss_is_drawn_as_a_file_of_its_own():
    history = [{"step": 20 * i, "loss": 1.0 / i} for i in range(1, 6)]
    history += [{"step": 50, "eval_log_loss": 0.6}, {"step": 100, "eval_log_loss": 0.25}]
    root = ElementTree.fromstring(loss_plot(history))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    lines = root.findall("{*}polyline")
    assert [len(line.get("points").split()) for line in lines] == [5, 2]
    assert "validation, best 0.250" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert ElementTree.fromstring(loss_plot([])).tag.endswith("svg")
