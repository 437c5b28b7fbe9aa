"""What one choice of a recipe is worth: finished runs, judged on the same authored calls, a row each.

    scamclf train --config configs/release.yaml --raw data/raw --run runs/a --set training.epochs=3
    scamclf train --config configs/release.yaml --raw data/raw --run runs/b --set training.epochs=3 --set KEY=VALUE
    python scripts/ablations.py runs/a runs/b --out results/ablations.json

Every row says in which keys its recipe differs from the first run's. The calls: `authored_test`, and the pairs that the
run was not trained on (test and calibration splits together). Choices are made here, so these figures flatter what was
chosen; calls of sources that are reported on only are not looked at. One seed each unless runs say otherwise: what
differs by less than the intervals do has not been told apart.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
import yaml
from sklearn.metrics import roc_auc_score

from scamclf.bundle import LAYOUT, Manifest, Precision, statistic_from_dict
from scamclf.calls import LABELS, Call
from scamclf.encode import Encoder
from scamclf.linear import read_linear
from scamclf.metrics import recall_at_fpr
from scamclf.predict import Scorer
from scamclf.preparation.prepare import load_prepared
from scamclf.runtimes.torch import TorchRuntime
from scamclf.training.run import RUN, environment
from scamclf.windows import WindowSpec

POINT = "fpr_1pct"


def main() -> None:
    """Judge, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of finished runs; the first is what others change")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    base = recipe(options.runs[0])
    rows = [row(run, changed(base, recipe(run))) for run in options.runs]
    result = {
        "command": f"python scripts/ablations.py {' '.join(sys.argv[1:])}",
        "base": base,
        "rows": rows,
        "environment": environment(),
        "markdown": markdown(rows),
    }
    print(result["markdown"])
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def recipe(run: Path) -> dict[str, Any]:
    """The recipe of a run, its keys flat: "training.lr"."""
    whole = yaml.safe_load((run / RUN.recipe).read_text(encoding="utf-8"))["recipe"]
    return {
        f"{part}.{key}": value
        for part, keys in whole.items()
        if isinstance(keys, dict)
        for key, value in keys.items()
        if (part, key) != ("data", "raw")
    }


def changed(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a recipe that are not as in another."""
    return {key: value for key, value in other.items() if key not in base or base[key] != value}


def row(run: Path, changes: dict[str, Any]) -> dict[str, Any]:
    """What a run cost, and what it knows."""
    scorer, splits = scorer_of(run), load_prepared(run / RUN.data).splits
    metrics = json.loads((run / RUN.metrics).read_text(encoding="utf-8"))
    provenance = json.loads((run / RUN.provenance).read_text(encoding="utf-8"))
    return {
        "run": run.name,
        "changes": changes,
        "commit": provenance.get("commit"),
        "tokens": metrics["speed"]["tokens"],
        "best_validation": metrics["best"],
        "authored_test": ranked(scorer, [call for call in splits["test"] if call.source == "authored_test"]),
        "pairs": ranked(
            scorer, [call for part in ("test", "calibration") for call in splits[part] if call.source == "pairs"]
        ),
    }


def scorer_of(run: Path) -> Scorer:
    """The model of a run as it was calibrated, in fp32 on the CPU."""
    windows = yaml.safe_load((run / RUN.recipe).read_text(encoding="utf-8"))["recipe"]["windows"]
    found = json.loads((run / RUN.calibration).read_text(encoding="utf-8"))
    call, monitor = (statistic_from_dict(found[name]) for name in ("call", "monitor"))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(run / RUN.model, dtype=torch.float32)
    return Scorer(
        Manifest(LABELS, windows, {"fp32": Precision("", call, monitor)}),
        Encoder.from_file(run / RUN.model / LAYOUT.tokenizer, WindowSpec(**windows)),
        TorchRuntime(model.eval()),
        linear=read_linear(run / RUN.model / LAYOUT.linear),
        operating_point=POINT,
    )


def ranked(scorer: Scorer, calls: Sequence[Call]) -> dict[str, Any]:
    """How calls rank by their log-odds, and which alarm at the threshold of the run."""
    predictions = scorer.score(calls)
    scores = np.array([prediction.logit_scam for prediction in predictions], dtype=np.float64)
    alerts = np.array([bool(prediction.alert) for prediction in predictions])
    scam = np.array([call.label != LABELS[0] for call in calls])
    recall = recall_at_fpr(scores[scam], scores[~scam], 0.01)
    return {
        "scams": int(scam.sum()),
        "legitimate": int((~scam).sum()),
        "auc": float(roc_auc_score(scam, scores)),
        "recall_at_1pct": [recall.recall, recall.low, recall.high],
        "scams_alarmed": int((alerts & scam).sum()),
        "legitimate_alarmed": int((alerts & ~scam).sum()),
    }


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table."""
    header = (
        "| run | changes | tokens | authored_test: AUC | recall at 1 % | alarms: scam, legitimate "
        "| pairs: AUC | recall at 1 % | alarms: scam, legitimate |"
    )
    lines = [header, "|---|---|---:|---:|---|---|---:|---|---|"]
    for item in rows:
        changes = ", ".join(f"{key}={value}" for key, value in item["changes"].items())
        cells = [item["run"], changes, f"{item['tokens'] / 1e6:.1f} M"]
        for name in ("authored_test", "pairs"):
            found = item[name]
            recall, low, high = found["recall_at_1pct"]
            cells += [f"{found['auc']:.4f}", f"{recall:.3f} ({low:.2f}-{high:.2f})"]
            cells.append(
                f"{found['scams_alarmed']} of {found['scams']}, {found['legitimate_alarmed']} of {found['legitimate']}"
            )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
