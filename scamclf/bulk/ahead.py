"""Work done ahead in a thread, so that reading and running overlap."""

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["read_ahead"]

T = TypeVar("T")


@contextmanager
def read_ahead(items: Iterable[T], *, depth: int) -> Iterator[Iterator[T]]:
    """Draw from an iterable in a thread.

    Args:
        items: drawn from by the thread alone.
        depth: most items that are held ready, at least 1.

    Yields:
        The same items; an error of theirs is raised where it would have been. The thread ends with the context.
    """
    ready: queue.Queue[tuple[list[T], BaseException | None]] = queue.Queue(depth)
    stopped = threading.Event()

    def put(some: list[T], error: BaseException | None) -> None:
        while not stopped.is_set():
            try:
                ready.put((some, error), timeout=0.1)
            except queue.Full:
                continue
            return

    def draw() -> None:
        try:
            for item in items:
                put([item], None)
                if stopped.is_set():
                    return
        except BaseException as error:  # raised again by the thread that asked
            put([], error)
        else:
            put([], StopIteration())

    def drawn() -> Iterator[T]:
        while True:
            some, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield from some

    thread = threading.Thread(target=draw, name="scamclf-read", daemon=True)
    thread.start()
    try:
        yield drawn()
    finally:
        stopped.set()
        thread.join()
