"""Fine-tuning: a recipe in, a run folder out. transformers' Trainer does the loop."""

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
import yaml
from sklearn.metrics import average_precision_score, log_loss
from torch.utils.tensorboard import SummaryWriter
from transformers.integrations import TensorBoardCallback

from scamclf.batching import pad_batch
from scamclf.calibration import calibrate, uncalibrated_scorer
from scamclf.calls import LABELS, Call
from scamclf.config import Recipe, recipe_to_dict
from scamclf.encode import Encoder
from scamclf.errors import ConfigError, DataError
from scamclf.metrics import balanced_weights, sigmoid
from scamclf.pooling import pool_calls
from scamclf.preparation.prepare import Prepared, write_prepared
from scamclf.render import render
from scamclf.runtimes.torch import TorchRuntime
from scamclf.training.encoders import load_encoder, save_model
from scamclf.training.run import RUN, last_checkpoint, provenance, write_json
from scamclf.training.windows import CallWindows, DrawnWindows

__all__ = ["fit"]

logger = logging.getLogger(__name__)

BEST = "log_loss"
"""Validation score that picks the best checkpoint: of calls, sources weighed equally; lower is better.
Average precision would not do: in-source it is 1.000 after one epoch."""


def fit(recipe: Recipe, prepared: Prepared, run: Path, *, resume: bool = False, overwrite: bool = False) -> Path:
    """Train, keep the best checkpoint, calibrate it.

    Args:
        recipe: everything that makes the model.
        prepared: its data set.
        run: folder to write, with the names of `RunLayout`.
        resume: go on from the newest whole checkpoint in `run`; from the start where there is none.
        overwrite: start afresh in a folder that holds a run.

    Returns:
        The run folder.

    Raises:
        ConfigError: `run` holds a run and neither `resume` nor `overwrite` was asked for, or the recipe is
            another than the run's.
        DataError: a split is empty, or the data are others than the run's.
    """
    for split in ("train", "validation", "calibration"):
        if not prepared.splits[split]:
            raise DataError(f"the {split} split is empty; see data.shares, or add sources")
    settings = recipe.training
    args = _arguments(recipe, run, n_train=len(prepared.splits["train"]))
    with args.main_process_first(desc="run folder"):
        if args.process_index == 0:
            _open_run(run, recipe, prepared, resume=resume, overwrite=overwrite)

    train, validation = prepared.splits["train"], prepared.splits["validation"]
    model, tokenizer = load_encoder(recipe.model, recipe.windows, texts=map(render, train), seed=recipe.training.seed)
    encoder = Encoder(tokenizer, recipe.windows)
    validation_windows = CallWindows(validation, encoder)
    trainer = transformers.Trainer(
        model=model,
        args=args,
        data_collator=_collator(encoder.pad_id),
        train_dataset=DrawnWindows(
            train,
            encoder,
            n_windows=settings.windows_per_epoch,
            batch_size=settings.batch_size * args.world_size,
            prefix_share=settings.prefix_share,
            seed=settings.seed,
            augment=recipe.augment,
        ),
        eval_dataset=validation_windows,
        compute_metrics=_call_metrics(validation, validation_windows.n_windows),
        callbacks=[transformers.EarlyStoppingCallback(early_stopping_patience=settings.patience)],
    )
    if trainer.is_world_process_zero():
        trainer.add_callback(TensorBoardCallback(SummaryWriter(log_dir=str(run / RUN.logs))))
    checkpoint = last_checkpoint(run) if resume else None
    logger.info("training from %s", checkpoint.name if checkpoint else "the start")
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.is_world_process_zero():
        save_model(trainer.accelerator.unwrap_model(trainer.model), tokenizer, recipe.windows, run / RUN.model)
        write_json(run / RUN.metrics, {"history": trainer.state.log_history, "best": trainer.state.best_metric})
        scorer = uncalibrated_scorer(encoder, TorchRuntime(trainer.model.float()))
        statistics = calibrate(scorer, prepared.splits["calibration"], recipe.calibration)
        write_json(run / RUN.calibration, {name: asdict(found) for name, found in statistics.items()})
    trainer.accelerator.wait_for_everyone()
    return run


