"""OpenVINO on the CPU: the fastest where the CPU multiplies matrices of bfloat16 or int8 (AMX, VNNI)."""

import os
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
import openvino

from scamclf.errors import BundleError, ConfigError
from scamclf.runtimes import CPU_BATCH_TOKENS
from scamclf.runtimes.onnx import INPUT_NAMES, OUTPUT_NAME
from scamclf.runtimes.onnx_check import check_onnx

__all__ = ["OpenVinoRuntime", "has_bf16"]

_PRECISIONS = ("fp32", "bf16", "int8")


class OpenVinoRuntime:
    """A compiled `.onnx` or `.xml` file.

    Args:
        path: the file; the weights of an `.xml` lie beside it in a `.bin`. Or a model that is not written yet.
        precision: what to compute in: "fp32", "bf16" or "int8".
        threads: each runs a batch of its own, so that none waits for another; None takes every core that this process
            may use.

    Raises:
        BundleError: the file cannot be loaded, or its inputs and outputs are not ours.
        ConfigError: there is no such precision, or the CPU cannot compute in it.
    """

    pad_to = 8
    """Kernels are prepared anew for each shape: few lengths are few kernels."""
    batch_tokens = CPU_BATCH_TOKENS

    def __init__(self, path: "Path | openvino.Model", *, precision: str = "fp32", threads: int | None = None) -> None:
        if precision not in _PRECISIONS:
            raise ConfigError(f"precision is {precision!r}; OpenVINO runs {', '.join(_PRECISIONS)}")
        if precision == "bf16" and not has_bf16():
            raise ConfigError("precision is 'bf16', which this CPU does not compute in: take 'fp32' or 'int8'")
        if isinstance(path, Path) and path.suffix == ".onnx":
            check_onnx(path)
        self.at_once = threads or len(os.sched_getaffinity(0))
        settings = {
            # Around the products of int8 too: in fp32 they would take longer than the products.
            "INFERENCE_PRECISION_HINT": "bf16" if precision != "fp32" and has_bf16() else "f32",
            "PERFORMANCE_HINT": "THROUGHPUT",
            "NUM_STREAMS": str(self.at_once),
            "INFERENCE_NUM_THREADS": str(self.at_once),
        }
        try:
            self._model = openvino.Core().compile_model(path, "CPU", settings)
            found = _names(self._model.inputs), _names(self._model.outputs)
        except RuntimeError as error:
            raise BundleError(f"{path}: OpenVINO cannot load it: {error}") from error
        if found != (sorted(INPUT_NAMES), [OUTPUT_NAME]):
            raise BundleError(
                f"{path}: takes {found[0]} and gives {found[1]}; wanted {INPUT_NAMES} and {OUTPUT_NAME!r}"
            )
        self._idle: SimpleQueue[openvino.InferRequest] = SimpleQueue()
        for _ in range(self.at_once):
            self._idle.put(self._model.create_infer_request())
        self.name = f"openvino-cpu-{precision}"

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Compute window logits; see `scamclf.runtimes.Runtime`."""
        request = self._idle.get()
        try:
            found = request.infer(dict(zip(INPUT_NAMES, (ids, mask), strict=True)))
            # A copy: the next batch is computed into the same memory.
            return np.array(found[OUTPUT_NAME], dtype=np.float32)
        finally:
            self._idle.put(request)


def has_bf16() -> bool:
    """Whether OpenVINO computes in bfloat16 on this CPU."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _names(ports: Sequence[openvino.Output]) -> list[str]:
    return sorted(port.get_any_name() for port in ports)
