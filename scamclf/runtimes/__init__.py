"""What runs the network: one small protocol, one module a runtime."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Runtime"]


class Runtime(Protocol):
    """Runs a batch of windows."""

    name: str

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Compute window logits.

        Args:
            ids: (b, t) int64 token ids, padded on the right.
            mask: (b, t) int64, 1 on tokens and 0 on padding.

        Returns:
            (b, 3) float32 logits, columns as `scamclf.calls.LABELS`.
        """
        ...
