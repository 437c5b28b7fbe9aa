"""A recipe: typed, commented in `configs/*.yaml`, every key read by something.

Defaults < YAML < `--set key=value`. The resolved recipe is saved with the run.
"""

import dataclasses
import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import yaml

from scamclf.errors import ConfigError
from scamclf.preparation.augment import AugmentConfig
from scamclf.windows import WindowSpec

__all__ = [
    "CalibrationConfig",
    "DataConfig",
    "DistillConfig",
    "ModelConfig",
    "Recipe",
    "TrainingConfig",
    "load_recipe",
    "read_section",
    "recipe_to_dict",
]


@dataclass(frozen=True, slots=True)
class DataConfig:
    """What to learn from.

    Args:
        sources: public corpora by name; see data/sources.json.
        raw: folder that holds `<source>/...`; None is data/raw of the working directory.
        pairs: whether the authored calls are used: pairs and moves to learn from, test calls to report.
        labelled: files or folders of your own calls, canonical JSONL with `label`.
        hold_out: sources or groups that go to the test split whole, for example "channel:somebody".
        train_whole: of `sources`, those with no split of their own: what is not held out is trained on. For a source
            with few calls, of which a tenth judges nothing.
        shares: shares of the groups in train, validation, calibration and test.
        max_calls_per_group: most calls of one group that are kept; None keeps all.
        max_train_calls_per_source: most calls of one source that are trained on, whole groups by seed; None keeps all.
        near_duplicate: share of the shorter call's words, in order, from which two calls are the same, in (0, 1].
        release: refuses every source whose licence does not allow weights to be given away.
        seed: of the split and of the names and numbers that stand in for redaction marks.
    """

    sources: tuple[str, ...] = ()
    raw: str | None = None
    pairs: bool = True
    labelled: tuple[str, ...] = ()
    hold_out: tuple[str, ...] = ()
    train_whole: tuple[str, ...] = ()
    shares: tuple[float, ...] = (0.7, 0.1, 0.1, 0.1)
    max_calls_per_group: int | None = None
    max_train_calls_per_source: int | None = None
    near_duplicate: float = 0.7
    release: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Which encoder.

    Args:
        encoder: "offline-minilm" (the [offline] extra), a local folder, or a name on the hub.
        init: "pretrained", or "random-tiny": random weights and a few thousand parameters, for tests.
        architecture: of a random-tiny model: "bert", "modernbert" or "deberta-v2".
        dropout: of the classification head, in [0, 1).
        encoder_dropout: of the encoder, in [0, 1); None: as it was published. Above 0 a CPU takes longer.
        layers: so many of the encoder's layers are kept, evenly spaced, the first and the last among them, for a
            student; None: all. Not of ModernBERT, whose layers differ by their place.
        attention: "sdpa", "eager", "flash_attention_2" (a GPU and the package flash-attn); None: the fastest that
            the encoder has without further packages.
    """

    encoder: str = "offline-minilm"
    init: str = "pretrained"
    architecture: str = "bert"
    dropout: float = 0.1
    encoder_dropout: float | None = 0.0
    layers: int | None = None
    attention: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to learn.

    Args:
        epochs: this many; with a patience, at most.
        windows_per_epoch: windows drawn an epoch, balanced over classes and sources; None: one a call.
        batch_size: windows of one step on each device.
        lr: peak learning rate; falls linearly to 0.
        warmup: share of all steps over which the rate rises, in [0, 1).
        weight_decay: of AdamW.
        label_smoothing: in [0, 1).
        prefix_share: share of the drawn windows that are beginnings of calls, of any length.
        chatter_share: share of the drawn windows that get a piece of another, legitimate call before or after what they
            hold: in a real call the telling minute is one of many.
        twin_weight: how much it counts, beside the labels, that a scam's log-odds be above those of its honest twin;
            such twins are then drawn together. 0: neither.
        source_weights: how many times more often the calls of a source are drawn than their number alone says; 1
            unless named. The authored ones are "pairs" and "moves".
        evaluate_every: epochs between looks at the validation calls, each with a checkpoint.
        patience: looks without a better validation score after which training stops; the model of the best look is
            kept. None: training goes on to its end, and the last is kept: where the validation calls are few, an early
            look scores well by chance, before the learning rate came down.
        keep_checkpoints: newest checkpoints that are kept.
        bf16: None: where the hardware has it.
        micro_batch: windows that go through the model at once, a divisor of batch_size: a step then adds up the
            gradients of several. None: on a GPU as many as fit, found by trying; on a CPU what stays within its cache.
        gradient_checkpointing: compute activations twice and keep few: less memory, a third more time.
        torch_compile: fuse the model's operations: minutes at the start, worth it on a GPU and long runs.
        data_workers: processes that make the windows of the next epoch while this one trains; None: 0 on a CPU,
            which has no time to spare, 4 beside a GPU.
        report_to: reporters of transformers beside TensorBoard: "wandb", "mlflow" and others.
        second_opinion: whether a linear model of tokens and pairs of tokens is fitted too, and added to the network.
        seed: of the head's weights, of dropout and of the windows that are drawn.
    """

    epochs: int = 4
    windows_per_epoch: int | None = None
    batch_size: int = 32
    lr: float = 1e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    prefix_share: float = 0.3
    chatter_share: float = 0.0
    twin_weight: float = 0.0
    source_weights: dict[str, float] = field(default_factory=dict)
    evaluate_every: int = 1
    patience: int | None = 3
    keep_checkpoints: int = 2
    bf16: bool | None = None
    micro_batch: int | None = None
    gradient_checkpointing: bool = False
    torch_compile: bool = False
    data_workers: int | None = None
    report_to: tuple[str, ...] = ()
    second_opinion: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class DistillConfig:
    """A teacher beside the labels; any encoder, any tokenizer.

    Args:
        teacher: a bundle, or the folder of a finished run.
        temperature: by which both models' logits are divided before they are compared, above 0.
        hard_share: share of the loss that the labels keep, in [0, 1].
    """

    teacher: str = ""
    temperature: float = 2.0
    hard_share: float = 0.3


