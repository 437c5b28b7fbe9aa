"""Near-duplicates: what counts as one, and which of two is kept."""

import numpy as np
import pytest

from scamclf.calls import Call, Turn
from scamclf.preparation.dedupe import find_duplicates, shingles

WORDS = "account agent bank call card code computer door email garden hello internet letter number office".split()


def words(n: int, seed: int) -> list[str]:
    return [str(word) for word in np.random.default_rng(seed).choice(WORDS, size=n)]


def call(call_id: str, text: list[str] | str, **fields) -> Call:
    return Call(call_id, (Turn(text if isinstance(text, str) else " ".join(text)),), **fields)


def find(*calls: Call, threshold: float = 0.7) -> dict[int, int]:
    return find_duplicates(calls, threshold=threshold)


def test_of_calls_alike_the_first_is_kept():
    text = words(60, 0)
    assert find(call("a", text), call("b", words(60, 1)), call("c", text), call("d", text)) == {2: 0, 3: 0}


def test_nothing_alike_is_nothing_found():
    assert find(*(call(str(seed), words(80, seed)) for seed in range(40))) == {}
    assert find() == {}


def test_case_punctuation_and_turns_make_no_other_call():
    one = Call("a", (Turn("Hello, Sir! This is your bank,"), Turn("calling about the card.")))
    assert find(one, call("b", "hello sir this is YOUR bank - calling about the card")) == {1: 0}


@pytest.mark.parametrize("kept_words", [100, 60, 30])
def test_a_call_cut_short_is_found_whichever_comes_first(kept_words):
    whole = words(120, 0)
    cut = whole[:kept_words]
    assert find(call("whole", whole), call("cut", cut)) == {1: 0}
    assert find(call("cut", cut), call("whole", whole)) == {1: 0}


def test_a_few_words_changed_are_found_and_many_are_not():
    text = words(200, 0)
    few, many = list(text), list(text)
    for i in range(0, 200, 40):
        few[i] = "zebra"
    for i in range(0, 200, 6):
        many[i] = "zebra"
    assert find(call("a", text), call("few", few), call("many", many)) == {1: 0}


def test_the_threshold_is_the_share_of_the_shorter_calls_shingles():
    text = words(104, 0)  # 100 shingles, of which the changed word is in 5
    changed = [*text[:50], "zebra", *text[51:]]
    shared = np.intersect1d(shingles(" ".join(text)), shingles(" ".join(changed))).size
    assert (len(shingles(" ".join(text))), shared) == (100, 95)
    assert find(call("a", text), call("b", changed), threshold=0.95) == {1: 0}
    assert find(call("a", text), call("b", changed), threshold=0.96) == {}


def test_the_two_calls_of_a_pair_are_never_duplicates():
    text = words(60, 0)
    pair = [call("s", text, label="tech_support_scam", group="p"), call("l", text, label="legitimate", group="p")]
    assert find(*pair) == {}
    assert find(pair[0], call("other", text, label="legitimate", group="q")) == {1: 0}
    assert find(pair[0], call("again", text, label="tech_support_scam", group="p")) == {1: 0}


def test_duplicates_are_found_among_many_calls():
    calls = [call(str(seed), words(80, seed)) for seed in range(300)]
    planted = [call(f"again-{seed}", words(80, seed)[5:]) for seed in range(0, 300, 10)]
    assert find(*calls, *planted) == {300 + i: 10 * i for i in range(30)}


@pytest.mark.parametrize(
    ("text", "n"), [("", 1), ("one", 1), ("one two three", 1), ("a b c d e", 1), ("a b c d e f", 2)]
)
def test_a_short_text_is_one_shingle(text, n):
    assert shingles(text).shape == (n,)


def test_order_of_words_matters():
    assert find(call("a", "give me the code now"), call("b", "now the code give me")) == {}
