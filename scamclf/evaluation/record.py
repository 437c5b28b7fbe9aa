"""An evaluation run on a bundle and kept: in a file of results, and in the bundle's own card."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scamclf.bundle import write_checksums
from scamclf.card import EVALUATION_FILE, write_card
from scamclf.evaluation.report import evaluate_scorer
from scamclf.predict import load
from scamclf.preparation.prepare import load_prepared
from scamclf.training.run import environment, write_json

__all__ = ["record_evaluation"]


def record_evaluation(
    bundle: Path, prepared: Path, out: Path | None, *, tell: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Evaluate a bundle on the test split of a prepared data set.

    Args:
        bundle: a bundle; its `eval/evaluation.json`, card and checksums are renewed.
        prepared: folder of the prepared data set that it was trained on.
        out: JSON file to write as well.
        tell: takes a line of progress.

    Returns:
        The report of `evaluate_scorer`, with the machine and versions it was made on.
    """
    scorer = load(bundle)
    report = {**evaluate_scorer(scorer, load_prepared(prepared), tell=tell), "environment": environment()}
    write_json(bundle / EVALUATION_FILE, report)
    write_card(bundle, scorer.manifest)
    write_checksums(bundle)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_json(out, report)
    return report
