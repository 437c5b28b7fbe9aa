import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scamclf.errors import ConfigError
from scamclf.windows import WindowSpec, cut_windows, monitor_spans

NONE = np.zeros(1, dtype=np.int64)


@st.composite
def conversations(draw):
    """Number of tokens and the boundaries of turns, some of them empty."""
    lengths = draw(st.lists(st.integers(0, 40), min_size=1, max_size=30))
    boundaries = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    return sum(lengths), boundaries


@given(conversations(), st.integers(6, 40), st.data())
def test_windows_cover_every_token_in_ascending_windows_of_at_most_body(conversation, body, data):
    n_tokens, boundaries = conversation
    stride = data.draw(st.integers(1, 2 * body))

    spans = cut_windows(n_tokens, boundaries, body=body, stride=stride)

    assert spans.dtype == np.int64
    assert spans[0][0] == 0
    assert spans[-1][1] == n_tokens
    assert (spans[:, 1] - spans[:, 0] <= body).all()
    assert (np.diff(spans[:, 0]) > 0).all()
    assert (np.diff(spans[:, 0]) <= min(stride, body)).all()
    assert (np.diff(spans[:, 1]) >= 0).all()
    assert (spans[1:, 0] <= spans[:-1, 1]).all()


def test_a_short_call_is_one_window():
    assert cut_windows(10, NONE, body=10, stride=8).tolist() == [[0, 10]]


def test_an_empty_call_is_one_empty_window():
    assert cut_windows(0, NONE, body=10, stride=8).tolist() == [[0, 0]]


def test_a_call_without_turns_is_cut_after_body_and_stride():
    assert cut_windows(25, NONE, body=10, stride=8).tolist() == [[0, 10], [8, 18], [16, 25]]


def test_a_stride_over_body_leaves_no_gap():
    assert cut_windows(25, NONE, body=10, stride=99).tolist() == [[0, 10], [10, 20], [20, 25]]


def test_windows_end_and_begin_at_turns_within_reach():
    boundaries = np.array([0, 5, 7, 9, 15], dtype=np.int64)

    # The first ends at the turn at 9 (in (8, 10]); the second begins at the turn at 7 (in (4, 8]).
    assert cut_windows(17, boundaries, body=10, stride=8).tolist() == [[0, 9], [7, 17]]


@given(conversations(), st.integers(6, 40), st.data())
def test_the_spans_of_a_prefix_are_but_for_its_last_spans_of_the_whole(conversation, body, data):
    n_tokens, boundaries = conversation
    step = data.draw(st.integers(1, body))
    whole = monitor_spans(n_tokens, boundaries, body=body, step=step).tolist()

    for turns in range(1, len(boundaries)):
        prefix = monitor_spans(int(boundaries[turns]), boundaries[:turns], body=body, step=step).tolist()
        assert prefix[:-1] == whole[: len(prefix) - 1]


@given(conversations(), st.integers(6, 40), st.data())
def test_a_monitor_with_a_step_of_up_to_half_a_window_sees_every_token(conversation, body, data):
    n_tokens, boundaries = conversation
    step = data.draw(st.integers(1, body // 2))

    spans = monitor_spans(n_tokens, boundaries, body=body, step=step)

    assert spans[0][0] == 0
    assert spans[-1][1] == n_tokens
    assert (spans[:, 1] - spans[:, 0] <= body).all()
    assert (np.diff(spans[:-1, 1]) >= step).all()
    assert (spans[1:, 0] <= spans[:-1, 1]).all()


def test_a_monitor_scores_at_the_turn_that_brings_enough_and_within_a_long_turn_after_two_steps():
    boundaries = np.array([0, 3, 5, 9], dtype=np.int64)

    # Due from 4: the turn at 5. Due from 9: the turn at 9. Then no turn: 9 + 8. Then the rest.
    assert monitor_spans(20, boundaries, body=10, step=4).tolist() == [[0, 5], [0, 9], [7, 17], [10, 20]]


def test_a_monitor_scores_an_empty_call_once():
    assert monitor_spans(0, NONE, body=10, step=4).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"max_tokens": 7}, "windows.max_tokens is 7; wanted 8 to 8192"),
        ({"max_tokens": 8193}, "wanted 8 to 8192"),
        ({"stride": 0}, r"windows.stride is 0; wanted 1 to max_tokens \(256\)"),
        ({"stride": 257}, "windows.stride is 257"),
        ({"monitor_step": 0}, "windows.monitor_step is 0; wanted 1 to 256"),
        ({"monitor_step": 257}, "windows.monitor_step is 257"),
    ],
)
def test_impossible_sizes_are_refused(sizes, message):
    with pytest.raises(ConfigError, match=message):
        WindowSpec(**sizes)
