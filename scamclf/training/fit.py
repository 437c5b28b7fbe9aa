"""Fine-tuning: a recipe in, a run folder out. transformers' Trainer does the loop."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss
from torch.utils.tensorboard import SummaryWriter
from transformers.integrations import TensorBoardCallback

from scamclf.batching import pad_batch
from scamclf.bundle import LAYOUT
from scamclf.calibration import calibrate, uncalibrated_scorer
from scamclf.calls import LABELS, Call
from scamclf.config import Recipe
from scamclf.encode import EncodedCall, Encoder
from scamclf.errors import ConfigError, DataError
from scamclf.linear import LinearModel, write_linear
from scamclf.metrics import class_balanced_weights, sigmoid
from scamclf.pooling import pool_calls
from scamclf.predict import Scorer
from scamclf.preparation.prepare import Prepared
from scamclf.render import render
from scamclf.resources import repository_path
from scamclf.runtimes.torch import TorchRuntime
from scamclf.training.attention import use_cpu_attention
from scamclf.training.checkpoints import Checkpoints, last_checkpoint
from scamclf.training.device import check_attention
from scamclf.training.distill import load_teacher
from scamclf.training.encoders import load_encoder, save_model
from scamclf.training.linear import fit_linear, weigh
from scamclf.training.loss import window_loss
from scamclf.training.plot import loss_plot
from scamclf.training.run import RUN, open_run, write_json
from scamclf.training.setup import Machine, data_workers, look_at_machine, reporters, training_arguments
from scamclf.training.stops import explained
from scamclf.training.tokens import StoredTokens, store_tokens
from scamclf.training.watch import Watch, matrix_weights
from scamclf.training.windows import PAD_TO, CallWindows, DrawnWindows, call_weights

__all__ = ["fit"]

logger = logging.getLogger(__name__)


def fit(recipe: Recipe, prepared: Prepared, run: Path, *, resume: bool = False, overwrite: bool = False) -> Path:
    """Train, keep one model (`TrainingConfig.patience`), calibrate it.

    Args:
        recipe: everything that makes the model.
        prepared: its data set.
        run: folder to write, with the names of `RunLayout`; several machines must share it.
        resume: go on from the newest whole checkpoint in `run`; from the start where there is none.
        overwrite: start afresh in a folder that holds a run.

    Returns:
        The run folder.

    Raises:
        ConfigError: `run` holds a run and neither `resume` nor `overwrite` was asked for, or the recipe is
            another than the run's; a batch does not fit into memory; the loss is no number.
        DataError: a split or a class is empty, a label is none of ours, the data are others than the run's, or the
            disk is full.
    """
    _check_splits(prepared)
    report = reporters(recipe.training)
    # Where this process runs; the same class is asked again, once it is known how.
    here = transformers.TrainingArguments(output_dir=str(run), use_cpu=not torch.cuda.is_available(), report_to="none")
    check_attention(recipe.model.attention, here.device)
    with here.main_process_first(desc="run folder"):
        if here.process_index == 0:
            open_run(run, recipe, prepared, resume=resume, overwrite=overwrite)
    if (run / RUN.calibration).is_file():  # written last
        logger.info("%s is finished already: --overwrite trains it anew", run)
        return run

    train = prepared.splits["train"]
    model, tokenizer = load_encoder(recipe.model, recipe.windows, texts=map(render, train), seed=recipe.training.seed)
    if here.device.type == "cpu" and recipe.model.attention is None:
        use_cpu_attention(model)
    if recipe.training.gradient_checkpointing:
        _checkpoint_gradients(model)
    encoder = Encoder(tokenizer, recipe.windows)
    with explained(run, micro_batch=recipe.training.batch_size):
        machine = _machine(recipe, model, run, here, resume=resume)
        windows = _training_windows(recipe, prepared, encoder, run, machine, here)
    steps_per_epoch = len(windows) // (recipe.training.batch_size * here.world_size)
    args = training_arguments(recipe, run, machine, steps_per_epoch=steps_per_epoch)
    watch = Watch(
        windows,
        steps_per_epoch=steps_per_epoch,
        micro_batch=machine.micro_batch,
        n_weights=matrix_weights(model),
        peak=machine.matrix_peak,
    )
    trainer = _trainer(recipe, prepared, run, model, encoder, windows, args, [watch, *report])
    checkpoint = last_checkpoint(run / RUN.checkpoints) if resume else None
    logger.info("training from %s", checkpoint.name if checkpoint else "the start")
    with explained(run, micro_batch=machine.micro_batch):
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        finally:
            windows.close()
            watch.close()
        if trainer.is_world_process_zero():
            _finish(recipe, prepared, run, trainer, encoder, watch)
    trainer.accelerator.wait_for_everyone()
    return run


def _check_splits(prepared: Prepared) -> None:
    for split in ("train", "validation", "calibration"):
        calls = prepared.splits[split]
        if not calls:
            raise DataError(f"the {split} split is empty; see data.shares, or add sources")
        found = {str(call.label) for call in calls}
        if strange := sorted(found - set(LABELS)):
            raise DataError(f"the {split} split has calls labelled {', '.join(strange)}; wanted {', '.join(LABELS)}")
        missing = [label for label in LABELS if label not in found]
        # Only training needs both kinds of scam: elsewhere they are one class.
        if missing and (split == "train" or LABELS[0] in missing or len(missing) == 2):
            raise DataError(
                f"the {split} split has no call labelled {' or '.join(missing)}: add sources or calls of your own with "
                "it, or change data.shares and data.hold_out"
            )


def _checkpoint_gradients(model: Any) -> None:
    # Renamed within transformers 5.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable()


def _machine(recipe: Recipe, model: Any, run: Path, here: transformers.TrainingArguments, *, resume: bool) -> Machine:
    record = run / RUN.device
    machine = look_at_machine(recipe, model, here, before=record if resume else None)
    if recipe.training.twin_weight and machine.micro_batch % 2:
        raise ConfigError(
            "only one window fits into memory at once, and twins are compared within such a batch: set "
            "training.gradient_checkpointing=true, or training.twin_weight=0"
        )
    # All have read the record before it is renewed.
    here.distributed_state.wait_for_everyone()
    if here.process_index == 0:
        logger.info("%s", machine)
        write_json(record, asdict(machine))
    return machine


def _training_windows(
    recipe: Recipe,
    prepared: Prepared,
    encoder: Encoder,
    run: Path,
    machine: Machine,
    here: transformers.TrainingArguments,
) -> DrawnWindows:
    train, settings = prepared.splits["train"], recipe.training
    if strange := sorted(set(settings.source_weights) - {str(call.source) for call in train}):
        logger.warning("training.source_weights names %s, of which there are no training calls", ", ".join(strange))
    tokens: Sequence[EncodedCall] | None = None
    if recipe.augment is None:
        with here.main_process_first(desc="tokens"):
            tokens = StoredTokens(store_tokens(train, encoder, run / RUN.data, fingerprint=prepared.fingerprint))
    teacher = None
    if recipe.distill is not None:
        folder = repository_path(Path(recipe.distill.teacher))
        teacher = load_teacher(folder, encoder, device=here.device, bf16=machine.bf16)
    return DrawnWindows(
        train,
        encoder,
        n_windows=settings.windows_per_epoch,
        batch_size=settings.batch_size * here.world_size,
        prefix_share=settings.prefix_share,
        chatter_share=settings.chatter_share,
        source_weights=settings.source_weights,
        seed=settings.seed,
        augment=recipe.augment,
        tokens=tokens,
        workers=data_workers(settings, here),
        teacher=teacher,
        twins=settings.twin_weight > 0,
    )


def _trainer(
    recipe: Recipe,
    prepared: Prepared,
    run: Path,
    model: Any,
    encoder: Encoder,
    windows: DrawnWindows,
    args: transformers.TrainingArguments,
    watching: Sequence[transformers.TrainerCallback],
) -> transformers.Trainer:
    settings, validation = recipe.training, prepared.splits["validation"]
    validation_windows = CallWindows(validation, encoder)
    trainer = transformers.Trainer(
        model=model,
        args=args,
        data_collator=_collator(encoder.pad_id),
        train_dataset=windows,
        eval_dataset=validation_windows,
        compute_loss_func=window_loss(
            label_smoothing=settings.label_smoothing, twin_weight=settings.twin_weight, distill=recipe.distill
        ),
        compute_metrics=_call_metrics(validation, validation_windows),
        callbacks=[Checkpoints(run / RUN.checkpoints, keep=settings.keep_checkpoints)],
    )
    if settings.patience is not None:
        trainer.add_callback(transformers.EarlyStoppingCallback(early_stopping_patience=settings.patience))
    # Its own printing would break the progress bar.
    trainer.remove_callback(transformers.PrinterCallback)
    # `Watch` comes before the reporters, which then report its numbers too.
    for callback in watching:
        trainer.add_callback(callback)
    if trainer.is_world_process_zero():
        trainer.add_callback(TensorBoardCallback(SummaryWriter(log_dir=str(run / RUN.logs))))
    return trainer


def _finish(
    recipe: Recipe, prepared: Prepared, run: Path, trainer: transformers.Trainer, encoder: Encoder, watch: Watch
) -> None:
    """Write the model, its calibration, and what there is to say of its training."""
    model = trainer.accelerator.unwrap_model(trainer.model, keep_torch_compile=False).float()
    save_model(model, encoder.tokenizer, recipe.windows, run / RUN.model)
    history = trainer.state.log_history
    write_json(run / RUN.metrics, {"history": history, "best": trainer.state.best_metric, "speed": watch.summary()})
    (run / RUN.plot).write_text(loss_plot(history), encoding="utf-8")
    scorer = uncalibrated_scorer(encoder, TorchRuntime(model))
    if recipe.training.second_opinion:
        scorer.linear = _second_opinion(recipe, prepared, scorer)
        write_linear(run / RUN.model / LAYOUT.linear, scorer.linear)
    statistics = calibrate(scorer, prepared.splits["calibration"], recipe.calibration)
    write_json(run / RUN.calibration, {name: asdict(found) for name, found in statistics.items()})


def _second_opinion(recipe: Recipe, prepared: Prepared, network: Scorer) -> LinearModel:
    calls, seed = prepared.splits["train"], recipe.training.seed
    # Without the recipe's weights of sources: it cannot tell calls apart that only their content tells apart, and what
    # it gives up for them it lacks on real calls.
    linear = fit_linear(calls, network.encoder, call_weights(calls), augmented=recipe.augment, seed=seed)
    return weigh(linear, network, prepared.splits["validation"])


def _collator(pad_id: int) -> Callable[[Sequence[dict[str, Any]]], dict[str, torch.Tensor]]:
    def collate(items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        ids, mask = pad_batch([item["input_ids"] for item in items], pad_id=pad_id, multiple_of=PAD_TO)
        labels = torch.tensor([item["labels"] for item in items])
        if "twin" in items[0]:  # a drawn window, not one of a validation call
            columns = [[item["labels"], item["twin"], *item.get("teacher", ())] for item in items]
            labels = torch.tensor(np.array(columns, dtype=np.float32))
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask), "labels": labels}

    return collate


def _call_metrics(
    calls: Sequence[Call], windows: CallWindows
) -> Callable[[transformers.EvalPrediction], dict[str, float]]:
    """Scores of calls, not of windows: both classes weighed equally, and sources equally within each."""
    scam = np.array([call.label != LABELS[0] for call in calls])
    weights = class_balanced_weights(scam, [str(call.source) for call in calls])

    def compute(prediction: transformers.EvalPrediction) -> dict[str, float]:
        logits = pool_calls(windows.by_call(prediction.predictions), windows.n_windows).scam
        # The network grows surer than it is right long before it stops learning to rank; calibration mends the first.
        rescaled = LogisticRegression(C=100.0).fit(logits[:, None], scam, sample_weight=weights * len(calls))
        scores = {"log_loss": sigmoid(logits), "calibrated_log_loss": rescaled.predict_proba(logits[:, None])[:, 1]}
        return {
            **{
                name: float(log_loss(scam, p, sample_weight=weights, labels=[False, True]))
                for name, p in scores.items()
            },
            "average_precision": float(average_precision_score(scam, logits, sample_weight=weights)),
        }

    return compute
