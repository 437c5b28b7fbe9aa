"""What training lowers: cross entropy, a scam ranked below its honest twin, the distance from a teacher."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from scamclf.config import DistillConfig

__all__ = ["window_loss"]


def window_loss(
    *, label_smoothing: float, twin_weight: float = 0.0, distill: DistillConfig | None = None
) -> Callable[..., torch.Tensor]:
    """Make the loss of a batch of windows, as Trainer's `compute_loss_func` wants it.

    The models' own would not do: they take the mean of a micro-batch and ignore how many windows the whole step has,
    while Trainer believes that they heed it, and so multiplies the loss by the number of processes.

    Args:
        label_smoothing: in [0, 1).
        twin_weight: of each scam beside its honest twin.
        distill: how to mix with a teacher's logits; None: there is no teacher.

    Returns:
        A function of the model's output, the labels and the number of labels in the whole step (None: these ones).
        Labels are (b,) int64 or, of drawn windows, (b, 2) or (b, 5) float32: the label, the number that a window has
        in common with its twin (-1: it has none) and, with a teacher, its three logits.
    """

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None) -> torch.Tensor:
        logits = outputs["logits"].float()
        if labels.dim() == 1:
            labels = torch.stack([labels, torch.full_like(labels, -1)], dim=1)
        hard = labels[:, 0].long()
        losses = functional.cross_entropy(logits, hard, label_smoothing=label_smoothing, reduction="none")
        if labels.shape[1] > 2 and distill is not None:
            far = _divergence(logits, labels[:, 2:], distill.temperature)
            losses = distill.hard_share * losses + (1 - distill.hard_share) * far
        if twin_weight:
            losses = torch.cat([losses, twin_weight * _misranked(logits, hard, labels[:, 1])])
        windows = len(labels) if num_items_in_batch is None else num_items_in_batch / labels[0].numel()
        return losses.sum() / windows

    return loss


def _misranked(logits: torch.Tensor, labels: torch.Tensor, twins: torch.Tensor) -> torch.Tensor:
    """Logistic loss of the difference in log-odds (RankNet, Burges 2005), of each scam beside its honest twin."""
    scam = torch.logsumexp(logits[:, 1:], dim=1) - logits[:, 0]
    scams, honest = labels != 0, labels == 0
    beside = scams[:, None] & honest & (twins[:, None] == twins) & (twins >= 0)
    return functional.softplus(scam - scam[:, None])[beside]


def _divergence(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """Kullback-Leibler divergence at a temperature, times its square to keep gradients their size (Hinton 2015)."""
    ours, theirs = (functional.log_softmax(logits / temperature, dim=-1) for logits in (student, teacher))
    return functional.kl_div(ours, theirs, log_target=True, reduction="none").sum(dim=-1) * temperature**2
