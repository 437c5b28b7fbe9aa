"""How far a job is."""

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Meter", "Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Args:
        phase: "first pass", in which rows are counted and ids compared, or "score".
        rows, total: rows that are done, earlier runs included, and of the whole job; None until they are counted.
        errors: those that are no calls.
        rows_per_second: of this run, in this phase.
        seconds_left: at that rate; None while it is not known.
    """

    phase: str
    rows: int
    total: int | None
    errors: int
    rows_per_second: float
    seconds_left: float | None


class Meter:
    """Tells progress.

    Args:
        tell: takes it.
    """

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        self._tell = tell

    def of(self, phase: str, total: int | None, before: int = 0) -> Callable[[int, int], None]:
        """A function that takes the rows and errors of a phase so far.

        Args:
            phase: its name.
            total: rows of the whole job.
            before: rows that earlier runs have done.
        """
        begin = time.perf_counter()

        def tell(rows: int, errors: int) -> None:
            rate = (rows - before) / max(time.perf_counter() - begin, 1e-9)
            left = (total - rows) / rate if total is not None and rate else None
            self._tell(Progress(phase, rows, total, errors, rate, left))

        return tell
