"""ONNX Runtime on the CPU: the default."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from scamclf.errors import BundleError
from scamclf.runtimes import CPU_BATCH_TOKENS
from scamclf.runtimes.onnx_check import check_onnx

__all__ = ["INPUT_NAMES", "OUTPUT_NAME", "OnnxRuntime"]

INPUT_NAMES = ("input_ids", "attention_mask")
OUTPUT_NAME = "logits"


class OnnxRuntime:
    """A session over one `.onnx` file with embedded weights.

    Args:
        path: the file.
        threads: threads of one batch; None takes every core that this process may use.

    Raises:
        BundleError: the file cannot be loaded, has operators or weights from elsewhere (`scamclf.runtimes.onnx_check`),
            or its inputs and outputs are not ours.
    """

    name = "onnxruntime-cpu-fp32"
    pad_to = 1
    at_once = 1

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        check_onnx(path)
        options = onnxruntime.SessionOptions()
        # What was checked is ONNX: ONNX Runtime shall not take it for a format of its own.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        options.intra_op_num_threads = threads = threads or len(os.sched_getaffinity(0))
        options.inter_op_num_threads = 1
        self.batch_tokens = CPU_BATCH_TOKENS * threads
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises classes of its own that share no public base
            raise BundleError(f"{path}: ONNX Runtime cannot load it: {error}") from error
        inputs = tuple(node.name for node in self._session.get_inputs())
        outputs = tuple(node.name for node in self._session.get_outputs())
        if set(inputs) != set(INPUT_NAMES) or OUTPUT_NAME not in outputs:
            raise BundleError(f"{path}: takes {inputs} and gives {outputs}; wanted {INPUT_NAMES} and {OUTPUT_NAME!r}")

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Compute window logits; see `scamclf.runtimes.Runtime`."""
        (logits,) = self._session.run([OUTPUT_NAME], dict(zip(INPUT_NAMES, (ids, mask), strict=True)))
        return np.asarray(logits, dtype=np.float32)
