"""Static int8: scales are measured once, on real windows, so that a score does not depend on its batch."""

import logging
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from scamclf.batching import pad_batch
from scamclf.encode import Encoder
from scamclf.errors import MissingExtraError
from scamclf.pooling import scam_logit
from scamclf.predict import Scorer
from scamclf.runtimes.onnx import INPUT_NAMES

__all__ = ["MEAN_DIFFERENCE", "int8_networks", "quiet_nncf"]

logger = logging.getLogger(__name__)

Ints = npt.NDArray[np.int64]

MEAN_DIFFERENCE = 0.05
"""Mean difference from fp32 over windows, in calibrated log-odds, above which products that are sensitive stay as they
were: what thresholds are in, so that a network whose logits are larger is not held to less."""

_LAYER = re.compile(r"layers?\.\d+/(.+)")


def int8_networks(
    onnx_file: Path, path: Path, *, windows: Sequence[Ints], check: Sequence[Ints], reference: Scorer
) -> Iterator[list[str]]:
    """Quantise a network to int8, as OpenVINO models that come closer and closer to fp32.

    Weights and what they are multiplied with are int8. Where that costs too much, one kind of product after the
    other, the most sensitive first, is left as it was in every layer.

    Args:
        onnx_file: the fp32 network.
        path: `.xml` to write; the weights go beside it, into a `.bin`.
        windows: token ids of real windows to measure scales on.
        check: others, to measure the difference from fp32 on.
        reference: runs fp32.

    Yields:
        Once a network lies in `path`, the kinds of products that were left as they were: first as few as
        `MEAN_DIFFERENCE` allows, then one kind more each time, until all are left out.
    """
    import openvino

    from scamclf.runtimes.openvino import OpenVinoRuntime

    nncf = quiet_nncf()
    dataset = nncf.Dataset(list(windows), lambda ids: _inputs(reference.encoder, ids))
    wanted, slope = scam_logit(reference.window_logits(check)), reference.statistics.call.slope

    def quantised(left_out: Sequence[str]) -> tuple[float, Any]:
        names = [name for kind in left_out for name in kinds[kind]]
        found = nncf.quantize(
            network,
            dataset,
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(windows),
            ignored_scope=nncf.IgnoredScope(names=names) if names else None,
        )
        runtime = OpenVinoRuntime(found, precision="int8")
        trial = Scorer(reference.manifest, reference.encoder, runtime, linear=reference.linear)
        difference = slope * float(np.abs(scam_logit(trial.window_logits(check)) - wanted).mean())
        logger.info("int8 but for %s: mean difference from fp32 %.4f", list(left_out) or "nothing", difference)
        return difference, found

    with TemporaryDirectory() as folder:
        # Written and read again: without a name of its own an operator is called anew each time it is copied.
        named = Path(folder) / "network.xml"
        openvino.save_model(openvino.Core().read_model(onnx_file), named, compress_to_fp16=False)
        network = openvino.Core().read_model(named)
        kinds = _kinds(network)
        left_out: list[str] = []
        difference, best = quantised(left_out)
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            if difference <= MEAN_DIFFERENCE or len(left_out) == len(kinds):
                for file in (path, path.with_suffix(".bin")):  # not written over: the one before may be mapped still
                    file.unlink(missing_ok=True)
                openvino.save_model(best, path, compress_to_fp16=False)
                yield left_out
            if len(left_out) == len(kinds):
                return
            trials = {kind: quantised([*left_out, kind]) for kind in kinds if kind not in left_out}
            kind = min(trials, key=lambda kind: trials[kind][0])
            left_out = [*left_out, kind]
            difference, best = trials[kind]


def quiet_nncf() -> Any:
    """NNCF, which unless told otherwise reports its use to its makers over the network, without asking.

    Raises:
        MissingExtraError: it is not installed.
    """
    if find_spec("nncf") is None or find_spec("openvino") is None:
        raise MissingExtraError("nncf", extra="openvino", needed_for="precision 'int8'")
    # None makes its import fail, for which NNCF is prepared; its own switches act after the first report.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # documented, not typed
    import nncf

    # Its own switch would silence handlers that are not its own.
    logging.getLogger("nncf").setLevel(logging.ERROR)
    return nncf


def _kinds(network: Any) -> dict[str, list[str]]:
    """Products with weights, by what they are in each layer: "output/dense/MatMul"."""
    kinds = defaultdict(list)
    for operator in network.get_ops():
        match = _LAYER.search(operator.get_friendly_name())
        if match and operator.get_type_name() == "MatMul":
            kinds[match[1]].append(operator.get_friendly_name())
    return kinds


def _inputs(encoder: Encoder, ids: Ints) -> dict[str, Ints]:
    return dict(zip(INPUT_NAMES, pad_batch([ids], pad_id=encoder.pad_id), strict=True))
