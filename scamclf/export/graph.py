"""The network as one ONNX file, with what belongs together fused."""

import logging
import warnings
from collections import Counter
from pathlib import Path

import onnx
import torch
import transformers

from scamclf.errors import ExportError
from scamclf.runtimes.onnx import INPUT_NAMES, OUTPUT_NAME

__all__ = ["FUSED", "export_onnx"]

logger = logging.getLogger(__name__)

FUSED = ("Attention", "MultiHeadAttention", "SkipLayerNormalization", "BiasGelu")
"""Operators that stand for several: ONNX Runtime's own (com.microsoft), which OpenVINO and transformers.js read too."""

_OPSET = 17
"""The first with LayerNormalization, and the last that the fusions of ONNX Runtime were written for."""


def export_onnx(model: transformers.PreTrainedModel, path: Path) -> dict[str, int]:
    """Write the network as one ONNX file with embedded weights: ids and mask in, logits out.

    Args:
        model: a sequence classifier with eager attention, which exports as plain products and a softmax.
        path: file to write.

    Returns:
        How often each operator of `FUSED` stands in the graph. What does not match the patterns, such as rotary or
        disentangled attention, stays as it was.

    Raises:
        ExportError: weights lie outside the file.
    """
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    path.parent.mkdir(parents=True, exist_ok=True)
    _trace(model, path)
    options = FusionOptions("bert")
    # Its position ids are those of the tokens before padding; it saves nothing that can be measured.
    options.enable_embed_layer_norm = False
    fused = optimizer.optimize_model(
        str(path),
        model_type="bert",
        num_heads=model.config.num_attention_heads,
        hidden_size=model.config.hidden_size,
        optimization_options=options,
        # 0: the fusions alone. ONNX Runtime's own optimiser runs when a session loads the file, and knows the machine.
        opt_level=0,
    )
    fused.save_model_to_file(str(path))
    graph = onnx.load(path).graph
    if any(tensor.external_data for tensor in graph.initializer):
        raise ExportError(f"{path}: weights lie outside the file; wanted one file")
    found = Counter(node.op_type for node in graph.node)
    counts = {name: found[name] for name in FUSED}
    logger.info("fused: %s of %d operators", counts, len(graph.node))
    return counts


def _trace(model: transformers.PreTrainedModel, path: Path) -> None:
    """Export by tracing: the patterns that ONNX Runtime fuses are those of this exporter.

    The graph that torch.export gives computes the same, but its attention is not recognised: a quarter slower.
    """
    ids = torch.randint(0, model.config.vocab_size, (2, 24))
    mask = torch.ones_like(ids)
    mask[1, 16:] = 0
    rows_and_tokens = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        # It warns that it is the older one, and of Python values in transformers' code that no input changes.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _LogitsOnly(model).eval(),
            (ids, mask),
            str(path),
            input_names=list(INPUT_NAMES),
            output_names=[OUTPUT_NAME],
            dynamic_axes={**dict.fromkeys(INPUT_NAMES, rows_and_tokens), OUTPUT_NAME: {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )


class _LogitsOnly(torch.nn.Module):
    def __init__(self, model: transformers.PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits
