"""Watching a training: a progress bar with loss, learning rate, real tokens a second and utilisation."""

import logging
import math
import time
from typing import Any

import torch
import transformers
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scamclf.errors import ConfigError
from scamclf.training.windows import DrawnWindows

__all__ = ["Watch", "matrix_weights"]

logger = logging.getLogger(__name__)


class Watch(transformers.TrainerCallback):
    """Counts what is trained on and shows it; stops a training whose loss is no number.

    Args:
        windows: the training windows, which know their lengths.
        steps_per_epoch: optimiser's steps.
        micro_batch: windows that go through the model at once.
        n_weights: weights that every token is multiplied with.
        peak: FLOP/s of a matrix product, over all processes.
    """

    def __init__(
        self, windows: DrawnWindows, *, steps_per_epoch: int, micro_batch: int, n_weights: int, peak: float
    ) -> None:
        self._windows = windows
        self._steps_per_epoch = steps_per_epoch
        self._micro_batch = micro_batch
        self._flops_per_token = 6 * n_weights  # two forward, four backward
        self._peak = peak
        self._tokens = self._padded = 0
        self._seconds = self._cpu_seconds = self._waited = 0.0
        self._logged = (0, 0.0)
        self._looks: list[dict[str, float]] = []
        self._last = self._last_cpu = 0.0
        console = Console(stderr=True)
        columns = (TextColumn("step"), MofNCompleteColumn(), BarColumn(), TextColumn("{task.fields[said]}"))
        self._bar = Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("train", said="")

    def summary(self) -> dict[str, Any]:
        """What this process saw of the training: none of it enters the model.

        Returns:
            Real "tokens", "seconds" in steps (without looks at the validation calls), "cpu_seconds" of all threads
            in them, "tokens_per_second",
            "padded_share" of the tokens that went through the model, "utilisation": share of the matrix peak,
            "waited_share": share of the seconds in which the next windows were waited for, and "looks": seconds,
            step and log loss of each look at the validation calls.
        """
        seconds = max(self._seconds, 1e-9)
        return {
            "tokens": self._tokens,
            "seconds": self._seconds,
            "cpu_seconds": self._cpu_seconds,
            "tokens_per_second": self._tokens / seconds,
            "padded_share": 1 - self._tokens / max(self._padded, 1),
            "utilisation": self._tokens * self._flops_per_token / seconds / self._peak,
            "waited_share": self._waited / seconds,
            "looks": self._looks,
        }

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the bar."""
        if state.is_world_process_zero:
            self._bar.update(self._task, total=state.max_steps, completed=state.global_step)
            self._bar.start()

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The windows of the epoch are drawn next."""
        self._restart()

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The windows of the step are there."""
        self._waited += self._lap()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A step is done."""
        if control.should_save:
            # What is saved was looked at: a loss that is no number never reaches a checkpoint.
            control.should_log = True
        if control.should_log and args.device.type == "cuda":
            torch.cuda.synchronize(args.device)
        self._lap()
        real, padded = self._windows.count_tokens(
            (state.global_step - 1) % self._steps_per_epoch, micro_batch=self._micro_batch
        )
        self._tokens += real
        self._padded += padded
        self._bar.update(self._task, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
        """Trainer has a loss; speed goes along with it to TensorBoard and other reporters."""
        if "loss" in logs:
            _check_finite(logs, args, state)
            tokens, seconds = self._tokens - self._logged[0], max(self._seconds - self._logged[1], 1e-9)
            self._logged = (self._tokens, self._seconds)
            logs["tokens_per_second"] = tokens / seconds
            logs["utilisation"] = tokens * self._flops_per_token / seconds / self._peak
            said = (
                f"loss {logs['loss']:.3f}  lr {logs['learning_rate']:.1e}  {logs['tokens_per_second']:,.0f} tokens/s  "
                f"{logs['utilisation']:.0%} of peak"
            )
            self._bar.update(self._task, said=said)
        elif "eval_log_loss" in logs:
            look = {"seconds": self._seconds, "step": state.global_step, "log_loss": logs["eval_log_loss"]}
            self._looks.append(look)
            if state.is_world_process_zero:
                logger.info("step %d: validation log loss %.4f", state.global_step, logs["eval_log_loss"])

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A look at the validation calls is over; its time is not the training's."""
        self._restart()

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Nor is the time of a save."""
        self._restart()

    def close(self) -> None:
        """End the bar, however the training ended."""
        self._bar.stop()

    def _restart(self) -> None:
        self._last, self._last_cpu = time.perf_counter(), time.process_time()

    def _lap(self) -> float:
        """Count the seconds since the last lap or restart."""
        last, last_cpu = self._last, self._last_cpu
        self._restart()
        self._seconds += self._last - last
        self._cpu_seconds += self._last_cpu - last_cpu
        return self._last - last


def matrix_weights(model: torch.nn.Module) -> int:
    """Weights that every token is multiplied with: all but embeddings, norms and biases."""
    return sum(module.weight.numel() for module in model.modules() if isinstance(module, torch.nn.Linear))


def _check_finite(logs: dict[str, float], args: Any, state: Any) -> None:
    broken = [f"{name} is {logs[name]}" for name in ("loss", "grad_norm") if not math.isfinite(logs.get(name, 0.0))]
    if broken:
        raise ConfigError(
            f"step {state.global_step}: {' and '.join(broken)}: set training.lr lower (it is {args.learning_rate:g}), "
            f"training.warmup higher, or training.bf16=false; {args.output_dir} keeps the checkpoints before it"
        )
