"""Rows of a corpus that are no call of ours, so that every row of the authors' files is accounted for."""

from dataclasses import dataclass

__all__ = ["LeftOut"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that a reader passes over.

    Args:
        source: as the calls beside them have it.
        reason: why, in a few words.
        rows: how many, at least 1.
    """

    source: str
    reason: str
    rows: int = 1
