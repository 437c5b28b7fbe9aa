"""Attention for training on a CPU in bfloat16: the faster of two ways that compute the same."""

from typing import Any

import torch
import transformers
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

__all__ = ["CPU_ATTENTION", "use_cpu_attention"]

CPU_ATTENTION = "scamclf_cpu"
"""Name under which transformers knows it."""

_PLAIN_UP_TO = 512
"""Tokens up to which plain products are faster than PyTorch's fused kernel, whose gradient is slow on a CPU: results/
training_attention.json. Longer windows were not tried."""


def use_cpu_attention(model: transformers.PreTrainedModel) -> None:
    """Spare a model PyTorch's fused attention where plain products are faster; one that has another is not changed."""
    if model.config._attn_implementation != "sdpa":
        return
    transformers.AttentionInterface.register(CPU_ATTENTION, _attention)
    transformers.AttentionMaskInterface.register(CPU_ATTENTION, sdpa_mask)
    model.set_attn_implementation(CPU_ATTENTION)


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attend, (b, heads, t, d) each, where a boolean mask that broadcasts to (b, heads, t, t) is true."""
    if query.dtype != torch.bfloat16 or query.shape[2] > _PLAIN_UP_TO:
        fused: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **kwargs
        )
        return fused
    scores = (query * (scaling or query.shape[-1] ** -0.5)) @ key.transpose(2, 3)
    if attention_mask is not None:
        # Not -inf: padding that sees nothing within its reach would become no number.
        scores = scores.masked_fill(~attention_mask, torch.finfo(scores.dtype).min)
    weights = torch.nn.functional.dropout(scores.softmax(dim=-1), p=dropout, training=module.training)
    return (weights @ value).transpose(1, 2).contiguous(), None