@dataclass(frozen=True, slots=True)
class CalibrationConfig:
    """Which operating points to try.

    Args:
        target_fprs: false-positive rates; a point ships only where the legitimate calls can support it.
        demonstration: True ships points whatever the number of calls, in a bundle marked as no more than
            a demonstration.
    """

    target_fprs: tuple[float, ...] = (0.01, 0.001)
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that makes a model.

    Args:
        name: of the run's folder under runs/.
        data, model, windows, training, calibration: see there.
        augment: how training calls are said otherwise (`scamclf.preparation.augment`); null: not at all.
        distill: a teacher; null: there is none.
    """

    name: str = "run"
    data: DataConfig = field(default_factory=DataConfig)
    augment: AugmentConfig | None = field(default_factory=AugmentConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    windows: WindowSpec = field(default_factory=WindowSpec)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    distill: DistillConfig | None = None
    calibration: CalibrationConfig = field(default_factory=CalibrationConfig)


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        path: YAML file.
        overrides: `key=value`, keys with dots ("training.lr=3e-5"), values as YAML.

    Returns:
        The resolved recipe.

    Raises:
        ConfigError: the file is missing or no YAML, a key is unknown or a value of the wrong type.
    """
    raw = _read_yaml(path, missing="the shipped recipes are in configs/")
    for override in overrides:
        _override(raw, override)
    recipe: Recipe = _build(Recipe, raw, where="")
    _check(recipe)
    return recipe


def read_section(cls: type[Any], path: Path) -> Any:
    """Read a YAML file with the fields of a dataclass, checked as a recipe's sections are.

    Raises:
        ConfigError: the file is missing or no YAML, a key is unknown or a value of the wrong type.
    """
    return _build(cls, _read_yaml(path, missing=f"wanted keys of {cls.__name__}"), where=path.name)


