"""Which split a call belongs to: by its group, so that nothing of one group is on both sides."""

import hashlib
from collections.abc import Sequence
from typing import Literal, get_args

from scamclf.calls import Call

__all__ = ["SPLITS", "Split", "place_of", "split_of"]

Split = Literal["train", "validation", "calibration", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


def split_of(call: Call, *, role: str, shares: Sequence[float], hold_out: Sequence[str] = (), seed: int = 0) -> Split:
    """Choose the split.

    Args:
        call: with `group`; where that is None its id stands for it.
        role: "train" is split by shares, "teach" is train whole, "calibrate" is calibration, "report" is test.
        shares: of the groups in train, validation, calibration, test; they sum to 1.
        hold_out: names of sources or groups that are test whole.
        seed: another seed gives another split.

    Returns:
        The split. It follows from seed and group alone: adding a source moves no call of another.
    """
    group = call.group or call.call_id
    if role == "report" or call.source in hold_out or group in hold_out:
        return "test"
    if role == "calibrate":
        return "calibration"
    if role == "teach":
        return "train"
    position = place_of(call, seed=seed)
    for split, share in zip(SPLITS, shares, strict=True):
        if position < share:
            return split
        position -= share
    return SPLITS[-1]


def place_of(call: Call, *, seed: int) -> float:
    """Where a call's group stands in a row of all groups there could be, in [0, 1): by seed and group alone."""
    digest = hashlib.sha256(f"{seed}:{call.group or call.call_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
