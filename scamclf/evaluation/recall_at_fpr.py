"""Recall at a false-positive rate as an `evaluate` metric: `evaluate.load("<path of this file>")`."""

from typing import Any

import datasets
import evaluate
import numpy as np

from scamclf.metrics import recall_at_fpr

_DESCRIPTION = "Recall of scam calls at the threshold at which a given share of legitimate calls alarms."
_INPUTS = """
Args:
    predictions: scores of the calls, higher is more suspicious (log-odds).
    references: 1 for a scam, 0 for a legitimate call.
    fpr: false-positive rate, 0.01 unless given.
Returns:
    recall, low, high (95 % Wilson interval), threshold.
"""


class RecallAtFpr(evaluate.Metric):
    """Thin: the numbers come from `scamclf.metrics`."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(
                {"predictions": datasets.Value("float64"), "references": datasets.Value("int64")}
            ),
        )

    def _compute(self, predictions: Any, references: Any, fpr: float = 0.01) -> dict[str, float]:
        scores, scam = np.asarray(predictions, dtype=np.float64), np.asarray(references) == 1
        found = recall_at_fpr(scores[scam], scores[~scam], fpr)
        return {"recall": found.recall, "low": found.low, "high": found.high, "threshold": found.threshold}
