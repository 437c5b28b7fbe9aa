"""From a run to a bundle: the network as a graph, its precisions, and proof that they agree with what was trained."""

from scamclf.export.bundle import export
from scamclf.export.graph import export_onnx
from scamclf.export.parity import FP32_TOLERANCE, check_parity

__all__ = ["FP32_TOLERANCE", "check_parity", "export", "export_onnx"]
