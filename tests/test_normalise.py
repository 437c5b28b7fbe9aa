import pytest
from tokenizers import Tokenizer, models, normalizers

from scamclf.normalise import add_normaliser


def normalise(text: str, own: normalizers.Normalizer | None = None) -> str:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.normalizer = own
    return add_normaliser(tokenizer).normalizer.normalize_str(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", "hello world"),
        ("don't - ever... worry?!", "don t ever worry"),
        ("[music] so (laughs) <unk> i *cough* see [inaudible 0:01]", "so i see"),
        ("call 1-800 555.1234 now", "call 0 now"),
        ("at 10:30 or 4 pay $1,299.99", "at 0 or 0 pay 0"),
        ("five 5 5 5 five", "five 0 five"),
        ("line one\nline\ttwo\u00a0three", "line one line two three"),
        ("ﬁne ① ＯＫ", "fine 0 ok"),
        ("tea\u200bm 👍 viewer", "tea m viewer"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_text_is_lower_case_words_and_zeros(text, expected):
    assert normalise(text) == expected


@pytest.mark.parametrize("text", ["(never closed", "a < b", "3 * 4 * 5", "(" + "x" * 81 + ")"])
def test_a_bracket_that_is_no_mark_drops_no_words(text):
    words = "".join(c if c.isalpha() else " " for c in text).split()

    assert [word for word in normalise(text).split() if word != "0"] == words


def test_text_that_is_normal_stays_as_it_is():
    text = normalise("Hello (pause) it's 5 o'clock, 1234!")

    assert normalise(text) == text


def test_the_tokenizers_own_normaliser_comes_after():
    assert normalise("Café!", normalizers.StripAccents()) == "café"
    assert normalise("Café!", normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])) == "cafe"


@pytest.mark.parametrize("own", [None, normalizers.StripAccents(), normalizers.BertNormalizer()])
def test_a_tokenizer_that_has_the_normaliser_keeps_it_as_it_is(own):
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.normalizer = own
    once = add_normaliser(tokenizer).to_str()

    assert add_normaliser(Tokenizer.from_str(once)).to_str() == once


def test_saved_truncation_and_padding_are_reset():
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding()

    add_normaliser(tokenizer)

    assert tokenizer.truncation is None
    assert tokenizer.padding is None