def _read_yaml(path: Path, missing: str) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; {missing}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: holds {type(raw).__name__}; wanted keys and values")
    return raw


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Plain lists, numbers and texts, as YAML and JSON take them."""
    return {key: _plain(value) for key, value in dataclasses.asdict(recipe).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _override(raw: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(f"--set {override}: wanted key=value, for example training.lr=3e-5")
    *sections, last = key.strip().split(".")
    for section in sections:
        raw = raw.setdefault(section, {})
        if not isinstance(raw, dict):
            raise ConfigError(f"--set {override}: {section} is a value, not a section")
    try:
        raw[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: not YAML: {error}") from error


def _build(cls: type[Any], raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise ConfigError(f"{where or 'recipe'} is {raw!r}; wanted keys and values")
    known = get_type_hints(cls)
    for key in raw:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
            raise ConfigError(f"unknown key {_join(where, key)!r}; {hint}")
    return cls(**{key: _coerce(known[key], value, _join(where, key)) for key, value in raw.items()})


def _coerce(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _build(kind, value, where)  # type: ignore[arg-type]  # a class: no instance gets here
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if value is None else _coerce(next(a for a in args if a is not type(None)), value, where)
    if origin is tuple:
        if isinstance(value, str) or not isinstance(value, list | tuple):
            raise ConfigError(f"{where} is {value!r}; wanted a list")
        return tuple(_coerce(args[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise ConfigError(f"{where} is {value!r}; wanted keys and values")
        return {str(key): _coerce(args[1], item, _join(where, key)) for key, item in value.items()}
    if kind is float and not isinstance(value, bool):
        try:
            return float(value)  # PyYAML reads 3e-5 as text
        except (TypeError, ValueError):
            pass
    elif type(value) is kind:
        return value
    raise ConfigError(f"{where} is {value!r}; wanted {kind.__name__}")


def _join(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _check(recipe: Recipe) -> None:
    data, model, training, distill = recipe.data, recipe.model, recipe.training, recipe.distill
    rules = [
        (len(data.shares) == 4 and min(data.shares) >= 0 and abs(sum(data.shares) - 1) < 1e-6,
         "data.shares", data.shares, "four shares that sum to 1"),
        (set(data.train_whole) <= set(data.sources), "data.train_whole", data.train_whole, "names among data.sources"),
        (0 < data.near_duplicate <= 1, "data.near_duplicate", data.near_duplicate, "a share in (0, 1]"),
        (data.max_train_calls_per_source is None or data.max_train_calls_per_source >= 1,
         "data.max_train_calls_per_source", data.max_train_calls_per_source, "at least 1, or null"),
        (data.max_calls_per_group is None or data.max_calls_per_group >= 1, "data.max_calls_per_group",
         data.max_calls_per_group, "at least 1, or null"),
        (model.init in ("pretrained", "random-tiny"), "model.init", model.init, "pretrained or random-tiny"),
        (model.architecture in ("bert", "modernbert", "deberta-v2"), "model.architecture",
         model.architecture, "bert, modernbert or deberta-v2"),
        (0 <= model.dropout < 1, "model.dropout", model.dropout, "a share in [0, 1)"),
        (model.encoder_dropout is None or 0 <= model.encoder_dropout < 1, "model.encoder_dropout",
         model.encoder_dropout, "a share in [0, 1), or null"),
        (model.layers is None or model.layers >= 1, "model.layers", model.layers, "at least 1, or null"),
        (training.micro_batch is None or (training.micro_batch >= 1
         and training.batch_size % training.micro_batch == 0), "training.micro_batch", training.micro_batch,
         f"a divisor of training.batch_size ({training.batch_size}), or null"),
        (training.data_workers is None or training.data_workers >= 0, "training.data_workers",
         training.data_workers, "0 or more, or null"),
        (distill is None or distill.teacher != "", "distill.teacher", distill and distill.teacher,
         "a bundle or the folder of a run"),
        (distill is None or distill.temperature > 0, "distill.temperature", distill and distill.temperature,
         "a number above 0"),
        (distill is None or 0 <= distill.hard_share <= 1, "distill.hard_share", distill and distill.hard_share,
         "a share in [0, 1]"),
        (training.epochs >= 1, "training.epochs", training.epochs, "at least 1"),
        (training.windows_per_epoch is None or training.windows_per_epoch >= 1, "training.windows_per_epoch",
         training.windows_per_epoch, "at least 1, or null"),
        (training.batch_size >= 1, "training.batch_size", training.batch_size, "at least 1"),
        (0 < training.lr < math.inf, "training.lr", training.lr, "a number above 0"),
        (0 <= training.warmup < 1, "training.warmup", training.warmup, "a share in [0, 1)"),
        (training.weight_decay >= 0, "training.weight_decay", training.weight_decay, "0 or more"),
        (0 <= training.label_smoothing < 1, "training.label_smoothing", training.label_smoothing,
         "a share in [0, 1)"),
        (0 <= training.prefix_share <= 1, "training.prefix_share", training.prefix_share, "a share in [0, 1]"),
        (0 <= training.chatter_share <= 1, "training.chatter_share", training.chatter_share, "a share in [0, 1]"),
        (0 <= training.twin_weight < math.inf, "training.twin_weight", training.twin_weight, "0 or more"),
        (training.twin_weight == 0 or not (training.batch_size % 2 or (training.micro_batch or 0) % 2),
         "training.twin_weight", training.twin_weight,
         "0 where training.batch_size or training.micro_batch is odd: twins are compared within a batch"),
        (all(0 < weight < math.inf for weight in training.source_weights.values()), "training.source_weights",
         training.source_weights, "numbers above 0"),
        (training.evaluate_every >= 1, "training.evaluate_every", training.evaluate_every, "at least 1"),
        (training.patience is None or training.patience >= 1, "training.patience", training.patience,
         "at least 1, or null"),
        (training.keep_checkpoints >= 1, "training.keep_checkpoints", training.keep_checkpoints, "at least 1"),
        (0 <= training.seed < 2**32, "training.seed", training.seed, "0 to 2**32 - 1"),
        (all(0 < fpr < 1 for fpr in recipe.calibration.target_fprs), "calibration.target_fprs",
         recipe.calibration.target_fprs, "rates between 0 and 1"),
    ]  # fmt: skip
    for good, key, value, wanted in rules:
        if not good:
            raise ConfigError(f"{key} is {value!r}; wanted {wanted}")
