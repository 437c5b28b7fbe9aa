import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scamclf.batching import Padding, length_batches, pad_batch
from scamclf.predict import CALLS_AT_A_TIME
from scamclf.runtimes import CPU_BATCH_TOKENS


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 1000))
def test_batches_are_a_partition_within_the_budget(lengths, budget):
    array = np.array(lengths, dtype=np.int64)

    batches = length_batches(array, max_padded_tokens=budget)

    assert sorted(int(i) for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * array[batch].max() <= budget


def test_the_longest_windows_come_first():
    batches = length_batches(np.array([3, 9, 5, 9, 1]), max_padded_tokens=18)

    assert [batch.tolist() for batch in batches] == [[1, 3], [2, 0, 4]]


def test_a_window_over_the_budget_is_a_batch_of_its_own():
    batches = length_batches(np.array([50, 2, 2]), max_padded_tokens=10)

    assert [batch.tolist() for batch in batches] == [[0], [1, 2]]


def test_no_windows_are_no_batches():
    assert length_batches(np.zeros(0, dtype=np.int64), max_padded_tokens=10) == []


def test_padding_is_on_the_right_with_the_pad_id_and_masked():
    ids, mask = pad_batch([np.array([5, 6, 7]), np.array([8])], pad_id=9)

    assert ids.tolist() == [[5, 6, 7], [8, 9, 9]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert ids.dtype == mask.dtype == np.int64


def test_a_padded_length_may_be_asked_to_be_a_multiple():
    ids, mask = pad_batch([np.array([5, 6, 7, 8, 9])], pad_id=0, multiple_of=4)

    assert ids.tolist() == [[5, 6, 7, 8, 9, 0, 0, 0]]
    assert mask.sum() == 5


def test_the_share_of_padding_is_counted_over_all_batches():
    padding = Padding()
    assert padding.share == 0

    padding.add(tokens=90, padded=100)
    padding.add(tokens=100, padded=100)

    assert padding.share == pytest.approx(0.05)


@pytest.mark.parametrize("pad_to", [1, 8])
def test_less_than_three_in_a_hundred_tokens_are_padding_at_the_lengths_of_calls(pad_to):
    # Calls of 50 to 3,000 tokens, cut as they are by default: full windows, and what is left at the end.
    tokens = np.exp(np.random.default_rng(0).normal(5.8, 0.8, size=CALLS_AT_A_TIME)).astype(int)
    lengths = np.concatenate([[256] * (n // 192) + [n % 192 + 2] for n in tokens])
    padding = Padding()

    for rows in length_batches(lengths, max_padded_tokens=CPU_BATCH_TOKENS):
        longest = -(-int(lengths[rows].max()) // pad_to) * pad_to
        padding.add(tokens=int(lengths[rows].sum()), padded=len(rows) * longest)

    assert padding.share < 0.03
