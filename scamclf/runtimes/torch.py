"""torch: for models that are not exported yet, and for GPUs."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scamclf.errors import ConfigError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["TorchRuntime", "load_on_gpu"]


class TorchRuntime:
    """Runs a transformers model where its weights are.

    Args:
        model: a sequence classifier with three labels; it is put into evaluation mode.
    """

    pad_to = 8
    at_once = 1

    def __init__(self, model: "PreTrainedModel") -> None:
        self._model = model.eval()
        # A GPU wants hundreds of windows at a time, the cores of a CPU a few within their cache.
        self.batch_tokens = 2**17 if model.device.type == "cuda" else 2**12
        self.name = f"torch-{model.device.type}-{str(model.dtype).removeprefix('torch.')}"

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Compute window logits; see `scamclf.runtimes.Runtime`."""
        import torch

        with torch.inference_mode():
            batch = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
            logits = self._model(**{name: tensor.to(self._model.device) for name, tensor in batch.items()}).logits
        return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)


def load_on_gpu(bundle: Path, *, precision: str) -> TorchRuntime:
    """Run a bundle's `model.safetensors` on a GPU.

    Args:
        bundle: folder of the bundle.
        precision: "fp32" or "bf16".

    Raises:
        ConfigError: torch sees no GPU, or does not compute in this precision.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16}
    if precision not in dtypes:
        raise ConfigError(f"precision is {precision!r}; on a GPU torch computes in {', '.join(dtypes)}")
    if not torch.cuda.is_available():
        raise ConfigError(
            "runtime is 'torch', which runs on a GPU, and torch sees none: take 'onnxruntime' or 'openvino'"
        )
    model = AutoModelForSequenceClassification.from_pretrained(
        bundle, dtype=dtypes[precision], local_files_only=True, trust_remote_code=False
    )
    return TorchRuntime(model.to("cuda"))
