"""torch: for models that are not exported yet, and for GPUs."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["TorchRuntime"]


class TorchRuntime:
    """Runs a transformers model where its weights are.

    Args:
        model: a sequence classifier with three labels; it is put into evaluation mode.
    """

    name = "torch"

    def __init__(self, model: "PreTrainedModel") -> None:
        self._model = model.eval()

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Compute window logits; see `scamclf.runtimes.Runtime`."""
        import torch

        with torch.inference_mode():
            batch = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
            logits = self._model(**{name: tensor.to(self._model.device) for name, tensor in batch.items()}).logits
        return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)
