"""What runs the network: one small protocol, one module a runtime."""

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scamclf.errors import ConfigError, MissingExtraError

__all__ = ["CPU_BATCH_TOKENS", "RUNTIMES", "Runtime", "open_runtime"]

logger = logging.getLogger(__name__)

CPU_BATCH_TOKENS = 512
"""A core that works on a batch of its own: one full window, or several short ones, and little padding."""

RUNTIMES = ("auto", "onnxruntime", "openvino", "torch")


class Runtime(Protocol):
    """Runs a batch of windows.

    Attributes:
        name: of the runtime, of what it runs on and of what it computes in.
        pad_to: the padded length of a batch shall be a multiple of this many tokens.
        batch_tokens: tokens of one batch, padding counted, that keep what it runs on busy.
        at_once: batches that it runs side by side: so many threads may call `run` together.
    """

    name: str
    pad_to: int
    batch_tokens: int
    at_once: int

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Compute window logits.

        Args:
            ids: (b, t) int64 token ids, padded on the right.
            mask: (b, t) int64, 1 on tokens and 0 on padding.

        Returns:
            (b, 3) float32 logits, columns as `scamclf.calls.LABELS`.
        """
        ...


def open_runtime(
    bundle: Path, file: str, *, precision: str, runtime: str = "auto", threads: int | None = None
) -> tuple[Runtime, str]:
    """Open one precision of a bundle. What was asked for is what runs, or it is an error.

    Args:
        bundle: folder of the bundle.
        file: of the precision, in the bundle.
        precision: "fp32", "bf16" or "int8".
        runtime: one of `RUNTIMES`. "auto" takes ONNX Runtime for fp32, OpenVINO for the rest, and never a GPU.
        threads: those that it works with; None takes every core that this process may use.

    Returns:
        The runtime, and why it was taken.

    Raises:
        ConfigError: there is no such runtime, or it does not run this precision here.
        MissingExtraError: it is not installed.
        BundleError: the file cannot be loaded.
    """
    if runtime not in RUNTIMES:
        raise ConfigError(f"runtime is {runtime!r}; wanted one of {', '.join(RUNTIMES)}")
    why = f"{runtime!r} was asked for"
    if runtime == "auto":
        runtime = "onnxruntime" if precision == "fp32" else "openvino"
        why = f"auto: {runtime} is the one for {precision} on a CPU"
    found = _open(bundle, file, precision, runtime, threads)
    logger.info("runtime: %s (%s)", found.name, why)
    return found, why


def _open(bundle: Path, file: str, precision: str, runtime: str, threads: int | None) -> Runtime:
    if runtime == "onnxruntime":
        if precision != "fp32":
            raise ConfigError(f"precision is {precision!r}; ONNX Runtime runs fp32: take runtime 'openvino' or 'auto'")
        from scamclf.runtimes.onnx import OnnxRuntime

        return OnnxRuntime(bundle / file, threads=threads)
    if runtime == "openvino":
        if find_spec("openvino") is None:
            raise MissingExtraError("openvino", extra="openvino", needed_for=f"runtime 'openvino' ({precision})")
        from scamclf.runtimes.openvino import OpenVinoRuntime

        return OpenVinoRuntime(bundle / file, precision=precision, threads=threads)
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError("torch", extra="train", needed_for="runtime 'torch'")
    from scamclf.runtimes.torch import load_on_gpu

    return load_on_gpu(bundle, precision=precision)
