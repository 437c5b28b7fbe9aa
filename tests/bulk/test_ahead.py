import threading

import pytest

from scamclf.bulk.ahead import read_ahead


def test_the_same_items_come_in_order():
    with read_ahead(range(100), depth=3) as items:
        assert list(items) == list(range(100))


def test_no_more_than_depth_items_wait():
    drawn = []

    def items():
        for i in range(100):
            drawn.append(i)
            yield i

    with read_ahead(items(), depth=2) as ahead:
        next(ahead)
        threading.Event().wait(0.3)
        assert len(drawn) <= 4


def test_an_error_comes_where_it_happened_and_the_thread_ends():
    def items():
        yield 1
        raise ValueError("here")

    with read_ahead(items(), depth=3) as ahead:
        assert next(ahead) == 1
        with pytest.raises(ValueError, match="here"):
            next(ahead)
    assert "scamclf-read" not in [thread.name for thread in threading.enumerate()]


def test_leaving_early_ends_the_thread():
    with read_ahead(iter(int, 1), depth=1) as ahead:
        next(ahead)

    assert "scamclf-read" not in [thread.name for thread in threading.enumerate()]
