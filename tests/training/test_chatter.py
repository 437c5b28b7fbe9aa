"""A window with a piece of an honest call beside it: what comes in, where, and what stays."""

import itertools

import numpy as np
import pytest

from scamclf.training.chatter import add_chatter

HONEST = [np.arange(1000, 1400), np.arange(2000, 2030)]


def add(windows, follows=None, *, share=1.0, longest=510, seed=0, honest=HONEST):
    windows = [np.asarray(window, dtype=np.int64) for window in windows]
    follows = [False] * len(windows) if follows is None else follows
    return add_chatter(windows, honest, follows, share=share, longest=longest, rng=np.random.default_rng(seed))


def parts(window, size):
    """What was put before and after the first `size` numbers, which are whole and in order."""
    start = int(np.flatnonzero(window == 0)[0])
    assert window[start : start + size].tolist() == list(range(size))
    return window[:start].tolist(), window[start + size :].tolist()


def test_a_piece_stands_before_or_after_the_whole_window_and_is_one_of_an_honest_call():
    found = [parts(window, 200) for window in add([range(200)] * 400)]

    assert all(not before or not after for before, after in found)
    assert 150 < sum(bool(before) for before, _ in found) < 250
    pieces = [before or after for before, after in found]
    for piece in pieces:
        assert 24 <= len(piece) <= 256
        assert all(later == earlier + 1 for earlier, later in itertools.pairwise(piece))
    assert {piece[0] // 1000 for piece in pieces} == {1, 2}


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_so_many_windows_get_one_and_the_others_stay(share):
    found = add([range(100)] * 2000, share=share)

    assert np.mean([len(window) > 100 for window in found]) == pytest.approx(share, abs=0.03)
    assert all(window.tolist() == list(range(100)) for window in found if len(window) == 100)


def test_no_window_becomes_too_long_and_padding_stays_what_it_was():
    for size in range(400, 511):
        (found,) = add([range(size)], seed=size)
        assert len(found) <= 510
        assert (len(found) - size) % 8 == 0
        assert len(found) == size or len(found) - size >= 24


def test_a_twin_gets_the_piece_of_its_twin():
    found = add([range(160)] * 200, [False, True] * 100, share=0.5)

    pairs = list(zip(found[::2], found[1::2], strict=True))
    assert all(scam.tolist() == honest.tolist() for scam, honest in pairs)
    assert 35 < sum(len(scam) > 160 for scam, _ in pairs) < 65


def test_without_honest_calls_nothing_is_added():
    assert [len(window) for window in add([range(9)] * 5, honest=[])] == [9] * 5
