"""A closer look at one bundle: how early it alarms, what it bears, and whom its false alarms fall on."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scamclf.evaluation.benchmark_table import markdown
from scamclf.evaluation.early import early_warning
from scamclf.evaluation.fairness import fairness
from scamclf.evaluation.judge import TARGET_FPR
from scamclf.evaluation.robustness import robustness
from scamclf.evaluation.worst import named_by_part
from scamclf.predict import load
from scamclf.preparation.prepare import load_prepared
from scamclf.thresholds import operating_point_name
from scamclf.training.run import environment

__all__ = ["benchmark_bundle"]

logger = logging.getLogger(__name__)


def benchmark_bundle(
    bundle: Path, data: Path, *, precision: str = "fp32", tell: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Judge a bundle on the test calls of a prepared data set, in aggregate alone.

    Args:
        bundle: with an operating point at 1 %.
        data: the prepared data set that it was trained on, for example `runs/NAME/data`, or a fold's `data`.
        precision: one of those that the bundle ships.
        tell: takes a line of progress.

    Returns:
        Plain JSON: "early_warning", "robustness", "fairness"; what was judged; a "markdown" report.

    Raises:
        BundleError: the bundle is not whole.
        ConfigError: it ships no operating point at 1 %, or not this precision.
        DataError: the data are none, or their test split lacks one of the two classes.
    """
    scorer = load(bundle, operating_point=operating_point_name(TARGET_FPR), precision=precision)
    prepared = load_prepared(data)
    provenance = scorer.manifest.provenance
    if provenance.get("data_fingerprint") != prepared.fingerprint:
        logger.warning("%s is not what %s was trained on: its test calls may be training calls of it", data, bundle)
    recipe = provenance.get("recipe", {})
    hold_out = recipe.get("data", {}).get("hold_out", ())
    calls = [named_by_part(call, hold_out) for call in prepared.splits["test"]]
    tell(f"early warning: {len(calls)} calls")
    result = {
        "name": recipe.get("name", "scamclf"),
        "intended_use": scorer.manifest.intended_use,
        "operating_point": scorer.operating_point,
        "precision": precision,
        "data_fingerprint": prepared.fingerprint,
        "environment": environment(),
        "early_warning": early_warning(scorer, calls),
        "robustness": robustness(scorer, calls, tell=tell),
        "fairness": fairness(scorer, calls, tell=tell),
    }
    return {**result, "markdown": markdown(result)}
