"""The second opinion: what it looks at, that it is added, that it is worth adding, and that its file is checked."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scamclf.bundle import LAYOUT
from scamclf.calibration import uncalibrated_scorer
from scamclf.calls import LABELS, Call, Turn
from scamclf.encode import Encoder
from scamclf.errors import BundleError
from scamclf.linear import LinearModel, read_linear, tokens_and_pairs, write_linear
from scamclf.predict import load
from scamclf.training.encoders import tiny_tokenizer
from scamclf.training.linear import fit_linear, weigh
from scamclf.windows import WindowSpec

WINDOWS = st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=12).map(np.array), max_size=5)
SPEC = WindowSpec(max_tokens=66, stride=48, monitor_step=32)


def some_model() -> LinearModel:
    rng = np.random.default_rng(0)
    known = np.unique(tokens_and_pairs([rng.integers(0, 10, 12) for _ in range(9)])[1])
    weights = rng.normal(size=(len(known), 3)).astype(np.float32)
    idf = rng.uniform(1, 3, len(known)).astype(np.float32)
    return LinearModel(known, idf, weights, np.array([0.5, -1, 2], dtype=np.float32))


def test_features_are_tokens_and_neighbours_within_the_special_tokens():
    rows, numbers = tokens_and_pairs([np.array([101, 7, 8, 7, 8, 102]), np.array([101, 102]), np.array([101, 8, 102])])

    assert rows.tolist() == [0, 0, 0, 0, 2, 0, 0, 0]
    assert numbers[:5].tolist() == [7, 8, 7, 8, 8]
    assert numbers[5] == numbers[7] != numbers[6]  # 7 8, 8 7, 7 8; none across windows
    assert not set(numbers[:5]) & set(numbers[5:])


@given(windows=WINDOWS)
def test_values_are_tf_idf_of_length_one(windows):
    model = some_model()
    rows, at, values = model.values(windows)

    for row, window in enumerate(windows):
        present, counts = np.unique(tokens_and_pairs([window])[1], return_counts=True)
        wanted = {
            place: model.idf[place] * (1 + np.log(n))
            for number, n in zip(present, counts, strict=True)
            for place in np.flatnonzero(model.features == number)
        }
        length = np.sqrt(sum(value**2 for value in wanted.values()))
        assert at[rows == row].tolist() == sorted(wanted)
        assert np.allclose(values[rows == row], [wanted[place] / length for place in sorted(wanted)])


@given(windows=WINDOWS)
def test_a_window_has_the_same_logits_alone_and_in_any_company(windows):
    model = some_model()

    together = model.logits(windows)

    assert together.shape == (len(windows), 3)
    assert together.dtype == np.float32
    for window, row in zip(windows, together, strict=True):
        assert np.array_equal(model.logits([window])[0], row)


def test_a_window_without_a_known_feature_gets_the_bias():
    model = some_model()
    assert np.array_equal(model.logits([np.array([1, 99, 2]), np.array([1, 2])]), [model.bias, model.bias])


def test_the_second_opinion_is_added_to_the_network(tiny_bundle, calls):
    both, alone = load(tiny_bundle, threads=1), load(tiny_bundle, threads=1)
    alone.linear = None
    encoder = both.encoder
    windows = [ids for one in encoder.encode(calls) for ids in encoder.window_ids(one, encoder.call_spans(one))]

    added = both.window_logits(windows) - alone.window_logits(windows)

    assert np.allclose(added, both.linear.logits(windows), atol=1e-5)
    assert np.abs(added).max() > 0.01


def talk(words: list[str], label: str, n: int, seed: int) -> list[Call]:
    rng = np.random.default_rng(seed)
    names = ("a", "b", "c", "d", "e", "f")
    return [
        Call(f"{label}{seed}{i}", (Turn(" ".join(rng.permutation([*words, *rng.choice(names, 6)]))),), label=label)
        for i in range(n)
    ]


def some_calls(seed: int) -> list[Call]:
    kinds = zip((["garden", "door"], ["licence", "window"], ["bank", "letter"]), LABELS, strict=True)
    return [call for words, label in kinds for call in talk(words, label, 30, seed)]


def test_it_learns_words_and_is_given_its_weight():
    train, validation = some_calls(0), some_calls(1)
    encoder = Encoder(tiny_tokenizer([" ".join(turn.text for turn in call.turns) for call in train]), SPEC)

    class Deaf:
        """A network that says nothing."""

        name, pad_to, batch_tokens, at_once = "deaf", 1, 4096, 1

        def run(self, ids, mask):
            return np.random.default_rng(ids.sum()).normal(size=(len(ids), 3)).astype(np.float32) / 100

    model = fit_linear(train, encoder, np.full(len(train), 1 / len(train)), augmented=None, seed=0)
    scorer = uncalibrated_scorer(encoder, Deaf())
    weighed = weigh(model, scorer, validation)
    scorer.linear = weighed
    pooled, _ = scorer.pool(encoder.encode(validation))

    assert np.array_equal(pooled.scam > 0, [call.label != LABELS[0] for call in validation])
    assert np.allclose(weighed.weights, 10 * model.weights)  # as much as it may count


def test_what_is_in_one_call_only_has_no_weight():
    train = [*some_calls(0), Call("x", (Turn("zebra zebra"),), label="legitimate")]
    encoder = Encoder(tiny_tokenizer([" ".join(t.text for t in c.turns) for c in train] + ["zebra"] * 50), SPEC)
    zebra = encoder.tokenizer.token_to_id("zebra")
    assert zebra is not None

    model = fit_linear(train, encoder, np.full(len(train), 1 / len(train)), augmented=None, seed=0)

    assert zebra not in model.features
    assert encoder.tokenizer.token_to_id("garden") in model.features


def test_it_is_the_same_behind_its_file(tmp_path):
    model = some_model()
    write_linear(tmp_path / LAYOUT.linear, model)

    found = read_linear(tmp_path / LAYOUT.linear)

    for field in dataclasses.fields(LinearModel):
        assert np.array_equal(getattr(found, field.name), getattr(model, field.name))
    assert read_linear(tmp_path / "none.npz") is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"bias": np.zeros(2, np.float32)}, r"bias is float32 \(2,\); wanted finite f4 \(3,\)"),
        ({"idf": np.zeros(4)}, "idf is float64"),
        ({"weights": np.full((9, 3), np.nan, np.float32)}, "weights is"),
    ],
)
def test_a_file_of_other_arrays_is_refused(changed, message, tmp_path):
    write_linear(tmp_path / LAYOUT.linear, dataclasses.replace(some_model(), **changed))
    with pytest.raises(BundleError, match=message):
        read_linear(tmp_path / LAYOUT.linear)


def test_a_file_that_would_run_code_or_is_damaged_is_refused(tmp_path):
    path = tmp_path / LAYOUT.linear
    np.savez(path, features=np.array([print], dtype=object), idf=0, weights=0, bias=0)
    with pytest.raises(BundleError, match="no linear model of scamclf"):
        read_linear(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BundleError, match="no linear model of scamclf"):
        read_linear(path)
