"""Reasons for which a training stops that are not the program's fault: said so that one knows what to change."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from scamclf.errors import ConfigError, DataError, ScamclfError

__all__ = ["explained"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# What torch and safetensors say, who give no number.
_FULL_WORDS = ("No space left", "File too large", "quota exceeded", "PytorchStreamWriter failed", "file write failed")
_MEMORY_WORDS = ("not enough memory", "can't allocate memory", "Cannot allocate memory")


@contextmanager
def explained(run: Path, *, micro_batch: int) -> Iterator[None]:
    """Turn errors of memory and disk into ones that say what to change; others pass.

    Args:
        run: where is written.
        micro_batch: windows that go through the model at once.

    Raises:
        ConfigError: a batch does not fit into memory.
        DataError: the disk is full.
    """
    try:
        yield
    except ScamclfError:
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _too_large(error, run, micro_batch) from error
    except Exception as error:  # of many libraries; all are raised again, some with advice
        if (isinstance(error, OSError) and error.errno in _FULL) or any(words in str(error) for words in _FULL_WORDS):
            raise _full(error, run) from error
        if any(words in str(error) for words in _MEMORY_WORDS):
            raise _too_large(error, run, micro_batch) from error
        raise


def _too_large(error: BaseException, run: Path, micro_batch: int) -> ConfigError:
    advice = f"a number below {micro_batch}" if micro_batch > 1 else "1, with training.gradient_checkpointing=true"
    return ConfigError(
        f"a batch of {micro_batch} windows does not fit into memory ({_first_line(error)}): set training.micro_batch "
        f"to {advice}, and go on from the last checkpoint in {run} or begin anew; the result stays the same"
    )


def _full(error: BaseException, run: Path) -> DataError:
    free = shutil.disk_usage(run).free / 2**20
    return DataError(
        f"{run} cannot be written ({_first_line(error)}; {free:,.0f} MiB are free): make room, or set "
        "training.keep_checkpoints lower, and go on with --resume; checkpoints that were whole still are"
    )


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
