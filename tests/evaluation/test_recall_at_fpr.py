"""The `evaluate` metric: loads by its path without a network and gives the numbers of `scamclf.metrics`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import scamclf.evaluation
from scamclf.metrics import recall_at_fpr

PATH = Path(scamclf.evaluation.__file__).parent / "recall_at_fpr.py"

PROGRAM = """
import json, sys
import evaluate
metric = evaluate.load(sys.argv[1])
rows = json.load(sys.stdin)
at_once = metric.compute(**rows, fpr=0.1)
for prediction, reference in zip(rows["predictions"], rows["references"]):
    metric.add(prediction=prediction, reference=reference)
print(json.dumps([at_once, metric.compute()]))
"""


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    scam = rng.random(400) < 0.3
    return {"predictions": list(rng.normal(size=400) + 2 * scam), "references": [int(one) for one in scam]}


def test_it_loads_by_path_offline_and_equals_our_own_figures(rows, tmp_path):
    homes = {name: str(tmp_path / name.lower()) for name in ("HF_HOME", "HF_MODULES_CACHE")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(PATH)],
        env=os.environ | homes | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_EVALUATE_OFFLINE": "1"},
        cwd=tmp_path,
        input=json.dumps(rows),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    scores, scam = np.array(rows["predictions"]), np.array(rows["references"]) == 1
    for found, fpr in zip(json.loads(done.stdout.splitlines()[-1]), (0.1, 0.01), strict=True):
        wanted = recall_at_fpr(scores[scam], scores[~scam], fpr)
        assert found == {
            "recall": wanted.recall, "low": wanted.low, "high": wanted.high, "threshold": wanted.threshold,
        }  # fmt: skip
