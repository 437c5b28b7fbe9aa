"""The folder that a training run writes, and what is said in it of how it came about."""

import json
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from scamclf import __version__
from scamclf.config import Recipe, recipe_to_dict
from scamclf.errors import ConfigError, DataError
from scamclf.preparation.prepare import Prepared, write_prepared
from scamclf.training.checkpoints import remove_unfinished

__all__ = ["RUN", "RunLayout", "environment", "open_run", "provenance", "write_json"]


@dataclass(frozen=True, slots=True)
class RunLayout:
    """Names in a run folder."""

    model: str = "model"
    recipe: str = "recipe.yaml"
    metrics: str = "metrics.json"
    calibration: str = "calibration.json"
    provenance: str = "provenance.json"
    data: str = "data"
    checkpoints: str = "checkpoints"
    logs: str = "logs"
    device: str = "device.json"
    plot: str = "loss.svg"


RUN = RunLayout()

_FREE_TO_CHANGE = (
    "micro_batch", "gradient_checkpointing", "torch_compile", "data_workers", "keep_checkpoints", "report_to",
)  # fmt: skip
"""Settings of a training that change how it runs and not what comes out, bar rounding: a run may go on with others."""


def open_run(run: Path, recipe: Recipe, prepared: Prepared, *, resume: bool, overwrite: bool) -> None:
    """Make the folder of a run, or check that the one that is there can go on.

    Raises:
        ConfigError: there is a run and neither `resume` nor `overwrite` was asked for, or it has another recipe.
        DataError: its data are others.
    """
    settings: dict[str, Any] = {"recipe": recipe_to_dict(recipe), "data_fingerprint": prepared.fingerprint}
    if (run / RUN.recipe).exists() and not overwrite:
        if not resume:
            raise ConfigError(f"{run} holds a run already: --resume it, --overwrite it, or give another --run")
        before = yaml.safe_load((run / RUN.recipe).read_text(encoding="utf-8"))
        if _what(before["recipe"]) != _what(settings["recipe"]):
            raise ConfigError(f"{run} was begun with another recipe ({run / RUN.recipe}): give another --run")
        if before["data_fingerprint"] != settings["data_fingerprint"]:
            raise DataError(
                f"the data changed since {run} was begun (fingerprint {before['data_fingerprint']}, now "
                f"{settings['data_fingerprint']}): bring the old data back, or give another --run"
            )
        remove_unfinished(run / RUN.checkpoints)
        return
    if overwrite and run.exists():
        shutil.rmtree(run)
    run.mkdir(parents=True, exist_ok=True)
    (run / RUN.recipe).write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    write_json(run / RUN.provenance, provenance(prepared))
    write_prepared(prepared, run / RUN.data)


def _what(recipe: dict[str, Any]) -> dict[str, Any]:
    training = {key: value for key, value in recipe["training"].items() if key not in _FREE_TO_CHANGE}
    return {**recipe, "training": training}


def provenance(prepared: Prepared) -> dict[str, Any]:
    """What one needs to make the same model again."""
    return {**environment(), "data_fingerprint": prepared.fingerprint, "data_counts": prepared.counts()}


def environment() -> dict[str, Any]:
    """Date, commit, versions and kind of machine."""
    packages = ("torch", "transformers", "tokenizers", "accelerate", "onnxruntime", "numpy", "scikit-learn")
    return {
        "date": date.today().isoformat(),
        "scamclf": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {package: version(package) for package in packages},
    }


def write_json(path: Path, value: Any) -> None:
    """Write JSON that a person can read; NaN is an error."""
    path.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _commit() -> str | None:
    """The checkout's commit; None for an installed package."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 (a fixed command)
    except (OSError, subprocess.CalledProcessError):
        return None
