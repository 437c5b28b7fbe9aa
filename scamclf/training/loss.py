"""What training lowers: cross entropy, mixed with the distance from a teacher where there is one."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from scamclf.config import DistillConfig

__all__ = ["window_loss"]


def window_loss(*, label_smoothing: float, distill: DistillConfig | None) -> Callable[..., torch.Tensor]:
    """Make the loss of a batch of windows, as Trainer's `compute_loss_func` wants it.

    The models' own would not do: they take the mean of a micro-batch and ignore how many windows the whole step has,
    while Trainer believes that they heed it, and so multiplies the loss by the number of processes.

    Args:
        label_smoothing: in [0, 1).
        distill: how to mix with a teacher's logits; None: there is no teacher.

    Returns:
        A function of the model's output, the labels and the number of labels in the whole step (None: these ones).
        Labels are (b,) int64 or, with a teacher, (b, 4) float32: label and the teacher's three logits.
    """

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None) -> torch.Tensor:
        logits = outputs["logits"].float()
        hard = labels if labels.dim() == 1 else labels[:, 0].long()
        losses = functional.cross_entropy(logits, hard, label_smoothing=label_smoothing, reduction="none")
        if labels.dim() == 2 and distill is not None:
            far = _divergence(logits, labels[:, 1:], distill.temperature)
            losses = distill.hard_share * losses + (1 - distill.hard_share) * far
        windows = len(labels) if num_items_in_batch is None else num_items_in_batch / labels[0].numel()
        return losses.sum() / windows

    return loss


def _divergence(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """Kullback-Leibler divergence at a temperature, times its square to keep gradients their size (Hinton 2015)."""
    ours, theirs = (functional.log_softmax(logits / temperature, dim=-1) for logits in (student, teacher))
    return functional.kl_div(ours, theirs, log_target=True, reduction="none").sum(dim=-1) * temperature**2