def _arguments(recipe: Recipe, run: Path, *, n_train: int) -> transformers.TrainingArguments:
    settings = recipe.training
    cuda = torch.cuda.is_available()
    world = transformers.TrainingArguments(output_dir=str(run), use_cpu=not cuda, report_to="none").world_size
    windows = settings.windows_per_epoch or n_train
    steps = max(1, -(-windows // (settings.batch_size * world))) * settings.evaluate_every
    return transformers.TrainingArguments(
        output_dir=str(run / RUN.checkpoints),
        use_cpu=not cuda,
        bf16=_has_bf16() if settings.bf16 is None else settings.bf16,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        learning_rate=settings.lr,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        label_smoothing_factor=settings.label_smoothing,
        eval_strategy="steps",
        eval_steps=steps,
        save_strategy="steps",
        save_steps=steps,
        save_total_limit=settings.keep_checkpoints,
        load_best_model_at_end=True,
        metric_for_best_model=BEST,
        greater_is_better=False,
        restore_callback_states_from_checkpoint=True,
        logging_steps=max(1, min(20, steps)),
        # The data set itself draws, shuffles and buckets; it is told the epoch.
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        dataloader_num_workers=0,
        seed=settings.seed,
        data_seed=settings.seed,
        report_to="none",
    )


def _has_bf16() -> bool:
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    found = torch.cpu.get_capabilities()
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))


def _open_run(run: Path, recipe: Recipe, prepared: Prepared, *, resume: bool, overwrite: bool) -> None:
    settings = {"recipe": recipe_to_dict(recipe), "data_fingerprint": prepared.fingerprint}
    if (run / RUN.recipe).exists() and not overwrite:
        if not resume:
            raise ConfigError(f"{run} holds a run already: --resume it, --overwrite it, or give another --run")
        before = yaml.safe_load((run / RUN.recipe).read_text(encoding="utf-8"))
        if before["recipe"] != settings["recipe"]:
            raise ConfigError(f"{run} was begun with another recipe ({run / RUN.recipe}): give another --run")
        if before["data_fingerprint"] != settings["data_fingerprint"]:
            raise DataError(
                f"the data changed since {run} was begun (fingerprint {before['data_fingerprint']}, now "
                f"{settings['data_fingerprint']}): bring the old data back, or give another --run"
            )
        return
    if overwrite and run.exists():
        shutil.rmtree(run)
    run.mkdir(parents=True, exist_ok=True)
    (run / RUN.recipe).write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    write_json(run / RUN.provenance, provenance(prepared))
    write_prepared(prepared, run / RUN.data)


def _collator(pad_id: int) -> Callable[[Sequence[dict[str, Any]]], dict[str, torch.Tensor]]:
    def collate(items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        # Few shapes: a CPU's kernels are prepared, and kept in memory, for each shape anew.
        ids, mask = pad_batch([item["input_ids"] for item in items], pad_id=pad_id, multiple_of=32)
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "labels": torch.tensor([item["labels"] for item in items]),
        }

    return collate


def _call_metrics(
    calls: Sequence[Call], n_windows: Sequence[int]
) -> Callable[[transformers.EvalPrediction], dict[str, float]]:
    """Scores of calls, not of windows: sources weighed equally within each class."""
    scam = np.array([call.label != LABELS[0] for call in calls])
    weights = balanced_weights([f"{is_scam}:{call.source}" for call, is_scam in zip(calls, scam, strict=True)])

    def compute(prediction: transformers.EvalPrediction) -> dict[str, float]:
        logits = pool_calls(prediction.predictions, n_windows).scam
        return {
            "log_loss": float(log_loss(scam, sigmoid(logits), sample_weight=weights, labels=[False, True])),
            "average_precision": float(average_precision_score(scam, logits, sample_weight=weights)),
        }

    return compute
