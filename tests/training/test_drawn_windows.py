"""Training windows: what they follow from, what they hold, how they are mixed."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from scamclf.calls import LABELS, Call, Turn
from scamclf.encode import Encoder
from scamclf.preparation.augment import AugmentConfig
from scamclf.training.encoders import tiny_tokenizer
from scamclf.training.tokens import StoredTokens, store_tokens
from scamclf.training.views import EVIDENCE_TOKENS
from scamclf.training.windows import CLASS_SHARES, MIN_WINDOW, PAD_TO, CallWindows, DrawnWindows
from scamclf.windows import WindowSpec

SPEC = WindowSpec(max_tokens=66, stride=48, monitor_step=32)
BODY = 64
WORDS = ("bank", "call", "card", "door", "email", "garden", "hello", "letter", "number", "office")


def talk(rng: np.random.Generator, turns: int) -> tuple[Turn, ...]:
    return tuple(Turn(" ".join(rng.choice(WORDS, size=rng.integers(1, 20)))) for _ in range(turns))


@pytest.fixture(scope="module")
def mixed() -> list[Call]:
    """200 calls of 1 to 20 turns; scams give themselves away in one turn, by a word that is in no other."""
    rng = np.random.default_rng(0)
    calls = []
    for i in range(200):
        label = LABELS[(0, 0, 1, 2)[i % 4]]
        turns = talk(rng, int(rng.integers(1, 20)))
        if label == "legitimate":
            calls.append(Call(f"c{i}", turns, source="big" if i % 8 else "small", label=label))
        else:
            said = tuple(Turn("evidence " * int(rng.integers(5, 80))) for _ in range(int(rng.integers(1, 6))))
            meta = {"onset_turn": len(turns)}
            calls.append(Call(f"c{i}", (*turns, *said), source="big", label=label, meta=meta))
    return calls


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(tiny_tokenizer([" ".join([*WORDS, "evidence"])] * 20), SPEC)


def draw(calls: list[Call], encoder: Encoder, *, epoch: int = 0, **changed) -> list[tuple[tuple[int, ...], int]]:
    settings = {"n_windows": 640, "batch_size": 16, "prefix_share": 0.3, "seed": 0}
    windows = DrawnWindows(calls, encoder, **(settings | changed))
    windows.set_epoch(epoch)
    return [(tuple(item["input_ids"]), item["labels"]) for item in (windows[i] for i in range(len(windows)))]


def test_windows_follow_from_seed_and_epoch_alone(mixed, encoder):
    third = draw(mixed, encoder, epoch=3)
    straight = DrawnWindows(mixed, encoder, n_windows=640, batch_size=16, prefix_share=0.3, seed=0)
    for epoch in (1, 2, 3):
        straight.set_epoch(epoch)
    assert third == [(tuple(item["input_ids"]), item["labels"]) for item in map(straight.__getitem__, range(640))]
    assert third != draw(mixed, encoder, epoch=2)
    assert third != draw(mixed, encoder, epoch=3, seed=1)


def test_chatter_is_of_legitimate_calls_alone_and_the_windows_are_the_same_beside_it(mixed, encoder):
    plain = draw(mixed, encoder, batch_size=640)
    found = draw(mixed, encoder, batch_size=640, chatter_share=0.5)

    evidence = encoder.tokenizer.token_to_id("evidence")
    assert Counter(label for _, label in found) == Counter(label for _, label in plain)
    for label in range(3):
        counts = [sorted(ids.count(evidence) for ids, of in drawn if of == label) for drawn in (plain, found)]
        assert counts[0] == counts[1]
    assert np.mean([len(ids) for ids, _ in found]) > 1.05 * np.mean([len(ids) for ids, _ in plain])
    assert max(len(ids) for ids, _ in found) <= SPEC.max_tokens


def test_augmented_windows_follow_from_seed_and_epoch_too(mixed, encoder):
    settings = {"n_windows": 50, "augment": AugmentConfig()}
    assert draw(mixed, encoder, epoch=1, **settings) == draw(mixed, encoder, epoch=1, **settings)
    assert draw(mixed, encoder, epoch=1, **settings) != draw(mixed, encoder, epoch=1, n_windows=50)


@pytest.mark.parametrize(("n_windows", "wanted"), [(None, 208), (1, 16), (7, 16), (16, 16), (640, 640)])
def test_as_many_windows_are_drawn_as_wanted_and_as_fill_the_last_step(mixed, encoder, n_windows, wanted):
    assert len(draw(mixed, encoder, n_windows=n_windows)) == wanted


def test_classes_come_in_their_shares(mixed, encoder):
    found = Counter(label for _, label in draw(mixed, encoder))
    for i, label in enumerate(LABELS):
        assert found[i] / 640 == pytest.approx(CLASS_SHARES[label], abs=0.01)


def test_a_missing_class_leaves_its_share_to_the_others(mixed, encoder):
    calls = [call for call in mixed if call.label != "other_scam"]
    found = Counter(label for _, label in draw(calls, encoder))
    assert found[0] / 640 == pytest.approx(0.5 / 0.8, abs=0.01)
    assert set(found) == {0, 1}


def test_sources_are_heard_by_the_square_root_of_their_size(encoder):
    rng = np.random.default_rng(0)
    calls = [Call(f"a{i}", (Turn("bank " * 30),), source="a", label="legitimate") for i in range(100)]
    calls += [Call(f"b{i}", (Turn("card " * 30),), source="b", label="legitimate") for i in range(4)]
    calls += [Call("s", talk(rng, 9), source="a", label="other_scam")]
    card = encoder.tokenizer.token_to_id("card")
    drawn = [card in ids for ids, label in draw(calls, encoder, n_windows=1200) if label == 0]
    assert sum(drawn) / len(drawn) == pytest.approx(2 / (10 + 2), abs=0.01)


def test_pairs_are_drawn_as_much_more_often_as_is_asked_for(encoder):
    sizes = {"pairs": 100, "other": 100}
    calls = [Call(f"{source}{i}", (Turn(source),), source=source, label=label)
             for source, n in sizes.items() for i in range(n) for label in ("legitimate", "other_scam")]  # fmt: skip
    ids = {source: tuple(encoder.wrap(encoder.encode([Call("x", (Turn(source),))])[0].ids)) for source in sizes}

    drawn = Counter(window for window, _ in draw(calls, encoder, source_weights={"pairs": 4}))

    assert drawn[ids["pairs"]] / drawn[ids["other"]] == pytest.approx(4, abs=0.1)


def test_calls_of_a_source_are_drawn_equally_often(encoder):
    calls = [Call(f"a{i}", (Turn(WORDS[i % 10] + " " * (i > 9) + WORDS[i // 10] * (i > 9)),)) for i in range(20)]
    calls = [Call(call.call_id, call.turns, source="a", label="legitimate") for call in calls]
    drawn = Counter(ids for ids, _ in draw(calls, encoder, n_windows=80))
    assert len(drawn) == 20
    assert set(drawn.values()) <= {3, 4, 5}
    assert list(drawn.values()).count(4) >= 18


def test_no_window_is_longer_than_the_model_reads_nor_shorter_than_a_monitor_asks(mixed, encoder):
    lengths = [len(ids) - 2 for ids, _ in draw(mixed, encoder)]
    whole = {len(encoded.ids) for encoded in encoder.encode(mixed)}
    assert max(lengths) == BODY
    assert all(length >= MIN_WINDOW or length in whole for length in lengths)


def test_every_window_is_wrapped_as_the_tokenizer_does(mixed, encoder):
    wrapped = encoder.tokenizer.encode("").ids
    assert {(ids[0], ids[-1]) for ids, _ in draw(mixed, encoder, n_windows=100)} == {tuple(wrapped)}


@pytest.mark.parametrize("prefix_share", [0.0, 0.3, 1.0])
def test_every_window_of_a_scam_reaches_its_evidence(mixed, encoder, prefix_share):
    evidence = encoder.tokenizer.token_to_id("evidence")
    shortest = min(
        len(encoded.ids) - int(encoded.boundaries[call.meta["onset_turn"]])
        for call, encoded in zip(mixed, encoder.encode(mixed), strict=True)
        if call.meta
    )
    assert shortest < EVIDENCE_TOKENS
    seen = [ids.count(evidence) for ids, label in draw(mixed, encoder, prefix_share=prefix_share) if label]
    assert min(seen) >= min(shortest, MIN_WINDOW)
    # Most have more to show than the shortest call has.
    assert np.mean(np.array(seen) >= MIN_WINDOW) > 0.9


def test_windows_of_a_scam_without_a_known_onset_begin_anywhere(encoder):
    turns = tuple(Turn(word) for word in WORDS * 30)
    calls = [Call("s", turns, source="a", label="other_scam"), Call("l", turns, source="a", label="legitimate")]
    firsts = {ids[1] for ids, label in draw(calls, encoder, prefix_share=0.0) if label}
    assert firsts == {encoder.tokenizer.token_to_id(word) for word in WORDS}


def test_prefixes_begin_where_calls_begin(mixed, encoder):
    calls = [Call(call.call_id, call.turns, source=call.source, label=call.label) for call in mixed]
    beginnings = {tuple(encoded.ids[:MIN_WINDOW]) for encoded in encoder.encode(calls)}
    drawn = [ids[1:-1] for ids, _ in draw(calls, encoder, prefix_share=1.0)]
    assert {ids[:MIN_WINDOW] for ids in drawn} <= beginnings
    assert len({len(ids) for ids in drawn}) > 20


def test_batches_hold_windows_of_like_length_and_come_in_no_order_of_length(mixed, encoder):
    lengths = np.array([len(ids) for ids, _ in draw(mixed, encoder)]).reshape(-1, 16)
    unsorted = np.random.default_rng(0).permutation(lengths.ravel()).reshape(-1, 16)
    padding, of_unsorted = (rows.max(axis=1).sum() * 16 / rows.sum() - 1 for rows in (lengths, unsorted))
    assert padding < 0.2 * of_unsorted
    assert abs(np.corrcoef(np.arange(len(lengths)), lengths.mean(axis=1))[0, 1]) < 0.3


def test_hardly_a_token_is_padded_and_the_count_is_that_of_the_batches(mixed, encoder):
    windows = DrawnWindows(mixed, encoder, n_windows=960, batch_size=16, prefix_share=0.3, seed=0)
    counts = [windows.count_tokens(step, micro_batch=8) for step in range(60)]
    lengths = np.array([len(windows[i]["input_ids"]) for i in range(960)]).reshape(-1, 8)
    assert [real for real, _ in counts] == lengths.reshape(60, 16).sum(axis=1).tolist()
    padded = -(-lengths.max(axis=1) // PAD_TO) * PAD_TO * 8
    assert [padded for _, padded in counts] == padded.reshape(60, 2).sum(axis=1).tolist()
    # Of short windows: each batch ends between two multiples of eight. Of windows of 256 tokens it is under 2 %.
    assert 1 - sum(real for real, _ in counts) / sum(padded for _, padded in counts) < 0.06


def test_stored_tokens_and_other_processes_give_the_same_windows(mixed, encoder, tmp_path):
    path = store_tokens(mixed, encoder, tmp_path, fingerprint="1")
    assert store_tokens(mixed, encoder, tmp_path, fingerprint="1") == path
    assert store_tokens(mixed, encoder, tmp_path, fingerprint="2") != path
    assert draw(mixed, encoder, tokens=StoredTokens(path)) == draw(mixed, encoder)

    settings = {"n_windows": 320, "batch_size": 16, "prefix_share": 0.3, "seed": 0, "augment": AugmentConfig()}
    ahead, here = (DrawnWindows(mixed, encoder, **settings, workers=workers) for workers in (2, 0))
    for epoch in (0, 1, 4):
        ahead.set_epoch(epoch)
        here.set_epoch(epoch)
        assert [list(ahead[i]["input_ids"]) for i in range(320)] == [list(here[i]["input_ids"]) for i in range(320)]
    ahead.close()


def test_windows_of_a_finished_call_cover_it_and_are_those_of_the_scorer(mixed, encoder):
    windows = CallWindows(mixed, encoder)
    assert sum(windows.n_windows) == len(windows)
    lengths = [len(windows[i]["input_ids"]) for i in range(len(windows))]
    assert lengths == sorted(lengths, reverse=True)
    order, position = windows.by_call(np.arange(len(windows))), 0
    for call, encoded, n in zip(mixed, encoder.encode(mixed), windows.n_windows, strict=True):
        items = [windows[i] for i in order[position : position + n]]
        position += n
        spans = encoder.call_spans(encoded)
        assert (spans[0][0], spans[-1][1]) == (0, len(encoded.ids))
        assert all(later[0] <= earlier[1] for earlier, later in pairwise(spans))
        for item, (start, end) in zip(items, spans, strict=True):
            assert tuple(item["input_ids"][1:-1]) == tuple(encoded.ids[start:end])
            assert len(item["input_ids"]) <= SPEC.max_tokens
        assert {item["labels"] for item in items} == {LABELS.index(call.label)}


@pytest.mark.parametrize("whole", [True, False])
def test_a_call_that_is_whole_is_drawn_whole(whole, encoder):
    turns = tuple(Turn(" ".join(WORDS)) for _ in range(5))
    meta = {"whole": True} if whole else {}
    calls = [Call(label, turns, label=label, meta=meta) for label in ("legitimate", "other_scam")]

    lengths = {len(window) for window, _ in draw(calls, encoder, n_windows=64)}

    assert (lengths == {52}) is whole
