"""The plot of a run: loss of the training windows, and log loss of the validation calls."""

import math
from collections.abc import Mapping, Sequence

from scamclf.evaluation.svg import Axis, Line, Mark, as_file, line_plot

__all__ = ["loss_plot"]


def loss_plot(history: Sequence[Mapping[str, float]]) -> str:
    """Draw Trainer's `log_history` as an SVG file of its own."""
    train = [(row["step"], row["loss"]) for row in history if "loss" in row]
    validation = [(row["step"], row["eval_log_loss"]) for row in history if "eval_log_loss" in row]
    points = [*train, *validation] or [(1.0, 1.0)]
    last, highest = max(step for step, _ in points), max(loss for _, loss in points)
    best = min(validation, key=lambda point: point[1], default=None)
    marks = [] if best is None else [Mark("validation", *best, text="best", label=f"validation, best {best[1]:.3f}")]
    plot = line_plot(
        "loss",
        "Loss by step",
        Axis("step", 0, last, _ticks(last)),
        Axis("loss", 0, highest, _ticks(highest)),
        lines=[Line("train", train), Line("validation", validation)],
        marks=marks,
    )
    return as_file(plot, {"train": "#888", "validation": "#06c"})


def _ticks(highest: float) -> list[tuple[float, str]]:
    """Some five round values from 0 on."""
    rough = max(highest, 1e-9) / 5
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    return [(i * step, f"{i * step:g}") for i in range(int(highest / step) + 1)]
