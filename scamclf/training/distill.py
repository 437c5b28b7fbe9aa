"""A teacher for a smaller student: its logits for each window that the student is shown.

Both read the same text: the words of the student's window. Each has its own tokenizer, so where the window is more
than one of the teacher's, the teacher's logits are averaged over its own windows.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import transformers
import yaml

from scamclf.batching import length_batches, pad_batch
from scamclf.bundle import LAYOUT, read_manifest
from scamclf.calls import LABELS, Call, Turn
from scamclf.encode import Encoder
from scamclf.errors import BundleError, ConfigError
from scamclf.render import render
from scamclf.runtimes.torch import TorchRuntime
from scamclf.training.run import RUN
from scamclf.training.views import View
from scamclf.windows import WindowSpec

__all__ = ["BundleTeacher", "load_teacher"]

Floats = npt.NDArray[np.float32]

_MAX_PADDED_TOKENS = 16_384


class BundleTeacher:
    """A trained model that is asked for logits.

    Args:
        model: a sequence classifier with our three labels; it stays as it is.
        encoder: its tokenizer and windows.
        student: the encoder whose windows it is asked about.
        bf16: whether it computes in bfloat16.
    """

    def __init__(
        self, model: transformers.PreTrainedModel, encoder: Encoder, student: Encoder, *, bf16: bool = False
    ) -> None:
        self._runtime = TorchRuntime(model.requires_grad_(False))
        self._device = model.device.type
        self._encoder = encoder
        self._student = student
        self._bf16 = bf16

    def logits(self, views: Sequence[View], spans: Sequence[tuple[int, int]]) -> Floats:
        """Logits of one window of each view.

        Args:
            views: calls as the student is shown them.
            spans: start and end of the window of each, in the student's tokens.

        Returns:
            (n, 3) float32.
        """
        texts = self._texts(views, spans)
        calls = [Call(str(i), (Turn(text),)) for i, text in enumerate(texts)]
        windows = [
            self._encoder.window_ids(encoded, self._encoder.call_spans(encoded))
            for encoded in self._encoder.encode(calls)
        ]
        flat = [window for of_call in windows for window in of_call]
        found = np.empty((len(flat), len(LABELS)), dtype=np.float32)
        lengths = np.array([len(window) for window in flat], dtype=np.int64)
        with torch.autocast(self._device, torch.bfloat16, enabled=self._bf16):
            for batch in length_batches(lengths, max_padded_tokens=_MAX_PADDED_TOKENS):
                found[batch] = self._runtime.run(
                    *pad_batch([flat[i] for i in batch], pad_id=self._encoder.pad_id, multiple_of=8)
                )
        counts = np.array([len(of_call) for of_call in windows])
        means = np.add.reduceat(found, np.cumsum(counts) - counts) / counts[:, None]
        return np.asarray(means, dtype=np.float32)

    def _texts(self, views: Sequence[View], spans: Sequence[tuple[int, int]]) -> list[str]:
        """The words of each window."""
        rendered = [render(view.call) for view in views]
        encodings = self._student.tokenizer.encode_batch(rendered, add_special_tokens=False)
        return [
            text[encoding.offsets[start][0] : encoding.offsets[end - 1][1]] if end > start else ""
            for text, encoding, (start, end) in zip(rendered, encodings, spans, strict=True)
        ]


def load_teacher(path: Path, student: Encoder, *, device: torch.device, bf16: bool) -> BundleTeacher:
    """Load a teacher from a bundle or from a finished run.

    Raises:
        ConfigError: the folder is neither, or its classes are not ours.
    """
    folder = path / RUN.model if (path / RUN.model).is_dir() else path
    try:
        spec = WindowSpec(**_windows(path))
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
        encoder = Encoder.from_file(folder / LAYOUT.tokenizer, spec)
    except (OSError, ValueError, KeyError, TypeError, BundleError) as error:
        raise ConfigError(
            f"distill.teacher is {str(path)!r}; wanted a bundle or the folder of a finished run ({error})"
        ) from error
    labels = tuple(model.config.id2label[i] for i in range(len(model.config.id2label)))
    if labels != LABELS:
        raise ConfigError(f"distill.teacher {path} knows {', '.join(labels)}; wanted {', '.join(LABELS)}")
    return BundleTeacher(model.to(device), encoder, student, bf16=bf16)


def _windows(path: Path) -> dict[str, int]:
    if (path / RUN.recipe).is_file():
        found: dict[str, int] = yaml.safe_load((path / RUN.recipe).read_text(encoding="utf-8"))["recipe"]["windows"]
        return found
    return dict(read_manifest(path).windows)
