"""The folder that a training run writes, and what is said in it of how it came about."""

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scamclf import __version__
from scamclf.preparation.prepare import Prepared

__all__ = ["RUN", "RunLayout", "environment", "last_checkpoint", "provenance", "write_json"]


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


RUN = RunLayout()


def last_checkpoint(run: Path) -> Path | None:
    """The newest checkpoint that is whole: the trainer's state is the last file that it writes."""
    found = []
    for path in (run / RUN.checkpoints).glob("checkpoint-*"):
        try:
            json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        found.append(path)
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


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
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
