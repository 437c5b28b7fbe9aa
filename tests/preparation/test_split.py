"""Splits follow from seed and group alone."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scamclf.calls import Call, Turn
from scamclf.preparation.split import SPLITS, split_of

SHARES = (0.7, 0.1, 0.1, 0.1)


def call(call_id: str = "c", **fields) -> Call:
    return Call(call_id, (Turn("hello"),), **fields)


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1), st.integers(0, 9))
def test_calls_of_one_group_are_on_one_side(group, one, other, seed):
    sides = {
        split_of(call(call_id, group=group, source=source), role="train", shares=SHARES, seed=seed)
        for call_id, source in ((one, "a"), (other, "b"))
    }
    assert len(sides) == 1


def test_a_call_without_a_group_is_a_group_of_its_own():
    sides = [split_of(call(str(i)), role="train", shares=SHARES) for i in range(100)]
    assert sides == [split_of(call("x", group=str(i)), role="train", shares=SHARES) for i in range(100)]


def test_groups_come_in_the_wanted_shares():
    found = Counter(split_of(call(str(i)), role="train", shares=SHARES) for i in range(20_000))
    for split, share in zip(SPLITS, SHARES, strict=True):
        assert found[split] / 20_000 == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("shares", "split"), list(zip([(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)], SPLITS, strict=True))
)
def test_a_share_of_one_takes_all(shares, split):
    assert {split_of(call(str(i)), role="train", shares=shares) for i in range(200)} == {split}


def test_another_seed_is_another_split():
    sides = [[split_of(call(str(i)), role="train", shares=SHARES, seed=seed) for i in range(200)] for seed in (0, 1)]
    assert sides[0] != sides[1]


def test_the_split_is_the_one_that_published_numbers_were_made_with():
    # A change here moves test calls into training, and every number of an older model with it.
    sides = [split_of(call(group=f"pair:{i}"), role="train", shares=SHARES) for i in range(12)]
    assert [SPLITS.index(side) for side in sides] == [0, 0, 0, 0, 0, 0, 0, 3, 3, 1, 0, 0]


def test_roles_and_held_out_names_decide_before_shares():
    one = call(source="somewhere", group="channel:x")
    everything_train = (1.0, 0.0, 0.0, 0.0)
    assert split_of(one, role="report", shares=everything_train) == "test"
    assert split_of(one, role="calibrate", shares=everything_train) == "calibration"
    assert split_of(one, role="train", shares=everything_train, hold_out=["somewhere"]) == "test"
    assert split_of(one, role="train", shares=everything_train, hold_out=["channel:x"]) == "test"
    assert split_of(one, role="calibrate", shares=everything_train, hold_out=["channel:x"]) == "test"
    assert split_of(one, role="train", shares=everything_train, hold_out=["channel:y"]) == "train"
