"""Checkpoints that are visible only when whole.

Trainer writes file after file into the folder of the final name, and with several processes the last one to write is
anybody. So a checkpoint counts only once a list of its files stands in it, written after all processes are done.
"""

import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import transformers
from accelerate import PartialState

__all__ = ["Checkpoints", "last_checkpoint", "remove_unfinished"]

logger = logging.getLogger(__name__)

_WHOLE = "whole.json"


class Checkpoints(transformers.TrainerCallback):
    """Marks each checkpoint as whole and prunes old ones.

    Args:
        folder: of the checkpoints.
        keep: newest ones that are kept; the best one is kept besides.
    """

    def __init__(self, folder: Path, *, keep: int) -> None:
        self._folder = folder
        self._keep = keep

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Find the best checkpoint again where the run's folder was moved."""
        if state.best_global_step and (best := self._folder / f"checkpoint-{state.best_global_step}").is_dir():
            state.best_model_checkpoint = str(best)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Trainer is done with the files of this process."""
        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            _mark_whole(self._folder / f"checkpoint-{state.global_step}")
            self._prune(state.best_global_step)

    def _prune(self, best_step: int | None) -> None:
        whole = sorted(filter(_is_whole, self._folder.glob("checkpoint-*")), key=_step)
        for checkpoint in whole[: -self._keep]:
            if _step(checkpoint) != best_step:
                # First of all it stops being whole: the removal may be interrupted too.
                (checkpoint / _WHOLE).unlink()
                shutil.rmtree(checkpoint)


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that is whole; None where there is none."""
    return max(filter(_is_whole, folder.glob("checkpoint-*")), key=_step, default=None)


def remove_unfinished(folder: Path) -> None:
    """Remove what an interrupted save or removal left behind."""
    for checkpoint in folder.glob("checkpoint-*"):
        if not _is_whole(checkpoint):
            logger.info("removed %s: it was never finished", checkpoint.name)
            shutil.rmtree(checkpoint)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _sizes(checkpoint: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted(checkpoint.iterdir()) if path.name != _WHOLE}


def _is_whole(checkpoint: Path) -> bool:
    try:
        return bool(json.loads((checkpoint / _WHOLE).read_text(encoding="utf-8")) == _sizes(checkpoint))
    except (OSError, ValueError):
        return False


def _mark_whole(checkpoint: Path) -> None:
    sizes = _sizes(checkpoint)
    # The files reach the disk before the list that vouches for them.
    for name in sizes:
        _sync(checkpoint / name)
    partial = checkpoint / f"{_WHOLE}.partial"
    partial.write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")
    _sync(partial)
    partial.rename(checkpoint / _WHOLE)
    _sync(checkpoint)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
