"""Where the files that ship with the package lie: in a wheel beside the code, in a checkout at the root."""

from pathlib import Path

from scamclf.errors import DataError

__all__ = ["repository_path", "resource"]

_PACKAGE = Path(__file__).resolve().parent


def resource(relative: str) -> Path:
    """Find a shipped file or folder.

    Args:
        relative: path as in the repository, for example "configs/demo.yaml" or "data/sources.json".

    Returns:
        Its absolute path.

    Raises:
        DataError: neither the installed package nor a checkout around it has the file.
    """
    candidates = [_PACKAGE / "_resources" / relative, _PACKAGE.parent / relative]
    for path in candidates:
        if path.exists():
            return path
    raise DataError(f"{relative} is not shipped with this installation (looked for {', '.join(map(str, candidates))})")


def repository_path(path: Path) -> Path:
    """Resolve a relative path as given from the repository's root.

    In a checkout `train/train.py` may be started from anywhere; installed, the working directory is all there is.

    Returns:
        The path itself where it is absolute or exists, or where there is no checkout; else below the root.
    """
    root = _PACKAGE.parent
    if path.is_absolute() or path.exists() or not (root / "pyproject.toml").is_file():
        return path
    return root / path
