"""What the model says of a call, as a value and as a row of a table."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

__all__ = ["PREDICTION_SCHEMA", "Prediction", "as_batch"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one call.

    Args:
        call_id: as given; None where the row had none.
        status: "ok" or "error"; an error row has `error_code` and `error` and no scores.
        label: the likeliest of `LABELS`.
        p_scam: probability of a scam of either kind, in [0, 1].
        p_tech_support: probability of a technical-support scam, at most `p_scam`.
        logit_scam: log-odds of `p_scam`: near 1 a probability says nothing.
        alert: whether `logit_scam` reaches the operating point; None where the bundle ships none.
        decided_by: what gave the scores: "exact", the whole model; or "gate", the second opinion alone, which was asked
            for and passed the call as surely legitimate. Scores of the two are to be compared with their like.
        n_turns, n_tokens, n_windows: size of the call.
        peak_window, peak_turn: the most suspicious window, and the turn that it begins in, from 0.
        language_ok: False where the words do not look like English; scored all the same.
        error_code, error: what was wrong with the row, for machines and for people.
    """

    call_id: str | None
    status: Literal["ok", "error"]
    label: str | None = None
    p_scam: float | None = None
    p_tech_support: float | None = None
    logit_scam: float | None = None
    alert: bool | None = None
    decided_by: Literal["exact", "gate"] | None = None
    n_turns: int | None = None
    n_tokens: int | None = None
    n_windows: int | None = None
    peak_window: int | None = None
    peak_turn: int | None = None
    language_ok: bool | None = None
    error_code: str | None = None
    error: str | None = None


PREDICTION_SCHEMA = pa.schema(
    [
        (name, pa.float64() if name.startswith(("p_", "logit_")) else pa.int64())
        if name.startswith(("p_", "logit_", "n_", "peak_"))
        else (name, pa.bool_() if name in ("alert", "language_ok") else pa.string())
        for name in (field.name for field in dataclasses.fields(Prediction))
    ]
)
"""Arrow schema of predictions: the fields of `Prediction`, in order."""


def as_batch(predictions: Sequence[Prediction]) -> pa.RecordBatch:
    """Predictions as rows of `PREDICTION_SCHEMA`, in order."""
    columns = [
        pa.array([getattr(prediction, field.name) for prediction in predictions], type=field.type)
        for field in PREDICTION_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PREDICTION_SCHEMA)
