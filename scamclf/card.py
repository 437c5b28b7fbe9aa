"""The model card, `README.md` of a bundle: made from the manifest and the evaluation, never written by hand."""

import json
from pathlib import Path
from typing import Any

from scamclf.bundle import LAYOUT, Manifest, Statistic
from scamclf.metrics import sigmoid

__all__ = ["EVALUATION_FILE", "write_card"]

EVALUATION_FILE = f"{LAYOUT.evaluation}/evaluation.json"

_HEAD = """---
license: apache-2.0
language: en
pipeline_tag: text-classification
tags: [scam, fraud, phone-calls, transcripts]
---

# {name}: recognises scam phone calls from their transcripts

{use}

```python
from scamclf.predict import load

for prediction in load("{bundle}").score([{{"call_id": "1", "text": "hello i am calling from ..."}}]):
    print(prediction.label, prediction.p_scam, prediction.alert)
```

`transformers.pipeline("text-classification", model="{bundle}")` and plain ONNX Runtime give what the network alone says
of one window of {max_tokens} tokens. `scamclf` adds the second opinion (`linear.npz`, where there is one: a linear
model of the window's tokens and pairs of tokens) and takes the calibrated mean of a call's windows.

## Limits and misuse

- **Thresholds do not transfer between networks.** Set them on legitimate calls of your own:
  `scamclf calibrate --bundle {bundle} --legitimate MY_CALLS --out CALIBRATED`.
- English only. Other languages are scored all the same and flagged (`language_ok`).
- An alarm is a reason for a person to look or to warn; it is no proof, and no ground for blocking a caller.
- Probabilities are calibrated on as many scams as legitimate calls; on a real network scams are far rarer.
"""

_DEMONSTRATION = (
    "**This is a demonstration, not for use.** It was trained in minutes on a small authored corpus, and its "
    "thresholds were set on fewer legitimate calls than would support them."
)

_PRODUCTION = "Scores finished calls, and live calls turn by turn. Labels: {labels}."


_GATE = """## Gate

`load(..., gate=True)` and `scamclf score --gate` let the second opinion alone decide finished calls that it finds less
suspicious than it found any calibration call that alarms ({gate.n_calls} calls were compared; neither was
trained on them). Off unless asked for.
"""


def write_card(bundle: Path, manifest: Manifest, *, name: str | None = None) -> None:
    """Write the card from the manifest, and from `eval/evaluation.json` where there is one.

    Args:
        bundle: folder to write it into.
        manifest: the bundle's.
        name: what the folder will be called; None: what it is called.
    """
    recipe = manifest.provenance.get("recipe", {})
    demonstration = manifest.intended_use == "demonstration"
    use = _DEMONSTRATION if demonstration else _PRODUCTION.format(labels=", ".join(manifest.labels))
    head = _HEAD.format(
        name=recipe.get("name", "scamclf"),
        bundle=name or bundle.name,
        use=use,
        max_tokens=manifest.windows["max_tokens"],
    )
    parts = [head, *(_points(name, p.call, p.monitor) for name, p in manifest.precisions.items())]
    if manifest.gate is not None:
        parts.append(_GATE.format(gate=manifest.gate))
    evaluation = bundle / EVALUATION_FILE
    if evaluation.is_file():
        parts.append(_evaluation(json.loads(evaluation.read_text(encoding="utf-8"))))
    parts.append(_training(manifest.provenance))
    (bundle / LAYOUT.card).write_text("\n".join(parts), encoding="utf-8")


def _points(precision: str, call: Statistic, monitor: Statistic) -> str:
    rows = [
        f"| {statistic} | {target} | {name} | {point.threshold:.2f} | {float(sigmoid(point.threshold)):.3f} "
        f"| {point.n_false_alarms} of {point.n_legitimate} |"
        for statistic, found in (("call", call), ("monitor", monitor))
        for target, points in (("scam", found.scam), ("tech_support", found.tech_support))
        for name, point in points.items()
    ]
    if not rows:
        return f"## Operating points ({precision})\n\nNone: there were too few legitimate calls to set one on.\n"
    header = "| statistic | target | point | threshold (log-odds) | probability | alarms when set |"
    return "\n".join([f"## Operating points ({precision})\n", header, "|---|---|---|---|---|---|", *rows, ""])


def _evaluation(report: dict[str, Any]) -> str:
    return f"## Evaluation\n\n{report['markdown']}\n"


def _training(provenance: dict[str, Any] | Any) -> str:
    counts = provenance.get("data_counts", {})
    rows = [
        f"| {source} | {sum(splits.get('train', {}).values())} | {sum(splits.get('calibration', {}).values())} "
        f"| {sum(splits.get('test', {}).values())} |"
        for source, splits in counts.items()
    ]
    table = ["| source | trained on | calibrated on | kept for testing |", "|---|---|---|---|", *rows]
    return "\n".join(["## Calls it was made from\n", *table, "", "Everything else is in `scamclf.json`.", ""])
