"""Every deliberate error of the package. Each message says where, what was found and what is wanted."""

__all__ = [
    "BundleError",
    "ConfigError",
    "DataError",
    "ExportError",
    "MissingExtraError",
    "ReaderError",
    "ScamclfError",
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

    def __init__(self, code: str, message: str, *, call_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.call_id = call_id
