"""Every deliberate error of the package. Each message says where, what was found and what is wanted."""

import re
from typing import Any

__all__ = [
    "BundleError",
    "ConfigError",
    "DataError",
    "ExportError",
    "JobError",
    "MissingExtraError",
    "ReaderError",
    "ScamclfError",
    "shown",
]


class ScamclfError(Exception):
    """Base of all errors that scamclf raises on purpose."""


class ConfigError(ScamclfError):
    """A setting is unknown, of the wrong type or out of range."""


class DataError(ScamclfError):
    """A corpus or a prepared data set is not what it should be."""


class BundleError(ScamclfError):
    """A bundle folder is incomplete, changed or of an unknown version."""


class ExportError(ScamclfError):
    """A model could not be exported, or its export does not agree with it."""


class JobError(ScamclfError):
    """A bulk job cannot go on: its folder is in use, full or not writable, or its input changes under it."""


class MissingExtraError(ScamclfError):
    """An optional dependency is needed that is not installed."""

    def __init__(self, package: str, *, extra: str, needed_for: str) -> None:
        super().__init__(f"{needed_for} needs {package}, which is not installed: pip install 'scamclf[{extra}]'")


class ReaderError(ScamclfError):
    """A row or file cannot be read as a call.

    Attributes:
        code: machine-readable kind of error, the `error_code` of an output row.
        call_id: id of the call where one was found, else None.
    """

    _MAX_MESSAGE_CHARS = 500

    def __init__(self, code: str, message: str, *, call_id: str | None = None) -> None:
        # What was found may be of any length.
        super().__init__(
            message if len(message) <= self._MAX_MESSAGE_CHARS else f"{message[: self._MAX_MESSAGE_CHARS]}..."
        )
        self.code = code
        self.call_id = call_id


def shown(value: Any) -> str:
    """What was found, for a message: short, never nested, and never what somebody said, as logs keep messages.

    A string of several words may be a transcript in the wrong column, and a number in it a card's: only one word is
    shown, its digits masked.
    """
    if isinstance(value, str):
        few = len(value) <= 40 and len(value.split()) <= 1
        return repr(re.sub(r"\d", "#", value)) if few else f"a text of {len(value):,} characters"
    return repr(value) if isinstance(value, bool | float | None) else type(value).__name__
