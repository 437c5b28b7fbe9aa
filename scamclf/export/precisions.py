"""Precisions beside fp32: each with thresholds from its own scores, and proof that it decides as fp32 does."""

import dataclasses
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scamclf.bundle import LAYOUT, Precision
from scamclf.calls import LABELS, Call
from scamclf.config import CalibrationConfig
from scamclf.errors import ConfigError, ExportError, MissingExtraError
from scamclf.export.int8 import int8_networks, quiet_nncf
from scamclf.predict import Scorer
from scamclf.prediction import Prediction
from scamclf.preparation.split import Split
from scamclf.runtimes import open_runtime
from scamclf.thresholds import Both, both_statistics, moved_points

__all__ = ["AGREEMENT", "PRECISIONS", "Reference", "ask_fp32", "check_precisions", "compare", "make_precision"]

logger = logging.getLogger(__name__)

PRECISIONS = ("bf16", "int8")
"""bf16 computes the fp32 file in another number format, on CPUs that have it; int8 has a file of its own."""

AGREEMENT = 0.999
"""Least share of calls that a precision decides as fp32 does, each at its own threshold."""

_CALIBRATION_WINDOWS, _CHECK_WINDOWS = 128, 96
_SUSPICIOUS = 250
"""Legitimate calls that thresholds are moved by: twice as many as are looked at beside one of them."""
_SEED = 0


def check_precisions(names: Sequence[str]) -> None:
    """Refuse what cannot be made here, before anything is made.

    Raises:
        ConfigError: there is no such precision, or this CPU does not compute in it.
        MissingExtraError: what it needs is not installed.
    """
    unknown = [name for name in names if name not in PRECISIONS]
    if unknown:
        raise ConfigError(f"precision is {unknown[0]!r}; beside fp32 there are {', '.join(PRECISIONS)}")
    if "int8" in names:
        quiet_nncf()
    if "bf16" in names:
        if find_spec("openvino") is None:
            raise MissingExtraError("openvino", extra="openvino", needed_for="precision 'bf16'")
        from scamclf.runtimes.openvino import has_bf16

        if not has_bf16():
            raise ConfigError("precision is 'bf16', which this CPU does not compute in: leave it out")


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """What fp32 says, to set another precision by.

    Args:
        compared: validation and calibration calls.
        predictions: of those.
        suspicious: those legitimate ones of calibration that it finds most suspicious: thresholds lie among them.
        statistics: of those.
    """

    compared: Sequence[Call]
    predictions: Sequence[Prediction]
    suspicious: Sequence[Call]
    statistics: Both


def ask_fp32(fp32: Scorer, splits: Mapping[Split, Sequence[Call]]) -> Reference:
    """Score once what every other precision is compared with."""
    compared = [*splits["validation"], *splits["calibration"]]
    predictions = fp32.score(compared)
    calibration = list(zip(compared, predictions, strict=True))[len(splits["validation"]) :]
    honest = [(found.logit_scam or 0.0, call) for call, found in calibration if call.label == LABELS[0]]
    suspicious = [call for _, call in sorted(honest, key=lambda item: -item[0])[:_SUSPICIOUS]]
    return Reference(compared, predictions, suspicious, both_statistics(fp32, suspicious))


def make_precision(
    name: str, bundle: Path, fp32: Scorer, splits: Mapping[Split, Sequence[Call]], reference: Reference
) -> Precision:
    """Make one precision of a bundle.

    Args:
        name: one of `PRECISIONS`.
        bundle: folder that holds the fp32 network.
        fp32: runs that.
        splits: prepared calls: int8 measures its scales on "train", and computes less and less in int8 until it agrees
            with fp32.
        reference: what fp32 says.

    Raises:
        ExportError: it decides less than `AGREEMENT` of the calls as fp32 does.
    """
    file = LAYOUT.onnx
    networks: Iterable[list[str]] = [[]]
    if name == "int8":
        file = LAYOUT.int8
        networks = int8_networks(
            bundle / LAYOUT.onnx,
            bundle / file,
            windows=_some_windows(fp32, splits["train"], _CALIBRATION_WINDOWS),
            check=_some_windows(fp32, splits["validation"], _CHECK_WINDOWS),
            reference=fp32,
        )
    settings = CalibrationConfig(**fp32.manifest.provenance["recipe"]["calibration"])
    n = len(reference.compared)
    # At least one: in a few calls no smaller share can be told.
    allowed = math.inf if settings.demonstration else max(1, math.floor((1 - AGREEMENT) * n))
    for left_out in networks:
        precision = _calibrated(name, bundle, file, fp32, reference)
        logger.info("%s: %s, left as it was: %s", name, precision.parity, left_out or "nothing")
        if precision.parity["changed_alerts"] <= allowed:
            return dataclasses.replace(precision, left_out=tuple(left_out))
    raise ExportError(
        f"{name} decides {precision.parity['changed_alerts']:.0f} of {n} calls otherwise than fp32 "
        f"({precision.parity}); wanted at least {AGREEMENT:.1%} alike: leave it out"
    )


def _calibrated(name: str, bundle: Path, file: str, fp32: Scorer, reference: Reference) -> Precision:
    """The network in `file` with thresholds of its own; its parity is how it agrees with fp32."""
    runtime, _ = open_runtime(bundle, file, precision=name)

    def scorer(precision: Precision) -> Scorer:
        manifest = dataclasses.replace(fp32.manifest, precisions={**fp32.manifest.precisions, name: precision})
        return Scorer(manifest, fp32.encoder, runtime, linear=fp32.linear, precision=name)

    before = dataclasses.replace(fp32.statistics, file=file, parity={})
    said = both_statistics(scorer(before), reference.suspicious)
    precision = moved_points(before, said, other=fp32.statistics, theirs=reference.statistics)
    return dataclasses.replace(precision, parity=compare(reference.predictions, scorer(precision), reference.compared))


def compare(exact: Sequence[Prediction], other: Scorer, calls: Sequence[Call]) -> dict[str, float]:
    """Differences between what fp32 says of calls and another precision.

    Returns:
        "calls" and "calls_mean", the largest and the mean difference in log-odds; "changed_alerts", calls of which
        one alarms and the other does not; "compared", how many calls there were.
    """
    pairs = list(zip(exact, other.score(calls), strict=True))
    differences = np.abs([(a.logit_scam or 0.0) - (b.logit_scam or 0.0) for a, b in pairs])
    return {
        "calls": float(differences.max()),
        "calls_mean": float(differences.mean()),
        "changed_alerts": float(sum(a.alert != b.alert for a, b in pairs)),
        "compared": float(len(pairs)),
    }


def _some_windows(scorer: Scorer, calls: Sequence[Call], n: int) -> list[npt.NDArray[np.int64]]:
    """About n windows of n calls drawn at random, short and long."""
    drawn = np.random.default_rng(_SEED).permutation(len(calls))[:n]
    encoder = scorer.encoder
    windows = [
        window
        for encoded in encoder.encode([calls[i] for i in drawn])
        for window in encoder.window_ids(encoded, encoder.call_spans(encoded))
    ]
    windows.sort(key=len)
    return windows[:: max(1, len(windows) // n)][:n]
