"""Twins: drawn together, as often as before, and compared."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch

from scamclf.calls import LABELS, Call, Turn
from scamclf.encode import Encoder
from scamclf.training.encoders import tiny_tokenizer
from scamclf.training.loss import window_loss
from scamclf.training.twins import beside_twins, find_twins
from scamclf.training.windows import DrawnWindows
from scamclf.windows import WindowSpec


def call(name: str, group: str | None, label: str, *, source: str = "pairs", words: int = 20) -> Call:
    return Call(name, (Turn("one two three four " * words),), source=source, group=group, label=label)


@pytest.fixture
def calls() -> list[Call]:
    """Forty pairs, and forty calls that have no twin: alone, of a group of one label, of a group of three."""
    found = []
    for i in range(40):
        found.append(call(f"s{i}", f"g{i}", LABELS[1 + i % 2], words=5 + i))
        found.append(call(f"h{i}", f"g{i}", LABELS[0], words=50 - i))
    for i in range(10):
        found.append(call(f"a{i}", None, LABELS[i % 3], source="other"))
        found += [call(f"b{i}{k}", f"b{i}", LABELS[1], source="other") for k in range(2)]
        found.append(call(f"c{i}", "three", LABELS[i % 3], source="other"))
    return found


def test_twins_are_a_scam_and_an_honest_call_of_one_group_of_one_source(calls):
    twins = find_twins([*calls, call("x", "g0", LABELS[0], source="other")])
    assert len(twins) == 80
    for one, other in twins.items():
        assert twins[other] == one
        assert calls[one].group == calls[other].group
        assert (calls[one].label == LABELS[0]) != (calls[other].label == LABELS[0])


def test_honest_calls_give_way_to_the_twins_of_the_scams_and_all_else_stays(calls):
    twins, rng = find_twins(calls), np.random.default_rng(0)
    drawn = rng.permutation(len(calls))[:80].tolist()
    beside = beside_twins(drawn, calls, twins, rng)
    assert len(beside) == 80

    def those(indices, *, twin: bool, honest: bool) -> list[int]:
        return sorted(i for i in indices if (i in twins) == twin and (calls[i].label == LABELS[0]) == honest)

    for kind in ({"twin": False, "honest": True}, {"twin": False, "honest": False}, {"twin": True, "honest": False}):
        assert those(beside, **kind) == those(drawn, **kind)
    scams, honest = those(beside, twin=True, honest=False), those(beside, twin=True, honest=True)
    assert len(honest) == len(those(drawn, twin=True, honest=True))
    together = [i for i, following in itertools.pairwise(beside) if twins.get(i) == following]
    assert len(set(together) & set(scams)) >= min(len(scams), len(honest))


def test_twins_are_in_one_batch_and_lengths_are_still_alike(calls):
    encoder = Encoder(tiny_tokenizer(["one two three four"] * 9), WindowSpec(64, 48, 16))
    settings = {"n_windows": 640, "batch_size": 16, "prefix_share": 0.3, "seed": 0}
    apart, windows = (DrawnWindows(calls, encoder, **settings, twins=twins) for twins in (False, True))

    found = [windows[i] for i in range(640)]
    assert {apart[i]["twin"] for i in range(640)} == {-1}
    at = [i for i, window in enumerate(found) if window["twin"] >= 0 and window["labels"] > 0]
    # Next to each other, and in two that an even number never parts.
    assert len(at) > 150
    for i in at:
        other = found[i ^ 1]
        assert (other["twin"], other["labels"]) == (found[i]["twin"], 0)
    numbers = Counter(window["twin"] for window in found)
    assert {n for number, n in numbers.items() if number >= 0} == {2}
    assert sum(window["labels"] == 0 for window in found) == sum(apart[i]["labels"] == 0 for i in range(640))
    real, padded = np.sum([windows.count_tokens(step, micro_batch=16) for step in range(40)], axis=0)
    assert 1 - real / padded < 0.15


def test_the_loss_of_a_scam_beside_its_twin_is_that_of_their_difference():
    logits = torch.tensor([[0.0, 1.0, -30.0], [3.0, 0.0, -30.0], [0.0, -2.0, -30.0], [2.0, 0.0, -30.0]])
    # Log-odds 1, -3, -2 and -2; the first two are twins, the third has none here, the last is none.
    labels = torch.tensor([[1, 7], [0, 7], [1, 3], [0, -1]], dtype=torch.float32)
    plain = window_loss(label_smoothing=0.0)({"logits": logits}, labels)
    found = window_loss(label_smoothing=0.0, twin_weight=0.5)({"logits": logits}, labels)
    assert float(found - plain) == pytest.approx(0.5 * math.log1p(math.exp(-4.0)) / 4, rel=1e-4)
    swapped = window_loss(label_smoothing=0.0, twin_weight=0.5)({"logits": logits[[1, 0, 2, 3]]}, labels)
    of_labels = window_loss(label_smoothing=0.0)({"logits": logits[[1, 0, 2, 3]]}, labels)
    assert float(swapped - of_labels) == pytest.approx(0.5 * math.log1p(math.exp(4.0)) / 4, rel=1e-4)
