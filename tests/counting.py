"""A network whose logits can be worked out by hand, for exact values."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from scamclf.bundle import Manifest, OperatingPoint, Precision, Statistic
from scamclf.calls import LABELS
from scamclf.encode import Encoder
from scamclf.normalise import add_normaliser
from scamclf.predict import Scorer
from scamclf.windows import WindowSpec

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "hello", "virus", "loan"]
SPEC = WindowSpec(max_tokens=12, stride=8, monitor_step=4)


class CountingRuntime:
    """Logits of a window: 0, how often it says "virus", how often it says "loan"."""

    name = "counting"
    pad_to = 1
    batch_tokens = 4096
    at_once = 1

    def run(self, ids, mask):
        virus, loan = (((ids == VOCABULARY.index(word)) & (mask == 1)).sum(axis=1) for word in ("virus", "loan"))
        return np.stack([np.zeros(len(ids)), virus, loan], axis=1).astype(np.float32)


def counting_scorer(
    call: Statistic | None = None, monitor: Statistic | None = None, *, operating_point: str | None = None
) -> Scorer:
    """A scorer whose windows hold ten words."""
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    precision = Precision(file="", call=call or Statistic(), monitor=monitor or Statistic())
    manifest = Manifest(LABELS, dataclasses.asdict(SPEC), {"fp32": precision}, operating_point)
    return Scorer(manifest, Encoder(add_normaliser(tokenizer), SPEC), CountingRuntime())


def points(**thresholds: float) -> Mapping[str, OperatingPoint]:
    return {name: OperatingPoint(threshold, 0.01, 300, 0) for name, threshold in thresholds.items()}
