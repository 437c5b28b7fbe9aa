"""From a recipe and the machine at hand to what Trainer is told."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers.integrations import get_reporting_integration_callbacks

from scamclf.config import Recipe, TrainingConfig
from scamclf.errors import ConfigError
from scamclf.training.device import device_name, has_bf16, largest_micro_batch, matrix_peak
from scamclf.training.run import RUN

__all__ = ["BEST", "Machine", "data_workers", "look_at_machine", "reporters", "training_arguments"]

BEST = "calibrated_log_loss"
"""Validation score that picks the best checkpoint where there is a patience: of calls, classes and sources weighed
equally; lower is better.
Average precision would not do: in-source it is 1.000 after one epoch."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run is trained on; `device.json` of the run.

    Args:
        device: kind.
        processes: over all machines.
        bf16: whether matrices are multiplied in bfloat16; weights are float32 all the same.
        matrix_peak: measured FLOP/s of a matrix product in that format, over all processes.
        micro_batch: windows that go through the model at once.
        accumulation: of how many of those a step adds up the gradients.
    """

    device: str
    processes: int
    bf16: bool
    matrix_peak: float
    micro_batch: int
    accumulation: int


def look_at_machine(
    recipe: Recipe, model: Any, args: transformers.TrainingArguments, *, before: Path | None
) -> Machine:
    """Measure the device, and find the largest micro-batch where the recipe leaves it open.

    Args:
        recipe: of the run.
        model: to try batches with.
        args: say on which device, and beside how many processes, this one runs.
        before: what a run that goes on wrote of its machine: its micro-batch is kept.

    Raises:
        ConfigError: not one window fits into its memory.
    """
    settings = recipe.training
    bf16 = has_bf16(args.device) if settings.bf16 is None else settings.bf16
    micro_batch = settings.micro_batch or _micro_batch_of(before, device_name(args.device))
    if micro_batch is None:
        micro_batch = largest_micro_batch(
            model, batch_size=settings.batch_size, max_tokens=recipe.windows.max_tokens, bf16=bf16, device=args.device
        )
    return Machine(
        device=device_name(args.device),
        processes=args.world_size,
        bf16=bf16,
        matrix_peak=matrix_peak(args.device, bf16=bf16) * args.world_size,
        micro_batch=micro_batch,
        accumulation=settings.batch_size // micro_batch,
    )


def _micro_batch_of(before: Path | None, device: str) -> int | None:
    if before is None or not before.is_file():
        return None
    found = json.loads(before.read_text(encoding="utf-8"))
    return int(found["micro_batch"]) if found["device"] == device else None


def data_workers(settings: TrainingConfig, args: transformers.TrainingArguments) -> int:
    """Processes that make windows ahead of time, for each process that trains."""
    if settings.data_workers is not None:
        return settings.data_workers
    if args.device.type == "cpu":
        return 0
    cores = (os.cpu_count() or 1) // max(1, int(torch.cuda.device_count()))
    return max(1, min(4, cores - 1))


def reporters(settings: TrainingConfig) -> list[Any]:
    """Transformers' callbacks for the reporters of a recipe.

    Raises:
        ConfigError: a reporter is unknown or its package is not installed.
    """
    try:
        return [kind() for kind in get_reporting_integration_callbacks(list(settings.report_to))]
    except (ValueError, RuntimeError) as error:
        raise ConfigError(f"training.report_to is {list(settings.report_to)}: {error}") from error


def training_arguments(
    recipe: Recipe, run: Path, machine: Machine, *, steps_per_epoch: int
) -> transformers.TrainingArguments:
    """What Trainer is told."""
    settings = recipe.training
    between_looks = steps_per_epoch * settings.evaluate_every
    return transformers.TrainingArguments(
        output_dir=str(run / RUN.checkpoints),
        use_cpu=not torch.cuda.is_available(),
        bf16=machine.bf16,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=machine.micro_batch,
        per_device_eval_batch_size=machine.micro_batch,
        gradient_accumulation_steps=machine.accumulation,
        torch_compile=settings.torch_compile,
        optim="adamw_torch_fused",
        learning_rate=settings.lr,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        eval_strategy="steps",
        eval_steps=between_looks,
        save_strategy="steps",
        save_steps=between_looks,
        # Pruned by `Checkpoints`, once a newer one is whole.
        save_total_limit=None,
        load_best_model_at_end=settings.patience is not None,
        metric_for_best_model=BEST,
        greater_is_better=False,
        restore_callback_states_from_checkpoint=True,
        logging_steps=max(1, min(20, between_looks)),
        # A loss that is no number must be seen, and not waited for at every step.
        logging_nan_inf_filter=False,
        # The data set itself draws, shuffles and buckets; it is told the epoch.
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        dataloader_num_workers=0,
        disable_tqdm=True,
        ddp_find_unused_parameters=False,
        seed=settings.seed,
        data_seed=settings.seed,
        report_to="none",
    )
