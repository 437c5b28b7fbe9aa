import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

import scamclf.encode
from scamclf.calls import Call, Turn
from scamclf.encode import Encoder
from scamclf.normalise import add_normaliser
from scamclf.windows import WindowSpec

WORDS = ["hello", "there", "computer", "virus", "bank", "thursday"]
SPEC = WindowSpec(max_tokens=10, stride=6, monitor_step=4)


def word_tokenizer() -> Tokenizer:
    vocabulary = {word: i for i, word in enumerate(["[UNK]", "[CLS]", "[SEP]", "[PAD]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return add_normaliser(tokenizer)


def byte_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<pad>"], show_progress=False)
    tokenizer.train_from_iterator([" ".join(WORDS)] * 3, trainer)
    return add_normaliser(tokenizer)


def a_call(*texts: str) -> Call:
    return Call("1", tuple(map(Turn, texts)))


def test_a_call_is_its_tokens_without_special_ones_and_the_tokens_at_which_turns_begin():
    (encoded,) = Encoder(word_tokenizer(), SPEC).encode([a_call("Hello, there!", "Computer... VIRUS", "bank")])

    assert encoded.ids.tolist() == [4, 5, 6, 7, 8]
    assert encoded.ids.dtype == encoded.boundaries.dtype == np.int64
    assert encoded.boundaries.tolist() == [0, 2, 4]


def test_a_turn_of_which_nothing_is_left_begins_where_the_next_one_does():
    (encoded,) = Encoder(word_tokenizer(), SPEC).encode([a_call("[music]", "hello there", "(laughs)", "bank", "...")])

    assert encoded.boundaries.tolist() == [0, 0, 2, 2, 3]


@pytest.mark.parametrize("make", [word_tokenizer, byte_tokenizer])
@given(
    st.lists(st.lists(st.sampled_from([*WORDS, "Hello!", "[music]"]), min_size=1, max_size=6), min_size=1, max_size=6)
)
def test_the_tokens_between_boundaries_are_those_of_the_turn(make, turns):
    encoder = Encoder(make(), SPEC)
    (encoded,) = encoder.encode([a_call(*map(" ".join, turns))])

    for i, turn in enumerate(turns):
        start = encoded.boundaries[i]
        end = encoded.boundaries[i + 1] if i + 1 < len(turns) else len(encoded.ids)
        text = encoder.tokenizer.decode(encoded.ids[start:end].tolist()).replace("\u0120", "")
        wanted = encoder.tokenizer.normalizer.normalize_str(" ".join(turn))
        assert text.replace(" ", "") == wanted.replace(" ", "")


def test_no_calls_are_no_encodings():
    assert Encoder(word_tokenizer(), SPEC).encode([]) == []


def test_windows_carry_the_special_tokens_and_are_as_long_as_the_spec_says():
    encoder = Encoder(word_tokenizer(), SPEC)
    (encoded,) = encoder.encode([a_call("hello " * 20)])

    windows = encoder.window_ids(encoded, encoder.call_spans(encoded))

    assert encoder.body == 8
    assert encoder.call_spans(encoded).tolist() == [[0, 8], [6, 14], [12, 20]]
    assert [window.tolist() for window in windows] == [[1, *[4] * 8, 2]] * 3


def test_calls_are_tokenised_the_same_however_few_at_a_time(monkeypatch):
    encoder = Encoder(word_tokenizer(), SPEC)
    calls = [a_call("hello " * n, "there") for n in (1, 50, 3, 200, 2)]
    together = encoder.encode(calls)
    sizes = []
    monkeypatch.setattr(scamclf.encode, "_BYTES_AT_A_TIME", 320)
    batches = scamclf.encode._batches

    def counted(calls):
        for batch in batches(calls):
            sizes.append(len(batch))
            yield batch

    monkeypatch.setattr(scamclf.encode, "_batches", counted)
    apart = encoder.encode(calls)

    assert len(sizes) > 1
    assert sum(sizes) == len(calls)
    for a, b in zip(together, apart, strict=True):
        assert a.ids.tolist() == b.ids.tolist()
        assert a.boundaries.tolist() == b.boundaries.tolist()


def test_a_tokenizer_without_special_tokens_leaves_the_whole_window_to_the_call():
    encoder = Encoder(byte_tokenizer(), SPEC)

    assert encoder.body == 10
    assert encoder.wrap(np.array([7])).tolist() == [7]


@pytest.mark.parametrize("make", [word_tokenizer, byte_tokenizer])
def test_the_padding_id_is_the_tokenizers(make):
    encoder = Encoder(make(), SPEC)

    assert encoder.pad_id == (3 if make is word_tokenizer else 0)


def test_a_monitor_step_is_at_most_half_a_window_so_that_no_token_goes_unseen():
    encoder = Encoder(word_tokenizer(), WindowSpec(max_tokens=10, stride=6, monitor_step=10))
    (encoded,) = encoder.encode([a_call("hello " * 30)])

    spans = encoder.monitor_spans(encoded)

    assert encoder.monitor_step == 4
    assert {i for start, end in spans for i in range(start, end)} == set(range(30))
